//! What the pages of the SDK are told, whole and in pieces.
#![cfg(feature = "json")]
#![allow(clippy::unwrap_used, reason = "a helper that cannot go on fails the test that called it")]

use std::sync::Arc;

use presence_model::id::{InstanceId, SessionId, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::playback::{Desync, Playback, Watching};
use presence_model::room::{Colour, Member, MemberCard, Selection};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use presence_model::wire::view::{CardView, InstanceCard, InstanceEntry, MemberEntry, StateView, TypingView, piece};
use proptest::prelude::*;
use serde_json::{Map, Value, to_value};

/// An instance of which all is known, and one of which nothing is that may be left out.
fn instances() -> [Instance; 2] {
    let some = |text: &str| Some(text.to_owned());
    let full = Instance {
        instance_id: InstanceId::parse("I-1").unwrap(),
        user_id: UserId::parse("ann").unwrap(),
        name: "Ann \"}{\" \u{1F600}".into(),
        info: ClientInfo {
            client_id: some("web"),
            host: some("Firefox"),
            version: some("1.2"),
            platform: some("linux"),
            device_family: some("pc"),
            model_identifier: some("m1"),
            mode: some("webchat"),
            agent_id: some("main"),
            device_id: some("d-1"),
            text: some("Node: desk"),
            tags: vec!["kitchen".into()],
            roles: vec!["operator".into()],
            scopes: vec!["operator.read".into()],
        },
        ip: some("10.0.0.7"),
        status: Status::Away,
        status_message: Some("lunch".into()),
        liveness: Liveness::Suspect,
        last_input_at: Some(Millis(1)),
        reason: Reason::Connect,
        ts: Millis(2),
        sessions: vec![SessionId::parse("s-1").unwrap()],
    };
    let (info, sessions) = (ClientInfo::default(), vec![]);
    let bare = Instance { info, ip: None, status_message: None, last_input_at: None, sessions, ..full.clone() };
    [full, bare]
}

fn members() -> [Member; 2] {
    let card = MemberCard {
        slot: 7,
        session_id: SessionId::parse("s-1").unwrap(),
        user_id: UserId::parse("ann").unwrap(),
        name: "Ann".into(),
        image: Some("https://example.org/ann.png".into()),
        colour: Colour(0x0012_34AB),
        joined_at: Millis(3),
    };
    let full = Member {
        card: Arc::new(card.clone()),
        status: Status::Reviewing,
        liveness: Liveness::Connected,
        last_active_at: Millis(4),
        typing: Some("comment".into()),
        cursor: None,
        status_message: Some("back at \"9\"".into()),
        selection: Some(Selection { start: 1.0, end: 2.5 }),
        watching: Some(Watching {
            playback: Playback { is_playing: true, current_time: 3.5, rate: 1.0 },
            at: Millis(4),
            desync: Some(Desync::Stalled),
        }),
    };
    let card = Arc::new(MemberCard { image: None, ..card });
    let bare = Member { card, typing: None, status_message: None, selection: None, watching: None, ..full.clone() };
    [full, bare]
}

fn object(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap()
}

/// Joins pieces as a reader does, who leaves out the empty ones; no two may name the same field.
fn joined(pieces: &[String]) -> Value {
    let pieces: Vec<_> = pieces.iter().filter(|piece| !piece.is_empty()).cloned().collect();
    let fields: usize = pieces.iter().map(|piece| object(&format!("{{{piece}}}")).len()).sum();
    let joined = object(&format!("{{{}}}", pieces.join(",")));
    assert_eq!(joined.len(), fields, "a field is said twice: {pieces:?}");
    assert!(joined.values().all(|value| !value.is_null()), "what is not known is left out: {pieces:?}");
    Value::Object(joined)
}

fn liveness(of: Liveness) -> String {
    format!(r#""liveness":"{}""#, of.name())
}

fn instance_pieces(entry: &Instance) -> [String; 2] {
    [piece(&InstanceCard::new(entry)), liveness(entry.liveness)]
}

fn member_pieces(member: &Member) -> [String; 5] {
    [
        piece(&CardView::new(&member.card)),
        piece(&StateView::new(member)),
        format!(r#""slot":{}"#, member.card.slot),
        liveness(member.liveness),
        piece(&TypingView { typing: member.typing.as_deref() }),
    ]
}

#[test]
fn the_pieces_of_an_instance_are_the_instance() {
    let [full, bare] = instances();
    for entry in [&full, &bare] {
        assert_eq!(joined(&instance_pieces(entry)), to_value(InstanceEntry::new(entry)).unwrap());
    }
    let fields = |entry: &Instance| joined(&instance_pieces(entry)).as_object().unwrap().len();
    assert_eq!((fields(&full), fields(&bare)), (25, 11), "fourteen fields may be absent");
}

#[test]
fn the_pieces_of_a_member_are_the_member() {
    let [full, bare] = members();
    for member in [&full, &bare] {
        assert_eq!(joined(&member_pieces(member)), to_value(MemberEntry::new(member)).unwrap());
    }
    let page = joined(&member_pieces(&bare));
    assert!(page.get("image").is_none() && page.get("typing").is_none(), "{page}");
}

#[test]
fn a_piece_without_a_field_is_empty_and_an_empty_text_is_a_field() {
    let typing = |typing| piece(&TypingView { typing });
    assert_eq!((typing(None).as_str(), typing(Some("")).as_str()), ("", r#""typing":"""#));
}

proptest! {
    #[test]
    fn whatever_people_write_stays_in_its_field(name in any::<String>(), context in any::<String>()) {
        let [full, _] = members();
        let card = Arc::new(MemberCard { name: name.clone(), ..(*full.card).clone() });
        let page = joined(&member_pieces(&Member { card, typing: Some(context.clone()), ..full }));
        prop_assert_eq!((page["name"].as_str(), page["typing"].as_str()), (Some(&*name), Some(&*context)));
        prop_assert_eq!(page["slot"].as_u64(), Some(7));
    }
}
