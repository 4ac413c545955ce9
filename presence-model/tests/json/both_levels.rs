//! JSON readers know users, the hub knows sessions: what of the one becomes of the other, and who is told.

use presence_model::event::{CursorMove, Event, RoomChange, StateNews};
use presence_model::room::{Cursor, Member};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use serde_json::{Value, json};

use crate::samples::{NOW, changed, encoded, john, member, message, picture, room, session};

fn kinds(event: &Event) -> Vec<Value> {
    encoded(event).into_iter().map(|(_, value)| value["type"].clone()).collect()
}

#[test]
fn only_a_users_first_and_last_tab_are_news() {
    let second = Box::new(member(1, "user_456", "session_2"));
    assert!(encoded(&changed(vec![RoomChange::Joined { member: second, first: false }], NOW)).is_empty());

    // What the closed tab showed is taken back, in case it showed anything.
    let left = changed(vec![RoomChange::Left { card: john().card, last: false }], NOW);
    assert_eq!(kinds(&left), ["cursor_moved", "selection_changed", "typing_stopped"]);
    for (_, taken_back) in &encoded(&left)[..2] {
        assert_eq!(taken_back["data"], json!({ "color": "#3B82F6" }));
    }
}

#[test]
fn nobody_is_told_what_he_does_himself() {
    let card = john().card;
    let changes = vec![
        RoomChange::Joined { member: Box::new(john()), first: true },
        RoomChange::Typing { card: card.clone(), context: Some("comment".into()) },
        RoomChange::Left { card: card.clone(), last: true },
    ];
    for (encoded, _) in encoded(&changed(changes, NOW)) {
        assert_eq!(encoded.not_for, Some(session("session_1")));
    }
    // His status may come from another tab, so this one hears it.
    let status =
        RoomChange::State { member: Box::new(Member { status: Status::Idle, ..john() }), news: StateNews::Status };
    assert_eq!(encoded(&changed(vec![status], NOW))[0].0.not_for, None);
}

#[test]
fn each_change_is_a_message_in_the_order_it_happened() {
    let card = john().card;
    let typing = |context: Option<&str>| RoomChange::Typing { card: card.clone(), context: context.map(str::to_owned) };
    let changes = vec![
        RoomChange::Joined { member: Box::new(john()), first: true },
        typing(Some("comment")),
        typing(Some("")),
        typing(None),
        RoomChange::State { member: Box::new(Member { status: Status::Busy, ..john() }), news: StateNews::Status },
        RoomChange::Liveness {
            card: card.clone(),
            liveness: Liveness::Suspect,
            user_liveness: Liveness::Suspect,
            status: Status::Busy,
        },
        RoomChange::Left { card: card.clone(), last: true },
    ];
    let told: Vec<_> = encoded(&changed(changes, NOW))
        .into_iter()
        .map(|(_, value)| {
            for (field, text) in [
                ("roomId", "video_123"),
                ("userId", "user_456"),
                ("sessionId", "session_1"),
                ("timestamp", "2025-01-15T10:30:00.000Z"),
            ] {
                assert_eq!(value[field], text, "{value}");
            }
            (value["type"].as_str().unwrap().to_owned(), value["data"].clone())
        })
        .skip(1)
        .collect();
    assert_eq!(
        told,
        [
            ("typing_started".to_owned(), json!({ "context": "comment" })),
            ("typing_started".to_owned(), json!({})),
            ("typing_stopped".to_owned(), json!({})),
            ("status_changed".to_owned(), json!({ "status": "busy" })),
            ("status_changed".to_owned(), json!({ "status": "busy", "liveness": "suspect" })),
            ("user_left".to_owned(), json!({})),
        ]
    );
}

#[test]
fn each_mover_has_a_message_that_he_is_not_told() {
    let moves = (0..3)
        .map(|slot| CursorMove {
            card: member(slot, &format!("user_{slot}"), &format!("session_{slot}")).card,
            sequence: 1,
            cursor: if slot == 2 { Cursor::default() } else { Cursor::at(0.25, 1.0) },
        })
        .collect();
    let told = encoded(&Event::Cursors { room: room(), channel: 1, moves, now: NOW });
    for (slot, (encoded, value)) in (0_u16..).zip(&told) {
        assert_eq!(encoded.not_for, Some(session(&format!("session_{slot}"))));
        assert_eq!(value["userId"], format!("user_{slot}"));
    }
    let data: Vec<_> = told.iter().map(|(_, value)| &value["data"]).collect();
    let shown = json!({ "x": 0.25, "y": 1.0, "color": "#3B82F6" });
    assert_eq!(data, [&shown, &shown, &json!({ "color": "#3B82F6" })]);
}

#[test]
fn a_user_is_shown_as_the_tab_that_was_active_last() {
    let ago = |seconds| NOW - Millis::seconds(seconds);
    let old =
        Member { last_active_at: ago(60), typing: Some("reply".into()), cursor: Some(Cursor::at(0.1, 0.1)), ..john() };
    let other = member(1, "user_789", "session_9");
    let new = Member {
        last_active_at: ago(1),
        liveness: Liveness::Suspect,
        cursor: Some(Cursor::at(0.9, 0.5)),
        ..member(2, "user_456", "session_2")
    };
    for members in [vec![old.clone(), other.clone(), new.clone()], vec![new, other, old]] {
        let room = &message(&picture(members))["data"]["room"];
        assert_eq!((&room["userCount"], room["users"].as_array().map(Vec::len)), (&json!(2), Some(2)));
        let user = &room["users"][0];
        assert_eq!(user["sessionId"], "session_2");
        assert_eq!(user["lastActiveAt"], "2025-01-15T10:29:59.000Z");
        assert_eq!(user["cursor"], json!({ "x": 0.9, "y": 0.5 }));
        // But he types if he types anywhere, and is there if any of his lines lives.
        assert_eq!((&user["isTyping"], &user["liveness"]), (&json!(true), &json!("connected")));
    }
}

#[test]
fn a_cursor_that_left_the_surface_is_not_in_the_picture() {
    let hidden = Member { cursor: Some(Cursor::default()), ..john() };
    let joined = message(&picture(vec![hidden]));
    assert_eq!(joined["data"]["room"]["users"][0].get("cursor"), None);
    assert_eq!((&joined["type"], &joined["roomId"]), (&json!("joined"), &json!("video_123")));
}
