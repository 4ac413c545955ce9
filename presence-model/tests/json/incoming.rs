//! Each example of a client's message, read.

use presence_model::command::{Activity, Command, Hello};
use presence_model::id::{InstanceId, SessionKey};
use presence_model::instance::ClientInfo;
use presence_model::privacy::PrivacyChange;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::status::Status;
use presence_model::time::Millis;
use presence_model::wire::json::decode::decode;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::inbound::Inbound;

use crate::samples::{room, session};
use crate::{asked, page};

const INSTANCE: &str = "1b4e28ba-2fa1-4d11-883f-0016d3cca427";

fn words(words: &str) -> Option<String> {
    Some(words.to_owned())
}

fn kleoz_web() -> ClientInfo {
    ClientInfo {
        client_id: words("kleoz-web"),
        version: words("1.0.0"),
        platform: words("web"),
        mode: words("webchat"),
        ..ClientInfo::default()
    }
}

pub(crate) fn hello(message: &'static str, token: Option<&str>, hello: Hello) -> Inbound {
    Inbound::Hello { token: token.map(str::to_owned), hello: Box::new(hello), message }
}

/// The examples a client sends, with what they mean.
pub(crate) fn examples() -> Vec<(&'static str, Inbound)> {
    let instance_id = InstanceId::parse(INSTANCE).ok();
    let video = RoomKey { room: room(), kind: RoomKind::Video };
    let active = Activity { said: Some(Status::Active), input_ago: None };
    let cursor = Cursor { x: Some(0.45), y: Some(0.62), timestamp: Some(15.5) };
    let token = Some("header.payload.signature");
    vec![
        (
            "kleoz/connect_params.json",
            hello("connect", None, Hello { instance_id: instance_id.clone(), info: kleoz_web(), ..Hello::default() }),
        ),
        (
            "kleoz/connect_flat.json",
            hello(
                "connect",
                token,
                Hello {
                    instance_id,
                    info: ClientInfo { host: words("app.kleoz.example"), ..kleoz_web() },
                    ..Hello::default()
                },
            ),
        ),
        ("kleoz/subscribe_presence.json", Inbound::Command(Command::Subscribe)),
        ("kleoz/subscribe.json", Inbound::Nothing),
        ("kleoz/ping.json", Inbound::Ping),
        ("koko/auth.json", hello("auth", token, Hello::default())),
        ("koko/join.json", Inbound::Command(Command::Join { key: video, privacy: PrivacyChange::default() })),
        ("koko/leave.json", Inbound::Command(Command::Leave(room()))),
        ("koko/heartbeat.json", Inbound::Command(Command::Report { activity: active, wants_pong: true })),
        ("koko/cursor.json", Inbound::Command(Command::Cursor { room: room(), cursor })),
        ("koko/typing.json", Inbound::Command(Command::Typing { room: room(), context: words("comment") })),
        ("koko/selection.json", Inbound::Command(asked::selection(Some((10.0, 25.5))))),
        ("koko/playback.json", Inbound::Command(asked::playback(asked::whole()))),
        ("koko/control_request.json", Inbound::Command(Command::ControlRequest(room()))),
        (
            "koko/control_grant.json",
            Inbound::Command(Command::ControlGrant { room: room(), to: asked::user("user_789") }),
        ),
        (
            "koko/broadcast.json",
            Inbound::Command(asked::broadcast(r#"{"emoji":"👍","timestamp":15.5,"type":"reaction"}"#)),
        ),
        ("code-cloud-agents/ping.json", Inbound::Ping),
        (
            "code-cloud-agents/say_presence.json",
            Inbound::Command(Command::SetStatus { status: Status::Active, message: None }),
        ),
    ]
}

#[test]
fn each_example_is_understood_at_all_doors() {
    for (path, meaning) in examples() {
        for door in [Door::Ws, Door::Rooms, Door::Kleoz] {
            assert_eq!(decode(door, &page::text(path)).as_ref(), Ok(&meaning), "{path} at {door:?}");
        }
    }
}

#[track_caller]
pub(crate) fn reads(text: &str, meaning: Inbound) {
    assert_eq!(decode(Door::Ws, text), Ok(meaning), "{text}");
}

#[test]
fn what_the_pages_only_tell_of() {
    reads(r#"{"type":"pong"}"#, Inbound::Nothing);
    reads(r#"{"type":"unsubscribe.presence"}"#, Inbound::Command(Command::Unsubscribe));
    for is_typing in [true, false] {
        let key = SessionKey::parse("agent:main:main").unwrap();
        reads(
            &format!(r#"{{"type":"session.typing","sessionKey":" agent:main:main ","isTyping":{is_typing}}}"#),
            Inbound::Command(Command::SessionTyping { key, is_typing }),
        );
    }
    reads(
        r#"{"type":"heartbeat"}"#,
        Inbound::Command(Command::Report { activity: Activity::default(), wants_pong: true }),
    );
    reads(
        r#"{"type":"heartbeat","status":"online","lastInputSeconds":1.5}"#,
        Inbound::Command(Command::Report {
            activity: Activity { said: Some(Status::Active), input_ago: Some(Millis(1_500)) },
            wants_pong: true,
        }),
    );
    reads(
        r#"{"type":"cursor","roomId":"video_123","data":{}}"#,
        Inbound::Command(Command::Cursor { room: room(), cursor: Cursor::default() }),
    );
    reads(
        r#"{"type":"cursor","roomId":" video_123 ","data":{"x":0,"y":1}}"#,
        Inbound::Command(Command::Cursor { room: room(), cursor: Cursor::at(0.0, 1.0) }),
    );
}

#[test]
fn ids_and_token_are_found_wherever_they_stand() {
    let both = Hello { session_id: Some(session("s")), instance_id: InstanceId::parse("i").ok(), ..Hello::default() };
    for text in [
        r#"{"type":"connect","token":"t","sessionId":"s","instanceId":"i"}"#,
        r#"{"type":"connect","token":"t","client":{"sessionId":"s","instanceId":"i"}}"#,
        r#"{"type":"connect","params":{"token":"t","sessionId":"s","client":{"instanceId":"i"}}}"#,
        r#"{"type":"connect","token":"t","sessionId":"s","params":{"instanceId":"i"}}"#,
        r#"{"type":"connect","token":"t","client":{"instanceId":"i"},"params":{"sessionId":"s","instanceId":""}}"#,
    ] {
        reads(text, hello("connect", Some("t"), both.clone()));
    }
    reads(r#"{"type":"auth","token":"t","sessionId":"s","instanceId":"i"}"#, hello("auth", Some("t"), both));
}

#[test]
fn blank_and_null_are_absent() {
    for text in [
        r#"{"type":"auth"}"#,
        r#"{"type":"auth","token":""}"#,
        r#"{"type":"auth","token":null,"sessionId":null,"instanceId":" "}"#,
    ] {
        reads(text, hello("auth", None, Hello::default()));
    }
    for text in [
        r#"{"type":"connect"}"#,
        r#"{"type":"connect","params":null,"client":null}"#,
        r#"{"type":"connect","client":{"host":"  ","mode":null,"roles":null,"scopes":[" "]}}"#,
    ] {
        reads(text, hello("connect", None, Hello::default()));
    }
}

#[test]
fn what_describes_the_sender_is_kept_and_what_nobody_knows_is_ignored() {
    let info = ClientInfo {
        mode: words("toaster"),
        platform: words("plan9"),
        agent_id: words("agent-7"),
        device_id: words("d-1"),
        text: words("Node: desk"),
        tags: vec!["kitchen".into()],
        device_family: words("Mac"),
        model_identifier: words("MacBookPro18,1"),
        roles: vec!["operator".into(), "cook".into()],
        ..ClientInfo::default()
    };
    reads(
        r#"{"type":"connect","later":{"x":[1]},"client":{"mode":" toaster ","platform":"plan9","agentId":"agent-7",
            "deviceFamily":"Mac","modelIdentifier":"MacBookPro18,1","roles":["operator","cook"],"colour":7,
            "deviceId":" d-1 ","text":"Node: desk","tags":["kitchen"],
            "lastInputSeconds":3}}"#,
        hello(
            "connect",
            None,
            Hello { info, activity: Activity { said: None, input_ago: Some(Millis::seconds(3)) }, ..Hello::default() },
        ),
    );
}
