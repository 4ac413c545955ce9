//! Each example of a server's message, written.

use std::collections::BTreeSet;
use std::sync::Arc;

use presence_model::event::{CursorMove, Event, InstanceChange, RoomChange, Welcome};
use presence_model::id::{InstanceId, SessionKey, UserId};
use presence_model::instance::{ClientInfo, Instance};
use presence_model::limit::Timing;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::{Colour, Cursor, Member, MemberCard};
use presence_model::status::Status;
use presence_model::time::Millis;
use presence_model::wire::json::answer::{
    encode_auth_failed, encode_connected, encode_ping, encode_pong, encode_refused,
};
use presence_model::wire::json::door::Door;
use presence_model::wire::json::encode::encode;
use presence_model::wire::json::http::presence_body;
use serde_json::{Value, json};

use crate::samples::{NOW, bare_row, changed, full_row, john, member, message, picture, room, session};
use crate::{feeds, incoming, page, watching};

/// 2025-12-26T13:00:00Z, when everything on Code Cloud's page happens.
const CODE_CLOUD_NOW: Millis = Millis(1_766_754_000_000);

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn welcome() -> Event {
    Event::Welcome(Box::new(Welcome {
        session_id: session("session_1"),
        instance_id: InstanceId::parse("i").unwrap(),
        user_id: UserId::parse("user_abc123").unwrap(),
        name: "Abc".into(),
        epoch: 1,
        server_now: NOW,
        resumed: false,
        timing: Arc::new(Timing::default()),
        listing: None,
    }))
}

fn active_users() -> Value {
    let with_card = |member: Member, change: fn(&mut MemberCard)| {
        let mut card = (*member.card).clone();
        change(&mut card);
        Member { card: Arc::new(card), ..member }
    };
    let first = Member {
        cursor: Some(Cursor { x: Some(0.45), y: Some(0.62), timestamp: Some(15.5) }),
        ..member(0, "user_123", "session_0")
    };
    let second = with_card(member(1, "user_456", "session_1"), |card| {
        card.name = "Jane Smith".into();
        card.image = None;
        card.colour = Colour(0x0010_B981);
    });
    let second = Member { status: Status::Idle, typing: Some("comment".into()), ..second };
    let joined = message(&picture(vec![first, second]));
    json!({ "users": joined["data"]["room"]["users"], "totalCount": joined["data"]["room"]["userCount"] })
}

const BEYOND_ENTRIES: &[&str] =
    &["entries[].liveness", "entries[].status", "entries[].userId", "entries[].name", "entries[].sessions"];

fn picture_of_list(asked: bool) -> Event {
    let entries = Arc::new(vec![full_row(), bare_row("quiet-one")]);
    Event::PresencePicture { version: 42, entries, truncated: false, asked, now: NOW }
}

fn typing(instances: &[&str]) -> Event {
    Event::SessionTyping {
        key: SessionKey::parse("agent:main:main").unwrap(),
        instances: instances.iter().map(|id| InstanceId::parse(id).unwrap()).collect(),
    }
}

fn at_kleoz_door(event: &Event) -> Vec<Value> {
    encode(Door::Kleoz, event, NOW).iter().map(|message| read(&message.text)).collect()
}

/// The examples a server sends: what we write for them, and what we say beyond the page.
fn examples() -> Vec<(&'static str, Value, &'static [&'static str])> {
    let john = john();
    let card = || john.card.clone();
    let moved = CursorMove {
        card: card(),
        sequence: 1,
        cursor: Cursor { x: Some(0.45), y: Some(0.62), timestamp: Some(15.5) },
    };
    let left = InstanceChange::Left { user_id: full_row().user_id, instance_id: full_row().instance_id };
    let left_at = NOW + Millis::minutes(5);
    let [snapshot, updated] = &at_kleoz_door(&picture_of_list(true))[..] else { panic!("an answer is two messages") };
    let (snapshot, updated) = (snapshot.clone(), updated.clone());
    let bad_json = Refusal::new(Code::BadJson, "json: expected value at line 1 column 1");
    vec![
        ("kleoz/connected.json", read(&encode_connected(&session("session_1"))), &["sessionId"]),
        ("kleoz/presence_snapshot.json", snapshot, BEYOND_ENTRIES),
        ("kleoz/presence_updated.json", updated, BEYOND_ENTRIES),
        ("kleoz/session_typing.json", message(&typing(&["1b4e28ba-2fa1-4d11-883f-0016d3cca427"])), &["timestamp"]),
        (
            "kleoz/presence_joined.json",
            message(&Event::PresenceChanged { version: 43, change: InstanceChange::Joined(full_row()), now: NOW }),
            &["entry.liveness", "entry.status", "entry.userId", "entry.name", "entry.sessions", "stateVersion"],
        ),
        (
            "kleoz/presence_left.json",
            message(&Event::PresenceChanged { version: 44, change: left, now: NOW }),
            &["stateVersion", "userId"],
        ),
        (
            "kleoz/get_presence.json",
            read(&presence_body(&[bare_row("quiet-one")], &[], (7, false), 3_600, NOW)),
            &[
                "agents",
                "stateVersion",
                "entries[].liveness",
                "entries[].status",
                "entries[].userId",
                "entries[].name",
                "entries[].sessions",
            ],
        ),
        ("koko/joined.json", message(&picture(vec![john.clone()]))["data"].clone(), &["room.users[].liveness"]),
        (
            "koko/active_users.json",
            active_users(),
            &[
                "users[].sessionId",
                "users[].roomId",
                "users[].roomType",
                "users[].isWatching",
                "users[].liveness",
                // The page leaves it out for its second user only.
                "users[].lastActiveAt",
            ],
        ),
        (
            "koko/user_joined.json",
            message(&changed(vec![RoomChange::Joined { member: Box::new(john.clone()), first: true }], NOW)),
            &["sessionId", "data.status", "data.liveness"],
        ),
        (
            "koko/user_left.json",
            message(&changed(vec![RoomChange::Left { card: card(), last: true }], left_at)),
            &["sessionId", "data"],
        ),
        (
            "koko/cursor_moved.json",
            message(&Event::Cursors { room: room(), channel: 1, moves: vec![moved], now: NOW }),
            &["sessionId", "timestamp"],
        ),
        (
            "koko/playback_synced.json",
            message(&watching::synced()),
            &[
                "sessionId",
                "timestamp",
                "data.serverTime",
                "data.action",
                "data.operationId",
                "data.syncEnabled",
                "data.controller",
            ],
        ),
        ("koko/control_requested.json", message(&watching::requested()), &["sessionId", "timestamp"]),
        (
            "code-cloud-agents/auth.json",
            read(&encode(Door::Ws, &welcome(), CODE_CLOUD_NOW)[0].text),
            &["data.sessionId"],
        ),
        ("code-cloud-agents/agent_status.json", message(&feeds::notice(CODE_CLOUD_NOW)), &[]),
        ("code-cloud-agents/chat_message.json", message(&feeds::chat(CODE_CLOUD_NOW)), &[]),
        (
            "code-cloud-agents/notification.json",
            message(&feeds::notification(CODE_CLOUD_NOW)),
            &["data.id", "data.timestamp"],
        ),
        ("code-cloud-agents/user_presence.json", message(&feeds::online(CODE_CLOUD_NOW)), &[]),
        ("htmlgraph/presence_update.json", message(&feeds::claude()), &[]),
        ("code-cloud-agents/pong.json", read(&encode_pong(CODE_CLOUD_NOW)), &[]),
        ("code-cloud-agents/error.json", read(&encode_refused("json", &bad_json, CODE_CLOUD_NOW)), &["error"]),
    ]
}

#[test]
fn each_example_is_said_as_the_page_has_it() {
    for (path, ours, beyond) in examples() {
        page::assert_says(path, &ours, beyond);
    }
}

#[test]
fn no_example_is_forgotten() {
    let read = incoming::examples().into_iter().map(|(path, _)| path.to_owned());
    let written = examples().into_iter().map(|(path, ..)| path.to_owned());
    assert_eq!(read.chain(written).collect::<BTreeSet<_>>(), page::all());
}

#[test]
fn answers_to_the_asker_alone() {
    let now = "2025-01-15T10:30:00.000Z";
    assert_eq!(
        message(&welcome()),
        json!({
            "type": "auth",
            "data": { "success": true, "userId": "user_abc123", "sessionId": "session_1" },
            "timestamp": now,
        })
    );
    assert_eq!(
        read(&encode_auth_failed("No token provided", NOW)),
        json!({ "type": "auth", "data": { "success": false, "error": "No token provided" }, "timestamp": now })
    );
    let left = Event::RoomLeft { room: room(), channel: 1 };
    assert_eq!(message(&left), json!({ "type": "left", "roomId": "video_123", "timestamp": now }));
    assert_eq!(message(&Event::Pong), json!({ "type": "pong", "timestamp": now }));
    assert_eq!(read(&encode_ping(NOW)), json!({ "type": "ping", "timestamp": now }));
    assert_eq!(encode(Door::Ws, &Event::WishesTaken { revision: 1 }, NOW), []);
    let refusal = Refusal::new(Code::RoomFull, "join: the room is full");
    let refused = message(&Event::Refused { about: "join", room: Some(room()), refusal });
    assert_eq!((&refused["type"], &refused["roomId"]), (&json!("error"), &json!("video_123")));
    assert_eq!(refused["data"]["error"], "join: the room is full");
}

#[test]
fn a_list_that_is_not_whole_says_so() {
    let list = |truncated| {
        let entries = Arc::new(vec![]);
        Event::PresencePicture { version: 1, entries, truncated, asked: false, now: NOW }
    };
    assert_eq!(message(&list(true))["truncated"], true);
    assert_eq!(message(&list(false)).get("truncated"), None);
}

#[test]
fn only_who_asks_at_kleoz_door_gets_a_snapshot() {
    let kinds = |door, asked| -> Vec<Value> {
        let messages = encode(door, &picture_of_list(asked), NOW);
        messages.iter().map(|message| read(&message.text)["type"].clone()).collect()
    };
    assert_eq!(kinds(Door::Kleoz, true), ["presence.snapshot", "presence.updated"]);
    for (door, asked) in [(Door::Kleoz, false), (Door::Ws, true), (Door::Rooms, true)] {
        assert_eq!(kinds(door, asked), ["presence.updated"], "{door:?}");
    }
}

#[test]
fn everything_known_of_a_client_is_told() {
    let info = ClientInfo {
        agent_id: Some("main".into()),
        device_id: Some("d-1".into()),
        text: Some("Node: desk".into()),
        tags: vec!["kitchen".into()],
        ..full_row().info
    };
    let row = Instance { info, ..full_row() };
    let told = message(&Event::PresenceChanged { version: 1, change: InstanceChange::Joined(row), now: NOW });
    let beyond = |field: &str| told["entry"][field].clone();
    assert_eq!((beyond("agentId"), beyond("deviceId")), (json!("main"), json!("d-1")));
    assert_eq!((beyond("text"), beyond("tags")), (json!("Node: desk"), json!(["kitchen"])));
}

#[test]
fn who_types_nowhere_any_more_is_nobody() {
    for door in [Door::Ws, Door::Rooms, Door::Kleoz] {
        let [nobody] = &encode(door, &typing(&[]), NOW)[..] else { panic!("one message") };
        let nobody = read(&nobody.text);
        assert_eq!((&nobody["sessionKey"], &nobody["userIds"]), (&json!("agent:main:main"), &json!([])));
    }
}

#[test]
fn a_row_ages_until_it_is_written_and_never_holds_null() {
    let later = NOW + Millis::seconds(60);
    let row = full_row();
    let body = presence_body(&[row, bare_row("b")], &[], (1, false), 1, later);
    assert!(!body.contains("null"), "{body}");
    let body = read(&body);
    assert_eq!(body["entries"][0]["lastInputSeconds"], 72);
    assert_eq!(body["entries"][0]["sessions"], 2);
    assert_eq!(body["entries"][1].get("lastInputSeconds"), None);
    assert_eq!(body["entries"][1]["liveness"], "connected");
}

#[test]
fn a_row_that_changed_is_told_with_the_next_list() {
    let change = InstanceChange::Updated(full_row());
    assert_eq!(encode(Door::Ws, &Event::PresenceChanged { version: 2, change, now: NOW }, NOW), []);
}
