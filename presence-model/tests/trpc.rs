//! Koko's procedures as the clients of tRPC 10 and 11 write and read them.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

use std::sync::Arc;

use presence_model::call::{Answer, Reply, Request};
use presence_model::command::{Activity, Command};
use presence_model::event::RoomPicture;
use presence_model::id::{RoomId, SessionId, UserId};
use presence_model::limit::Limits;
use presence_model::playback::{Action, PlaybackSaid};
use presence_model::privacy::PrivacyChange;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::{Colour, Cursor, Member, MemberCard, NO_SLOT, RoomKey, RoomKind, Selection};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use presence_model::wire::trpc::batch::{Called, several, single};
use presence_model::wire::trpc::failure::{Failure, Kind as FailureKind};
use presence_model::wire::trpc::outcome::Outcome;
use presence_model::wire::trpc::procedure::{Kind, Procedure};
use proptest::prelude::*;
use serde_json::{Value, json};

/// 2025-01-15T10:30:00Z.
const NOW: Millis = Millis(1_736_937_000_000);

fn room() -> RoomId {
    RoomId::parse("video_123").unwrap()
}

fn key() -> RoomKey {
    RoomKey { room: room(), kind: RoomKind::Video }
}

fn procedure(name: &str) -> &'static Procedure {
    Procedure::at(&format!("presence.{name}")).unwrap()
}

fn read(name: &str, input: Value) -> Result<Request, Refusal> {
    procedure(name).read(input, &Limits::default())
}

fn report(said: Option<Status>) -> Command {
    Command::Report { activity: Activity { said, input_ago: None }, wants_pong: true }
}

#[test]
fn every_procedure_of_the_page_asks_for_what_it_says() {
    let cursor =
        || Command::Cursor { room: room(), cursor: Cursor { x: Some(0.45), y: Some(0.62), timestamp: Some(15.5) } };
    let typing = |context: Option<&str>| Command::Typing { room: room(), context: context.map(str::to_owned) };
    let selection = |selection| Command::Selection { room: room(), selection };
    let marked = Some(Selection { start: 10.0, end: 25.5 });
    let said = PlaybackSaid {
        is_playing: Some(true),
        current_time: Some(45.5),
        rate: Some(1.0),
        ..PlaybackSaid::new(Action::Sync)
    };
    let playback = || Command::Playback { room: room(), said: Box::new(said.clone()) };
    let grant = || Command::ControlGrant { room: room(), to: UserId::parse("user_789").unwrap() };
    let broadcast = |payload: &str| Command::Broadcast { room: room(), payload: payload.into() };
    let hidden = PrivacyChange { invisible: Some(true), ..PrivacyChange::default() };
    let status =
        |message: Option<&str>| Command::SetStatus { status: Status::Reviewing, message: message.map(str::to_owned) };
    let join = |privacy| Command::Join { key: key(), privacy };
    let cases = [
        ("join", json!({ "roomId": "video_123", "roomType": "video" }), join(PrivacyChange::default())),
        ("join", json!({ "roomId": "video_123", "roomType": "video", "invisible": true }), join(hidden)),
        ("leave", json!({ "roomId": "video_123" }), Command::Leave(room())),
        ("heartbeat", json!({ "status": "active" }), report(Some(Status::Active))),
        ("heartbeat", json!({}), report(None)),
        ("heartbeat", Value::Null, report(None)),
        ("updateCursor", json!({ "roomId": "video_123", "timestamp": 15.5, "x": 0.45, "y": 0.62 }), cursor()),
        (
            "updateCursor",
            json!({ "roomId": "video_123", "data": { "timestamp": 15.5, "x": 0.45, "y": 0.62 } }),
            cursor(),
        ),
        ("updateCursor", json!({ "roomId": "video_123" }), Command::Cursor { room: room(), cursor: Cursor::default() }),
        ("updateSelection", json!({ "roomId": "video_123", "startTime": 10, "endTime": 25.5 }), selection(marked)),
        (
            "updateSelection",
            json!({ "roomId": "video_123", "data": { "startTime": 10, "endTime": 25.5 } }),
            selection(marked),
        ),
        ("updateSelection", json!({ "roomId": "video_123", "data": null }), selection(None)),
        ("updateSelection", json!({ "roomId": "video_123" }), selection(None)),
        ("setStatus", json!({ "status": "reviewing", "statusMessage": "cut 3" }), status(Some("cut 3"))),
        ("setStatus", json!({ "data": { "status": "reviewing" } }), status(None)),
        ("startTyping", json!({ "roomId": "video_123", "context": "comment" }), typing(Some("comment"))),
        ("startTyping", json!({ "roomId": "video_123" }), typing(Some(""))),
        ("startTyping", json!({ "roomId": "video_123", "data": { "context": "comment" } }), typing(Some("comment"))),
        ("stopTyping", json!({ "roomId": "video_123", "context": "comment" }), typing(None)),
        ("stopTyping", json!({ "roomId": "video_123", "data": { "isTyping": true } }), typing(None)),
        (
            "syncPlayback",
            json!({
                "roomId": "video_123", "action": "sync", "isPlaying": true, "currentTime": 45.5, "playbackRate": 1.0
            }),
            playback(),
        ),
        (
            "syncPlayback",
            json!({
                "roomId": "video_123",
                "data": { "action": "sync", "isPlaying": true, "currentTime": 45.5, "playbackRate": 1.0 }
            }),
            playback(),
        ),
        ("requestControl", json!({ "roomId": "video_123" }), Command::ControlRequest(room())),
        ("grantControl", json!({ "roomId": "video_123", "toUserId": "user_789" }), grant()),
        ("grantControl", json!({ "roomId": "video_123", "data": { "toUserId": "user_789" } }), grant()),
        ("broadcast", json!({ "roomId": "video_123", "emoji": "👍" }), broadcast(r#"{"emoji":"👍"}"#)),
        ("broadcast", json!({ "roomId": "video_123", "data": [1, null] }), broadcast("[1,null]")),
    ];
    for (name, input, command) in cases {
        assert_eq!(read(name, input.clone()), Ok(Request::Act(command)), "{name} {input}");
        assert_eq!(procedure(name).kind, Kind::Mutation);
    }
    let active = read("getActive", json!({ "roomId": "video_123", "roomType": "video" }));
    assert_eq!(active, Ok(Request::Active(key())));
    assert_eq!(procedure("getActive").kind, Kind::Query);
    assert_eq!(Procedure::all().count(), 13, "all of the page's, and each is here");
}

#[test]
fn what_an_input_cannot_mean_is_refused_by_its_field_as_it_was_written() {
    let long = "x".repeat(101);
    for (name, input, code, field) in [
        ("join", json!({ "roomType": "video" }), Code::MissingField, "roomId"),
        ("join", json!({ "roomId": "r" }), Code::MissingField, "roomType"),
        ("join", json!({ "roomId": "r", "roomType": "kitchen" }), Code::UnknownRoomType, "roomType"),
        ("join", Value::Null, Code::MissingField, "roomId"),
        ("join", json!([]), Code::BadField, "input"),
        ("heartbeat", json!(7), Code::BadField, "input"),
        ("heartbeat", json!({ "status": "asleep" }), Code::BadField, "status"),
        ("updateCursor", json!({ "x": 0.5 }), Code::MissingField, "roomId"),
        ("updateCursor", json!({ "roomId": "r", "x": null }), Code::BadField, "x"),
        ("updateCursor", json!({ "roomId": "r", "x": 1.5 }), Code::OutOfRange, "x"),
        ("updateCursor", json!({ "roomId": "r", "data": { "x": 1.5 } }), Code::OutOfRange, "data.x"),
        ("updateCursor", json!({ "roomId": "r", "data": 7 }), Code::BadField, "data"),
        ("updateSelection", json!({ "roomId": "r", "startTime": 3, "endTime": 2 }), Code::OutOfRange, "endTime"),
        ("updateSelection", json!({ "roomId": "r", "startTime": 3 }), Code::MissingField, "endTime"),
        ("setStatus", json!({}), Code::MissingField, "status"),
        ("setStatus", json!({ "status": "busy", "statusMessage": long }), Code::TooLong, "statusMessage"),
        ("startTyping", json!({ "roomId": "r", "context": 1 }), Code::BadField, "context"),
        ("startTyping", json!({ "roomId": "r", "data": 1 }), Code::BadField, "data"),
        ("syncPlayback", json!({ "roomId": "r" }), Code::MissingField, "action"),
        ("syncPlayback", json!({ "roomId": "r", "action": "rewind" }), Code::BadField, "action"),
        ("grantControl", json!({ "roomId": "r" }), Code::MissingField, "toUserId"),
        ("broadcast", json!({ "roomId": "r" }), Code::MissingField, "data"),
        ("broadcast", json!({ "roomId": "r", "data": "x".repeat(5_000) }), Code::TooLarge, "data"),
    ] {
        let refusal = read(name, input.clone()).unwrap_err();
        assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)), "{name} {input}");
        assert!(refusal.message.contains(field), "{}", refusal.message);
    }
}

fn inputs(called: &[Called<'_>]) -> Vec<(String, Result<Value, Code>)> {
    let one = |called: &Called<'_>| (called.path.to_owned(), called.input.clone().map_err(|refusal| refusal.code));
    called.iter().map(one).collect()
}

#[test]
fn one_request_calls_one_or_several() {
    let limits = Limits { message_bytes: 20, calls_per_batch: 3, ..Limits::default() };
    let alone = |input: Option<&str>| inputs(&single("a", input, &limits)).remove(0).1;
    assert_eq!(alone(None), Ok(Value::Null));
    assert_eq!(alone(Some(" ")), Ok(Value::Null));
    assert_eq!(alone(Some(r#"{"a":1}"#)), Ok(json!({ "a": 1 })));
    assert_eq!(alone(Some("{")), Err(Code::BadJson));
    assert_eq!(alone(Some(&"[".repeat(15))), Err(Code::BadJson));
    assert_eq!(alone(Some(r#""123456789012345678""#)), Ok(json!("123456789012345678")));
    assert_eq!(alone(Some(r#""1234567890123456789""#)), Err(Code::TooLarge));

    let batch = |paths: &str, input: Option<&str>| several(paths, input, &limits).map(|called| inputs(&called));
    let expected = |all: &[(&str, Result<Value, Code>)]| {
        Ok(all.iter().map(|(path, input)| ((*path).to_owned(), input.clone())).collect::<Vec<_>>())
    };
    let null = || Ok(Value::Null);
    assert_eq!(batch("a,b", None), expected(&[("a", null()), ("b", null())]));
    assert_eq!(batch("a,b", Some("{}")), expected(&[("a", null()), ("b", null())]));
    assert_eq!(
        batch("a,b,a", Some(r#"{"1":{},"2":"12345678901234567890","9":1}"#)),
        expected(&[("a", null()), ("b", Ok(json!({}))), ("a", Err(Code::TooLarge))])
    );
    for (text, code) in [("[]", Code::BadField), ("{\"0\":", Code::BadJson)] {
        assert_eq!(batch("a,b", Some(text)), expected(&[("a", Err(code)), ("b", Err(code))]), "{text}");
    }
    assert_eq!(batch("a", Some(&"[".repeat(1_000_000))), expected(&[("a", Err(Code::BadJson))]));
    assert_eq!(batch("a,a,a,a", None).unwrap_err().code, Code::TooLarge);
    assert_eq!(batch(&",".repeat(1_000_000), None).unwrap_err().code, Code::TooLarge);
}

fn picture(own: bool) -> Box<RoomPicture> {
    let card = MemberCard {
        slot: 0,
        session_id: SessionId::parse("session_1").unwrap(),
        user_id: UserId::parse("user_456").unwrap(),
        name: "John Doe".to_owned(),
        image: None,
        colour: Colour(0x003B_82F6),
        joined_at: NOW,
    };
    let member = Member {
        card: Arc::new(card),
        status: Status::Active,
        status_message: None,
        liveness: Liveness::Connected,
        last_active_at: NOW,
        typing: None,
        cursor: None,
        selection: None,
        watching: None,
    };
    Box::new(RoomPicture {
        room: room(),
        kind: RoomKind::Video,
        channel: 1,
        version: 1,
        created_at: NOW,
        own_slot: if own { 0 } else { NO_SLOT },
        own_colour: if own { Colour(0x003B_82F6) } else { Colour::NONE },
        members: Arc::new(vec![member]),
        watch: None,
    })
}

fn told(name: &str, reply: Reply) -> Value {
    let answer = Answer { session: SessionId::parse("session_1").ok(), reply };
    let Outcome { status, body } = Outcome::success(procedure(name), &answer, NOW);
    assert_eq!(status, 200);
    serde_json::from_str(&body).unwrap()
}

#[test]
fn results_have_the_shapes_of_the_page() {
    let user = json!({
        "userId": "user_456", "sessionId": "session_1", "name": "John Doe", "color": "#3B82F6", "status": "active",
        "lastActiveAt": "2025-01-15T10:30:00.000Z", "roomId": "video_123", "roomType": "video", "isTyping": false,
        "isWatching": false, "liveness": "connected",
    });
    assert_eq!(
        told("join", Reply::Joined(picture(true))),
        json!({ "result": { "data": {
            "room": {
                "id": "video_123", "type": "video", "users": [user], "userCount": 1, "syncEnabled": false,
                "createdAt": "2025-01-15T10:30:00.000Z",
            },
            "assignedColor": "#3B82F6",
            "sessionId": "session_1",
        } } })
    );
    assert_eq!(
        told("getActive", Reply::Active(picture(false))),
        json!({ "result": { "data": { "users": [user], "totalCount": 1 } } })
    );
    assert_eq!(told("leave", Reply::Done), json!({ "result": { "data": { "success": true } } }));
    assert_eq!(
        told("heartbeat", Reply::Done),
        json!({ "result": { "data": { "success": true, "timestamp": "2025-01-15T10:30:00.000Z" } } })
    );
}

#[test]
fn errors_have_the_numbers_that_clients_know() {
    let refusal = Refusal::bad_field("cursor", "x", "be a number");
    let Outcome { status, body } = Outcome::failure(&refusal.into(), Some("presence.updateCursor"));
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 400);
    assert_eq!(
        body,
        json!({ "error": {
            "message": "cursor: `x` must be a number",
            "code": -32600,
            "data": {
                "code": "BAD_REQUEST", "httpStatus": 400, "path": "presence.updateCursor",
                "presence": { "code": "bad_field", "retryable": false, "field": "x" },
            },
        } })
    );
    let late = Refusal::new(Code::RateLimited, "cursor: too many").after(Millis(50));
    let body: Value = serde_json::from_str(&Outcome::failure(&late.into(), None).body).unwrap();
    let presence = json!({ "code": "rate_limited", "retryable": true, "retryAfterMs": 50 });
    assert_eq!(body["error"]["data"], json!({ "code": "TOO_MANY_REQUESTS", "httpStatus": 429, "presence": presence }));

    let kind = |code: Code| {
        let kind = FailureKind::from(code);
        (kind.name(), kind.number(), kind.status())
    };
    for (code, expected) in [
        (Code::Unauthenticated, ("UNAUTHORIZED", -32001, 401)),
        (Code::BadToken, ("UNAUTHORIZED", -32001, 401)),
        (Code::TokenExpired, ("UNAUTHORIZED", -32001, 401)),
        (Code::Forbidden, ("FORBIDDEN", -32003, 403)),
        (Code::NotAMember, ("FORBIDDEN", -32003, 403)),
        (Code::Invisible, ("FORBIDDEN", -32003, 403)),
        (Code::NotInControl, ("FORBIDDEN", -32003, 403)),
        (Code::RoomFull, ("CONFLICT", -32009, 409)),
        (Code::TooManyRooms, ("CONFLICT", -32009, 409)),
        (Code::RoomTypeConflict, ("CONFLICT", -32009, 409)),
        (Code::TooManySessions, ("CONFLICT", -32009, 409)),
        (Code::NoSession, ("PRECONDITION_FAILED", -32012, 412)),
        (Code::PresenceOff, ("PRECONDITION_FAILED", -32012, 412)),
        (Code::TooLarge, ("PAYLOAD_TOO_LARGE", -32013, 413)),
        (Code::RateLimited, ("TOO_MANY_REQUESTS", -32029, 429)),
        (Code::ShuttingDown, ("SERVICE_UNAVAILABLE", -32603, 503)),
        (Code::BadJson, ("BAD_REQUEST", -32600, 400)),
        (Code::UnknownRoomType, ("BAD_REQUEST", -32600, 400)),
    ] {
        assert_eq!(kind(code), expected, "{code}");
    }
    assert!(FailureKind::ALL.iter().all(|kind| kind.number() < 0 && kind.status() >= 400));
}

#[test]
fn a_batch_has_the_status_of_all_or_one_that_says_look_inside() {
    let outcome = |status, body: &str| Outcome { status, body: body.to_owned() };
    let all = |statuses: &[u16]| {
        let outcomes: Vec<_> = statuses.iter().map(|status| outcome(*status, "{}")).collect();
        Outcome::all(&outcomes)
    };
    assert_eq!(all(&[200, 200]), outcome(200, "[{},{}]"));
    assert_eq!(all(&[401, 401]), outcome(401, "[{},{}]"));
    assert_eq!(all(&[200, 400, 200]), outcome(207, "[{},{},{}]"));
    assert_eq!(all(&[404]), outcome(404, "[{}]"));
}

#[test]
fn a_path_that_is_none_is_told_back_but_not_at_length() {
    let message = |path: &str| {
        let body: Value = serde_json::from_str(&Outcome::failure(&Failure::no_procedure(path), None).body).unwrap();
        body["error"]["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(message("presence.dance"), "No procedure found on path \"presence.dance\"");
    assert!(message(&"ä".repeat(10_000)).chars().count() < 130);
    assert!(Procedure::at("presence.join ").is_none());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(
        text in r#"(\{|\}|\[|\]|:|,|"|"(0|1|roomId|roomType|data|x|status)"|"video"|1e400|-0|null|true|0\.5){0,40}"#,
        paths in "(presence\\.(join|updateCursor|broadcast|setStatus)|,|a){0,9}",
    ) {
        let limits = Limits::default();
        let mut called = single(&paths, Some(&text), &limits);
        called.extend(several(&paths, Some(&text), &limits).unwrap_or_default());
        for Called { path, input } in called {
            let Some(procedure) = Procedure::at(path) else { continue };
            if let Ok(input) = input {
                let _ = procedure.read(input, &limits);
            }
        }
    }
}
