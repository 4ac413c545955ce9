//! What members hear of selections, statuses and players, and what is watched together.

use std::sync::Arc;

use presence_model::event::{Event, RoomChange, RoomPicture, StateNews, WatchNews};
use presence_model::playback::{Action, Desync, Person, Playback, Timeline, Watch, Watching};
use presence_model::room::{Member, MemberCard, Selection};
use presence_model::status::Status;
use presence_model::time::Millis;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::encode::encode;
use serde_json::{Value, json};

use crate::samples::{NOW, changed, encoded, john, member, message, picture, room, session};

const NOW_TEXT: &str = "2025-01-15T10:30:00.000Z";

fn ago(seconds: u64) -> Millis {
    NOW - Millis::seconds(seconds)
}

fn person(member: &Member) -> Person {
    Person { user_id: member.card.user_id.clone(), name: member.card.name.clone() }
}

/// John drives, and began ten seconds ago at twice the speed.
pub(crate) fn watch() -> Watch {
    let playback = Playback { is_playing: true, current_time: 25.5, rate: 2.0 };
    Watch {
        is_synced: true,
        controller: Some(person(&john())),
        timeline: Some(Timeline { playback, at: ago(10), operation: 7 }),
        requests: vec![],
    }
}

fn told(watch: Watch, news: WatchNews) -> Event {
    Event::Watch { room: room(), watch: Arc::new(watch), news, now: NOW }
}

/// The page's example: at the normal speed.
pub(crate) fn synced() -> Event {
    let playback = Playback { is_playing: true, current_time: 40.5, rate: 1.0 };
    let timeline = Some(Timeline { playback, at: ago(5), operation: 1 });
    told(Watch { timeline, ..watch() }, WatchNews::Synced { by: john().card, action: Action::Sync })
}

pub(crate) fn requested() -> Event {
    told(watch(), WatchNews::Requested { by: john().card })
}

fn state(member: Member, news: StateNews) -> Event {
    changed(vec![RoomChange::State { member: Box::new(member), news }], NOW)
}

fn data(event: &Event) -> Value {
    message(event)["data"].clone()
}

#[test]
fn a_selection_is_told_with_its_colour_and_taken_back_by_the_colour_alone() {
    let marks = Member { selection: Some(Selection { start: 10.0, end: 25.5 }), ..john() };
    let told = state(marks, StateNews::Selection);
    let [(message, value)] = &encoded(&told)[..] else { panic!("one message") };
    assert_eq!(message.not_for, Some(session("session_1")));
    assert_eq!(
        *value,
        json!({
            "type": "selection_changed", "roomId": "video_123", "userId": "user_456", "sessionId": "session_1",
            "data": { "startTime": 10.0, "endTime": 25.5, "color": "#3B82F6" },
            "timestamp": NOW_TEXT,
        })
    );
    assert_eq!(data(&state(john(), StateNews::Selection)), json!({ "color": "#3B82F6" }));
}

#[test]
fn a_status_is_told_with_what_the_person_says_of_it() {
    let busy = Member { status: Status::Busy, status_message: Some("back at 9".into()), ..john() };
    assert_eq!(
        data(&state(busy.clone(), StateNews::Status)),
        json!({ "status": "busy", "statusMessage": "back at 9" })
    );
    // Nothing of it in news that say everything: it is taken back.
    assert_eq!(data(&state(john(), StateNews::Status)), json!({ "status": "active" }));
    let joined = changed(vec![RoomChange::Joined { member: Box::new(busy), first: true }], NOW);
    assert_eq!(data(&joined)["statusMessage"], "back at 9");
}

fn watching(is_playing: bool, desync: Option<Desync>) -> Watching {
    Watching { playback: Playback { is_playing, current_time: 3.0, rate: 1.0 }, at: ago(4), desync }
}

#[test]
fn a_player_is_told_as_it_is_by_now() {
    let player = |watching: Option<Watching>| {
        let event = state(Member { watching, ..john() }, StateNews::Watching);
        // Whether he follows may come from what another one does, so he hears it.
        assert_eq!(encoded(&event)[0].0.not_for, None);
        data(&event)
    };
    assert_eq!(player(None), json!({ "status": "active", "isWatching": false }));
    for (watching, playing, at, desynced) in [
        (watching(true, None), true, 7.0, None),
        (watching(true, Some(Desync::Elsewhere)), true, 7.0, Some("elsewhere")),
        (watching(false, Some(Desync::Paused)), false, 3.0, Some("paused")),
        (watching(true, Some(Desync::Playing)), true, 7.0, Some("playing")),
        // It waits for data meanwhile.
        (watching(true, Some(Desync::Stalled)), true, 3.0, Some("stalled")),
    ] {
        let mut expected = json!({
            "status": "active", "isWatching": true,
            "playbackState": { "isPlaying": playing, "currentTime": at, "playbackRate": 1.0 },
        });
        if let Some(reason) = desynced {
            expected["desynced"] = json!(reason);
        }
        assert_eq!(player(Some(watching)), expected);
    }
}

#[test]
fn what_is_watched_is_told_as_it_is_by_now_to_all_but_who_did_it() {
    let event = told(watch(), WatchNews::Synced { by: john().card, action: Action::Seek });
    let [(message, value)] = &encoded(&event)[..] else { panic!("one message") };
    assert_eq!(message.not_for, Some(session("session_1")));
    assert_eq!(
        *value,
        json!({
            "type": "playback_synced", "roomId": "video_123", "userId": "user_456", "sessionId": "session_1",
            "data": {
                "isPlaying": true, "currentTime": 45.5, "playbackRate": 2.0, "serverTime": NOW.0,
                "action": "seek", "operationId": 7, "syncEnabled": true, "controller": "user_456",
            },
            "timestamp": NOW_TEXT,
        })
    );
    let ended = Watch { is_synced: false, timeline: None, ..watch() };
    let stopped = told(ended, WatchNews::Synced { by: john().card, action: Action::Stop });
    assert_eq!(data(&stopped), json!({ "action": "stop", "syncEnabled": false, "controller": "user_456" }));
}

#[test]
fn control_is_told_to_everybody_with_who_gave_it() {
    let jane = {
        let jane = member(1, "user_789", "session_9");
        Arc::new(MemberCard { name: "Jane Smith".into(), ..(*jane.card).clone() })
    };
    for (by, user, session_id, granted) in [
        (
            Some(john().card),
            "user_456",
            "session_1",
            json!({ "toUserId": "user_789", "controllerName": "Jane Smith", "fromUserId": "user_456" }),
        ),
        (None, "user_789", "session_9", json!({ "toUserId": "user_789", "controllerName": "Jane Smith" })),
    ] {
        let event = told(watch(), WatchNews::Granted { by, to: jane.clone() });
        let [(message, value)] = &encoded(&event)[..] else { panic!("one message") };
        assert_eq!(message.not_for, None);
        assert_eq!((&value["type"], &value["data"]), (&json!("control_granted"), &granted));
        assert_eq!((&value["userId"], &value["sessionId"]), (&json!(user), &json!(session_id)));
    }
    let [(message, _)] = &encoded(&requested())[..] else { panic!("one message") };
    assert_eq!(message.not_for, None);
    // A picture of it is for newcomers, who have it with the room.
    assert_eq!(encode(Door::Rooms, &told(watch(), WatchNews::State), NOW), []);
}

#[test]
fn a_broadcast_is_told_as_it_was_given_to_all_but_who_said_it() {
    for given in [
        json!({ "type": "reaction", "emoji": "👍", "timestamp": 15.5 }),
        json!(null),
        json!([0.1 + 0.2, u64::MAX, i64::MIN, 1e300, "\u{0}\"\\", {}]),
    ] {
        let event = Event::Broadcast { room: room(), by: john().card, payload: given.to_string().into(), now: NOW };
        let [(message, value)] = &encoded(&event)[..] else { panic!("one message") };
        assert_eq!(message.not_for, Some(session("session_1")));
        assert_eq!((&value["type"], &value["data"]), (&json!("broadcast"), &given));
        for (field, text) in [("roomId", "video_123"), ("userId", "user_456"), ("timestamp", NOW_TEXT)] {
            assert_eq!(value[field], text);
        }
    }
}

fn joined(members: Vec<Member>, watch: Option<Watch>) -> Value {
    let Event::RoomPicture(picture) = picture(members) else { panic!("a picture") };
    let shown = RoomPicture { watch: watch.map(Arc::new), ..*picture };
    data(&Event::RoomPicture(Box::new(shown)))["room"].clone()
}

#[test]
fn who_comes_late_is_told_where_the_room_is_by_now() {
    let room = joined(vec![john()], Some(watch()));
    assert_eq!((&room["syncEnabled"], &room["controller"]), (&json!(true), &json!("user_456")));
    assert_eq!(
        room["playback"],
        json!({ "isPlaying": true, "currentTime": 45.5, "playbackRate": 2.0, "serverTime": NOW.0 })
    );
    let room = joined(vec![john()], Some(Watch { is_synced: false, timeline: None, ..watch() }));
    assert_eq!((&room["syncEnabled"], &room["controller"]), (&json!(false), &json!("user_456")));
    assert_eq!((room.get("playback"), joined(vec![john()], None).get("controller")), (None, None));
}

#[test]
fn who_follows_is_shown_where_the_room_is_and_who_does_not_where_he_is() {
    let with = |watching| Member { watching: Some(watching), ..john() };
    let user = |member: Member, watch| joined(vec![member], watch)["users"][0].clone();
    let state = |time: f64, rate: f64| json!({ "isPlaying": true, "currentTime": time, "playbackRate": rate });

    let follows = user(with(watching(true, None)), Some(watch()));
    assert_eq!((&follows["isWatching"], &follows["playbackState"]), (&json!(true), &state(45.5, 2.0)));
    assert_eq!(follows.get("desynced"), None);
    let elsewhere = user(with(watching(true, Some(Desync::Elsewhere))), Some(watch()));
    assert_eq!((&elsewhere["playbackState"], &elsewhere["desynced"]), (&state(7.0, 1.0), &json!("elsewhere")));
    // Nobody follows anything.
    for watch in [None, Some(Watch { is_synced: false, ..watch() })] {
        assert_eq!(user(with(watching(true, None)), watch)["playbackState"], state(7.0, 1.0));
    }
    let idle = user(john(), Some(watch()));
    assert_eq!((&idle["isWatching"], idle.get("playbackState")), (&json!(false), None));
}

#[test]
fn a_user_shows_what_the_newest_tab_marks_and_watches_in_any() {
    let watches = Member {
        watching: Some(watching(true, None)),
        selection: Some(Selection { start: 1.0, end: 2.0 }),
        last_active_at: ago(60),
        ..john()
    };
    let writes = Member {
        status_message: Some("back at 9".into()),
        last_active_at: ago(1),
        ..member(1, "user_456", "session_2")
    };
    for members in [vec![watches.clone(), writes.clone()], vec![writes, watches]] {
        let users = joined(members, None)["users"].clone();
        let user = &users[0];
        assert_eq!((users.as_array().map(Vec::len), &user["sessionId"]), (Some(1), &json!("session_2")));
        assert_eq!((&user["statusMessage"], user.get("selection")), (&json!("back at 9"), None));
        assert_eq!((&user["isWatching"], &user["playbackState"]["currentTime"]), (&json!(true), &json!(7.0)));
    }
    let marks = Member { selection: Some(Selection { start: 1.0, end: 2.5 }), ..john() };
    assert_eq!(joined(vec![marks], None)["users"][0]["selection"], json!({ "startTime": 1.0, "endTime": 2.5 }));
}
