//! What a page shows of entries, joined as the engine joins them, against what the hub would have shown.

use std::collections::BTreeSet;

use presence_model::id::{InstanceId, InstanceKey, UserId};
use presence_model::instance::Instance;
use presence_model::room::Member;
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::Place;
use presence_model::wire::binary::entry::Entry;
use presence_model::wire::view::{InstanceEntry, MemberEntry};
use serde_json::{Map, Value};

/// Moments of which clients are told beside other news, not each time they move on.
const MOMENTS: [&str; 3] = ["ts", "lastInputAt", "lastActiveAt"];

/// Reads an object that the server wrote.
pub fn object(text: &str) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(object)) => object,
        _ => panic!("no object: {text}"),
    }
}

/// Reads one piece of an entry.
fn piece(piece: &str) -> Map<String, Value> {
    object(&format!("{{{piece}}}"))
}

pub fn text<'a>(object: &'a Map<String, Value>, field: &str) -> &'a str {
    object.get(field).and_then(Value::as_str).unwrap_or_else(|| panic!("no text `{field}` in {object:?}"))
}

fn member(entry: &Entry) -> Map<String, Value> {
    let mut pieces = vec![&*entry.card, &*entry.state, &*entry.typing];
    pieces.retain(|piece| !piece.is_empty());
    let (pieces, slot, liveness) = (pieces.join(","), entry.slot, entry.liveness.name());
    object(&format!("{{{pieces},\"slot\":{slot},\"liveness\":\"{liveness}\"}}"))
}

fn instance(entry: &Entry) -> Map<String, Value> {
    let rest = (entry.slot, &*entry.state, &*entry.typing, entry.cursor);
    assert_eq!(rest, (0, "", "", Place::default()), "an instance is its card: {entry:?}");
    object(&format!("{{{},\"liveness\":\"{}\"}}", entry.card, entry.liveness.name()))
}

/// A conversation, and who types in it.
pub fn typists_of(typists: &str) -> (String, BTreeSet<String>) {
    let told = piece(typists);
    let ids = told["instanceIds"].as_array().expect("a list").iter();
    let ids: Vec<_> = ids.map(|id| id.as_str().expect("an id").to_owned()).collect();
    let each: BTreeSet<_> = ids.iter().cloned().collect();
    assert_eq!(each.len(), ids.len(), "who types twice? {typists}");
    (text(&told, "sessionKey").to_owned(), each)
}

/// Since when a member is there, by the server's clock.
pub fn joined_at(entry: &Entry) -> Millis {
    let card = piece(&entry.card);
    assert_eq!(text(&card, "sessionId"), &*entry.name, "a member is found under its session");
    Millis(card["joinedAt"].as_u64().unwrap_or_else(|| panic!("no moment: {card:?}")))
}

pub fn key(entry: &Entry) -> InstanceKey {
    let card = piece(&entry.card);
    assert_eq!(text(&card, "id"), &*entry.name, "an instance is found under its id");
    let user = UserId::parse(text(&card, "userId")).expect("a user");
    InstanceKey::new(&user, &InstanceId::parse(text(&card, "instanceId")).expect("an instance"))
}

/// Whether two entries are alike but for where they point. The session's own comparison is under test here.
pub fn is_same(one: &Entry, other: &Entry) -> bool {
    let Entry { slot, name, liveness, card, state, typing, cursor: _ } = one;
    (slot, liveness) == (&other.slot, &other.liveness)
        && [name, card, state, typing] == [&other.name, &other.card, &other.state, &other.typing]
}

/// Whether all that is shown is so; a moment may be one that has passed.
fn is_true(mut shown: Map<String, Value>, held: Value) -> Result<(), String> {
    let Value::Object(mut held) = held else { return Err(format!("{held} is no object")) };
    let both = format!("{shown:?}, not {held:?}");
    for moment in MOMENTS {
        let (shown, held) = (shown.remove(moment), held.remove(moment));
        let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_u64);
        if shown.is_some() != held.is_some() || number(&shown) > number(&held) {
            return Err(format!("{moment}: {both}"));
        }
    }
    if shown == held { Ok(()) } else { Err(both) }
}

pub fn is_true_member(shown: &Entry, held: &Member) -> Result<(), String> {
    is_true(member(shown), serde_json::to_value(MemberEntry::new(held)).expect("it has a JSON form"))
}

pub fn is_true_instance(shown: &Entry, held: &Instance) -> Result<(), String> {
    is_true(instance(shown), serde_json::to_value(InstanceEntry::new(held)).expect("it has a JSON form"))
}
