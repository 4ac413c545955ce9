//! What rooms are asked beyond the page's examples: what may be left out, and what else may be said.

use presence_model::command::{Command, Hello};
use presence_model::id::UserId;
use presence_model::playback::{Action, PlaybackSaid};
use presence_model::privacy::PrivacyChange;
use presence_model::room::{RoomKey, RoomKind, Selection};
use presence_model::status::Status;
use presence_model::time::Millis;
use presence_model::wire::json::inbound::Inbound;
use serde_json::{Value, json};

use crate::incoming::{hello, reads};
use crate::samples::room;

pub(crate) fn user(id: &str) -> UserId {
    UserId::parse(id).unwrap()
}

pub(crate) fn selection(ends: Option<(f64, f64)>) -> Command {
    Command::Selection { room: room(), selection: ends.map(|(start, end)| Selection { start, end }) }
}

pub(crate) fn playback(said: PlaybackSaid) -> Command {
    Command::Playback { room: room(), said: Box::new(said) }
}

/// The page's example.
pub(crate) fn whole() -> PlaybackSaid {
    PlaybackSaid {
        is_playing: Some(true),
        current_time: Some(45.5),
        rate: Some(1.0),
        ..PlaybackSaid::new(Action::Sync)
    }
}

pub(crate) fn broadcast(payload: &str) -> Command {
    Command::Broadcast { room: room(), payload: payload.into() }
}

#[track_caller]
fn asks(message: Value, command: Command) {
    reads(&message.to_string(), Inbound::Command(command));
}

#[test]
fn a_selection_is_taken_back_by_null_or_by_nothing_in_it() {
    for data in [json!(null), json!({}), json!({ "color": "red" })] {
        asks(json!({ "type": "selection", "roomId": "video_123", "data": data }), selection(None));
    }
    asks(
        json!({ "type": "selection", "roomId": "video_123", "data": { "startTime": 0, "endTime": 0 } }),
        selection(Some((0.0, 0.0))),
    );
}

#[test]
fn a_status_stands_at_the_top_or_in_data() {
    let set = |status, message: Option<&str>| Command::SetStatus { status, message: message.map(str::to_owned) };
    for (fields, command) in [
        (json!({ "status": "busy" }), set(Status::Busy, None)),
        (json!({ "status": "reviewing", "statusMessage": " cut 3 " }), set(Status::Reviewing, Some("cut 3"))),
        (json!({ "data": { "status": "away", "statusMessage": "lunch" } }), set(Status::Away, Some("lunch"))),
        (json!({ "status": "idle", "data": { "status": "away" } }), set(Status::Idle, None)),
        (json!({ "status": "active", "statusMessage": "" }), set(Status::Active, None)),
        (json!({ "status": "active", "statusMessage": null }), set(Status::Active, None)),
        (json!({ "status": "online", "data": null }), set(Status::Active, None)),
        (json!({ "status": "offline" }), set(Status::Offline, None)),
    ] {
        let mut message = fields;
        message["type"] = json!("setStatus");
        asks(message, command);
    }
    // A hundred characters are not a hundred bytes.
    let long = "語".repeat(100);
    asks(json!({ "type": "setStatus", "status": "busy", "statusMessage": long }), set(Status::Busy, Some(&long)));
}

#[test]
fn code_clouds_clients_say_what_they_are_in_its_words() {
    for (word, status) in
        [("online", Status::Active), ("away", Status::Away), ("busy", Status::Busy), ("offline", Status::Offline)]
    {
        let command = || Command::SetStatus { status, message: None };
        asks(json!({ "type": "user_presence", "data": word }), command());
        asks(json!({ "type": "user_presence", "data": { "status": word, "userId": "eve" } }), command());
    }
}

#[test]
fn a_player_says_what_it_does_and_leaves_out_the_rest() {
    let said = |data: Value, said: PlaybackSaid| {
        asks(json!({ "type": "playback", "roomId": "video_123", "data": data }), playback(said));
    };
    for action in Action::ALL {
        said(json!({ "action": action.name() }), PlaybackSaid::new(*action));
    }
    let at = Some(Millis(1_736_937_000_000));
    said(
        json!({ "action": "seek", "currentTime": 0, "serverTime": 1_736_937_000_000.75, "isPlaying": null }),
        PlaybackSaid { current_time: Some(0.0), at, ..PlaybackSaid::new(Action::Seek) },
    );
    said(
        json!({ "action": "pause", "stalled": true }),
        PlaybackSaid { is_stalled: true, ..PlaybackSaid::new(Action::Pause) },
    );
    // A moment that no clock reaches is for the room to judge.
    said(
        json!({ "action": "rate", "playbackRate": 16, "serverTime": 1e300 }),
        PlaybackSaid { rate: Some(16.0), at: Some(Millis(u64::MAX)), ..PlaybackSaid::new(Action::Rate) },
    );
}

#[test]
fn control_is_given_up_as_it_is_asked_for() {
    asks(json!({ "type": "control_release", "roomId": " video_123 " }), Command::ControlRelease(room()));
}

#[test]
fn anything_can_be_broadcast() {
    for (data, payload) in [
        ("null", "null"),
        ("0", "0"),
        ("\"\\u0041\\n\"", "\"A\\n\""),
        ("[ 1 , [ ] , { } ]", "[1,[],{}]"),
        (r#"{"$serde_json::private::RawValue":"[[[]]]"}"#, r#"{"$serde_json::private::RawValue":"[[[]]]"}"#),
        ("[0.30000000000000004,0.012345678901234567]", "[0.30000000000000004,0.012345678901234567]"),
        (r#"{ "type": "auth", "data": null }"#, r#"{"data":null,"type":"auth"}"#),
    ] {
        let text = format!(r#"{{"type":"broadcast","roomId":"video_123","data":{data}}}"#);
        reads(&text, Inbound::Command(broadcast(payload)));
    }
}

const HIDDEN: PrivacyChange = PrivacyChange { presence: None, invisible: Some(true), cursor: None };

#[test]
fn privacy_is_said_by_itself_and_with_whatever_lets_in() {
    let some = PrivacyChange { presence: Some(false), invisible: None, cursor: Some(true) };
    asks(json!({ "type": "privacy", "data": { "presence": false, "cursor": true } }), Command::Privacy(some));
    asks(json!({ "type": "privacy", "data": {} }), Command::Privacy(PrivacyChange::default()));
    for (said, privacy) in [
        (json!({ "privacy": { "presence": false, "cursor": true } }), some),
        (json!({ "invisible": true }), HIDDEN),
        (json!({ "privacy": { "invisible": true }, "invisible": null }), HIDDEN),
        (json!({ "privacy": { "invisible": true }, "invisible": false }), HIDDEN),
        (json!({ "privacy": null, "invisible": true }), HIDDEN),
        (json!({ "privacy": { "cursor": false }, "invisible": true }), PrivacyChange { cursor: Some(false), ..HIDDEN }),
    ] {
        let with = |message: Value| {
            let mut message = message;
            message.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
            message
        };
        let key = RoomKey { room: room(), kind: RoomKind::Video };
        let join = json!({ "type": "join", "roomId": "video_123", "roomType": "video" });
        asks(with(join), Command::Join { key, privacy });
        let welcome = |message| hello(message, None, Hello { privacy, ..Hello::default() });
        for (message, text) in [
            ("auth", with(json!({ "type": "auth" }))),
            ("connect", with(json!({ "type": "connect" }))),
            ("connect", json!({ "type": "connect", "client": said })),
            ("connect", json!({ "type": "connect", "params": said })),
            ("connect", json!({ "type": "connect", "params": { "client": said } })),
        ] {
            reads(&text.to_string(), welcome(message));
        }
    }
}
