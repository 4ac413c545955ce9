//! People, rooms and rows as the pages' examples have them.

use std::sync::Arc;

use presence_model::event::{Event, RoomChange, RoomPicture};
use presence_model::id::{InstanceId, RoomId, SessionId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::room::{Colour, Member, MemberCard, RoomKind};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::encode::encode;
use presence_model::wire::json::encoded::Encoded;
use serde_json::Value;

/// 2025-01-15T10:30:00Z.
pub(crate) const NOW: Millis = Millis(1_736_937_000_000);

pub(crate) fn room() -> RoomId {
    RoomId::parse("video_123").unwrap()
}

pub(crate) fn session(text: &str) -> SessionId {
    SessionId::parse(text).unwrap()
}

/// A member with a name, a picture and nothing going on.
pub(crate) fn member(slot: u16, user: &str, session_id: &str) -> Member {
    Member {
        card: Arc::new(MemberCard {
            slot,
            session_id: session(session_id),
            user_id: UserId::parse(user).unwrap(),
            name: "John Doe".into(),
            image: Some("https://...".into()),
            colour: Colour(0x003B_82F6),
            joined_at: NOW,
        }),
        status: Status::Active,
        liveness: Liveness::Connected,
        last_active_at: NOW,
        typing: None,
        cursor: None,
        status_message: None,
        selection: None,
        watching: None,
    }
}

pub(crate) fn john() -> Member {
    member(0, "user_456", "session_1")
}

pub(crate) fn picture(members: Vec<Member>) -> Event {
    Event::RoomPicture(Box::new(RoomPicture {
        room: room(),
        kind: RoomKind::Video,
        channel: 1,
        version: 1,
        created_at: NOW,
        own_slot: 0,
        own_colour: Colour(0x003B_82F6),
        watch: None,
        members: Arc::new(members),
    }))
}

pub(crate) fn changed(changes: Vec<RoomChange>, now: Millis) -> Event {
    Event::RoomChanged { room: room(), channel: 1, version: 2, changes, now }
}

/// A row with every field of Kleoz' page.
pub(crate) fn full_row() -> Instance {
    let words = |words: &str| Some(words.to_owned());
    Instance {
        info: ClientInfo {
            host: words("Anas-MacBook"),
            version: words("1.0.0"),
            platform: words("macos"),
            device_family: words("Mac"),
            model_identifier: words("MacBookPro18,1"),
            mode: words("webchat"),
            roles: vec!["operator".into(), "node".into()],
            scopes: vec!["operator.read".into(), "operator.write".into()],
            ..ClientInfo::default()
        },
        ip: words("192.0.2.7"),
        status_message: None,
        last_input_at: Some(NOW - Millis(12_900)),
        reason: Reason::Connect,
        ts: NOW - Millis::seconds(5),
        ..bare_row("1b4e28ba-2fa1-4d11-883f-0016d3cca427")
    }
}

/// A row of a client that said nothing of itself.
pub(crate) fn bare_row(id: &str) -> Instance {
    Instance {
        instance_id: InstanceId::parse(id).unwrap(),
        user_id: UserId::parse("ana").unwrap(),
        name: "Ana".into(),
        info: ClientInfo::default(),
        ip: None,
        status: Status::Active,
        liveness: Liveness::Connected,
        status_message: None,
        last_input_at: None,
        reason: Reason::Periodic,
        ts: NOW,
        sessions: vec![session("a"), session("b")],
    }
}

pub(crate) fn encoded(event: &Event) -> Vec<(Encoded, Value)> {
    encode(Door::Rooms, event, NOW)
        .into_iter()
        .map(|encoded| {
            let value = serde_json::from_str(&encoded.text).unwrap();
            (encoded, value)
        })
        .collect()
}

/// The only message that an event makes.
pub(crate) fn message(event: &Event) -> Value {
    let mut messages = encoded(event);
    assert_eq!(messages.len(), 1, "{messages:?}");
    messages.remove(0).1
}
