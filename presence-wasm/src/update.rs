//! What changed, as JSON for the package, and as bytes where people point: a hundred who move would cost a page more
//! in digits than in all the rest. The types are in `types.rs`, from which TypeScript's are made.

use alloc::vec::Vec;

use presence_model::session::listing::Difference;
use presence_model::session::output::{Change, Link, RoomNews};
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::{CursorRecord, Place};
use presence_model::wire::binary::entry::Entry;

use crate::json::{push, push_list, push_number, push_text};

/// Appends one update object, and to `rows` what it speaks of if it is about cursors. `on_the_wall` turns the engine's
/// time into `Date.now()`'s.
pub fn push_update(to: &mut Vec<u8>, rows: &mut Vec<u8>, change: &Change, on_the_wall: &dyn Fn(Millis) -> Millis) {
    to.push(b'{');
    if let Change::News(news) = change {
        push(to, news);
        return to.push(b'}');
    }
    push(to, "\"kind\":");
    match change {
        Change::News(_) => {}
        Change::Link(link) => push_link(to, link, on_the_wall),
        Change::Identity { own, resumed } => {
            push(to, "\"self\",\"resumed\":");
            push_flag(to, *resumed);
            push(to, ",\"self\":");
            push(to, own);
        }
        Change::Instances { difference, truncated } => {
            push(to, "\"instances\",\"truncated\":");
            push_flag(to, *truncated);
            push_difference(to, difference, push_instance);
        }
        Change::Room(news) => push_room(to, news),
        Change::Cursors { room, moves } => {
            push(to, "\"cursors\",\"roomId\":");
            push_text(to, room.as_str());
            push(to, ",\"from\":");
            push_number(to, numbers(rows));
            for record in moves {
                push_move(rows, record);
            }
            push(to, ",\"to\":");
            push_number(to, numbers(rows));
        }
        Change::Typists(typists) => {
            push(to, "\"typists\",");
            push(to, typists);
        }
        Change::TypistsUnknown => push(to, "\"typistsUnknown\""),
        Change::Token(reason) => {
            push(to, "\"token\",\"reason\":");
            push_text(to, reason.name());
        }
        Change::Refused { about, refusal } => {
            push(to, "\"refused\",\"about\":");
            push_text(to, about);
            push(to, ",\"refusal\":");
            push(to, refusal);
        }
    }
    to.push(b'}');
}

fn push_flag(to: &mut Vec<u8>, flag: bool) {
    push(to, if flag { "true" } else { "false" });
}

fn push_link(to: &mut Vec<u8>, link: &Link, on_the_wall: &dyn Fn(Millis) -> Millis) {
    push(to, "\"connection\",\"connection\":{\"state\":");
    push_text(to, link.state.name());
    push(to, ",\"since\":");
    push_number(to, on_the_wall(link.since).0);
    push(to, ",\"attempt\":");
    push_number(to, link.attempt.into());
    if let Some(at) = link.retry_at {
        push(to, ",\"retryAt\":");
        push_number(to, on_the_wall(at).0);
    }
    if let Some(code) = link.close_code {
        push(to, ",\"closeCode\":");
        push_number(to, code.into());
    }
    to.push(b'}');
}

fn push_room(to: &mut Vec<u8>, news: &RoomNews) {
    push(to, "\"room\",\"roomId\":");
    push_text(to, news.room.as_str());
    push(to, ",\"state\":");
    push_text(to, news.state.name());
    push(to, ",\"pictured\":");
    push_flag(to, news.pictured);
    if let Some(refusal) = &news.refusal {
        push(to, ",\"refusal\":");
        push(to, refusal);
    }
    push_difference(to, &news.difference, push_member);
}

fn push_difference(to: &mut Vec<u8>, difference: &Difference, push_entry: fn(&mut Vec<u8>, &Entry)) {
    push(to, ",\"whole\":");
    push_flag(to, difference.whole);
    push(to, ",\"changed\":");
    push_list(to, &difference.changed, push_entry);
    push(to, ",\"left\":");
    push_list(to, &difference.left, |to, name| push_text(to, name));
}

/// An entry of the list of instances, from its pieces.
pub fn push_instance(to: &mut Vec<u8>, entry: &Entry) {
    to.push(b'{');
    push(to, &entry.card);
    push(to, ",\"liveness\":");
    push_text(to, entry.liveness.name());
    to.push(b'}');
}

/// A member of a room, from its pieces.
pub fn push_member(to: &mut Vec<u8>, entry: &Entry) {
    to.push(b'{');
    for piece in [&entry.card, &entry.state, &entry.typing] {
        push(to, piece);
        if !piece.is_empty() {
            to.push(b',');
        }
    }
    push(to, "\"slot\":");
    push_number(to, entry.slot.into());
    push(to, ",\"liveness\":");
    push_text(to, entry.liveness.name());
    to.push(b'}');
}

/// Four numbers, as JavaScript keeps them: slot, x, y, time.
fn push_move(rows: &mut Vec<u8>, record: &CursorRecord) {
    let Place { x, y, timestamp } = record.place;
    for number in [Some(record.slot.into()), x.map(u32::from), y.map(u32::from), timestamp] {
        rows.extend_from_slice(&number.map_or(-1.0, f64::from).to_le_bytes());
    }
}

/// How many numbers stand in rows.
const fn numbers(rows: &[u8]) -> u64 {
    (rows.len() / size_of::<f64>()) as u64
}

#[cfg(test)]
mod tests {
    use alloc::string::String;
    use alloc::sync::Arc;

    use presence_model::event::{Event, RoomPicture, Welcome};
    use presence_model::id::{InstanceId, RoomId, SessionId, SessionKey, UserId};
    use presence_model::instance::{ClientInfo, Instance, Reason};
    use presence_model::limit::Timing;
    use presence_model::refusal::{Code, Refusal};
    use presence_model::room::{Colour, Cursor, Member, MemberCard, RoomKind};
    use presence_model::session::output::{LinkState, RoomState, TokenReason};
    use presence_model::status::{Liveness, Status};
    use presence_model::wire::binary::downstream::Downstream;
    use presence_model::wire::binary::encode::encode;
    use presence_model::wire::binary::frame::frames;
    use presence_model::wire::json::answer::ErrorBody;
    use presence_model::wire::view::{InstanceEntry, MemberEntry, SelfView, TypistsView};
    use serde_json::Value;

    use super::*;
    use crate::types::{
        ConnectionUpdate, ConnectionView, CursorsUpdate, InstancesUpdate, RefusedUpdate, RoomUpdate, SelfUpdate,
        TokenUpdate, TypistsUnknownUpdate, TypistsUpdate,
    };

    fn written(change: &Change) -> Value {
        let mut json = vec![];
        push_update(&mut json, &mut vec![], change, &|moment| moment + Millis(1));
        read(&json)
    }

    fn read(json: &[u8]) -> Value {
        serde_json::from_slice(json).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(json)))
    }

    /// What the engine reads of what the server says.
    fn heard(event: &Event) -> Downstream {
        let message = encode(event);
        let frame = frames(&message).next().unwrap().unwrap();
        Downstream::read(frame.kind, frame.body).unwrap().unwrap()
    }

    fn value(update: &impl serde::Serialize) -> Value {
        serde_json::to_value(update).unwrap()
    }

    fn room() -> RoomId {
        RoomId::parse("a \"quoted\" \\ room").unwrap()
    }

    fn ann(typing: Option<&str>, image: Option<&str>) -> Member {
        let card = MemberCard {
            slot: 7,
            session_id: SessionId::parse("s\"1").unwrap(),
            user_id: UserId::parse("ann").unwrap(),
            name: "Ann \"the\" first".into(),
            image: image.map(Into::into),
            colour: Colour(0x00_12_ab),
            joined_at: Millis(5),
        };
        Member {
            card: Arc::new(card),
            status: Status::Away,
            liveness: Liveness::Connected,
            last_active_at: Millis(9),
            typing: typing.map(Into::into),
            cursor: Some(Cursor::at(0.0, 1.0)),
            status_message: None,
            selection: None,
            watching: None,
        }
    }

    fn instance(info: ClientInfo) -> Instance {
        Instance {
            instance_id: InstanceId::parse("I").unwrap(),
            user_id: UserId::parse("ann").unwrap(),
            name: "Ann".into(),
            ip: info.host.clone(),
            status_message: None,
            last_input_at: info.host.as_ref().map(|_| Millis(3)),
            info,
            status: Status::Idle,
            liveness: Liveness::Suspect,
            reason: Reason::Connect,
            ts: Millis(4),
            sessions: vec![SessionId::parse("s").unwrap()],
        }
    }

    #[test]
    fn lines_are_told_as_their_type_says() {
        for (retry_at, close_code) in [(None, None), (Some(Millis(30)), Some(1006)), (None, Some(4500))] {
            let link = Link { state: LinkState::Waiting, since: Millis(20), attempt: 3, retry_at, close_code };
            let connection = ConnectionView {
                state: "waiting",
                since: 21,
                attempt: 3,
                retry_at: retry_at.map(|at| at.0 + 1),
                close_code,
            };
            assert_eq!(written(&Change::Link(link)), value(&ConnectionUpdate { kind: "connection", connection }));
        }
    }

    #[test]
    fn words_reach_the_page_as_they_are() {
        let welcome = Welcome {
            session_id: SessionId::parse("s").unwrap(),
            instance_id: InstanceId::parse("i").unwrap(),
            user_id: UserId::parse("a\"b").unwrap(),
            name: "Ann ✎".into(),
            epoch: 1,
            server_now: Millis(1),
            resumed: false,
            timing: Arc::new(Timing::default()),
            listing: None,
        };
        let Downstream::Welcome(heard_welcome) = heard(&Event::Welcome(Box::new(welcome.clone()))) else { panic!() };
        let own = SelfView::new(&welcome);
        assert_eq!(
            written(&Change::Identity { own: heard_welcome.own, resumed: true }),
            value(&SelfUpdate { kind: "self", resumed: true, own })
        );

        for field in [None, Some("data.x".into())] {
            let refusal = Refusal { field, ..Refusal::new(Code::RoomFull, "join: \"full\"") };
            let event = Event::Refused { about: "join", room: None, refusal: refusal.clone() };
            let Downstream::Refused { about, refusal: json, .. } = heard(&event) else { panic!() };
            let expected = RefusedUpdate { kind: "refused", about: "join", refusal: (&refusal).into() };
            assert_eq!(written(&Change::Refused { about, refusal: json }), value(&expected));
        }

        let asked = TokenUpdate { kind: "token", reason: "expiring" };
        assert_eq!(written(&Change::Token(TokenReason::Expiring)), value(&asked));
    }

    #[test]
    fn instances_are_told_with_every_field_and_with_none() {
        let text = |text: &str| Some(String::from(text));
        let full = ClientInfo {
            client_id: text("c"),
            host: text("h\\"),
            version: text("1"),
            platform: text("p"),
            device_family: text("d"),
            model_identifier: text("m"),
            mode: text("ui"),
            agent_id: text("a"),
            roles: vec!["r".into()],
            scopes: vec!["s".into(), "t".into()],
            ..ClientInfo::default()
        };
        let entries = [instance(full), instance(ClientInfo::default())];
        let event = Event::PresencePicture {
            version: 1,
            entries: Arc::new(entries.to_vec()),
            truncated: true,
            asked: true,
            now: Millis(1),
        };
        let Downstream::PresencePicture { entries: changed, truncated, .. } = heard(&event) else { panic!() };
        let difference = Difference { whole: true, changed, left: vec!["ann/\"x\"".into()] };
        let expected = InstancesUpdate {
            kind: "instances",
            whole: true,
            changed: entries.iter().map(InstanceEntry::new).collect(),
            left: vec!["ann/\"x\"".into()],
            truncated: true,
        };
        assert_eq!(written(&Change::Instances { difference, truncated }), value(&expected));
    }

    #[test]
    fn members_are_told_with_every_field_and_with_none() {
        let members = [ann(Some("a \"comment\""), Some("/a.png")), ann(Some(""), None), ann(None, None)];
        let event = Event::RoomPicture(Box::new(RoomPicture {
            room: room(),
            kind: RoomKind::Video,
            channel: 1,
            version: 1,
            created_at: Millis(1),
            own_slot: 1,
            own_colour: Colour(1),
            watch: None,
            members: Arc::new(members.to_vec()),
        }));
        let Downstream::RoomPicture(picture) = heard(&event) else { panic!() };
        let difference = Difference { whole: false, changed: picture.members, left: vec![] };
        let refusal = Refusal::new(Code::RoomFull, "full");
        let news = RoomNews {
            room: room(),
            state: RoomState::Joined,
            pictured: true,
            difference,
            refusal: Some(value(&ErrorBody::from(&refusal)).to_string().into()),
        };
        let expected = RoomUpdate {
            kind: "room",
            room_id: room(),
            state: "joined",
            pictured: true,
            whole: false,
            changed: members.iter().map(MemberEntry::new).collect(),
            left: vec![],
            refusal: Some((&refusal).into()),
        };
        assert_eq!(written(&Change::Room(news)), value(&expected));
    }

    #[test]
    fn typists_are_told_as_the_server_wrote_them() {
        for ids in [&["I", "i\"2"][..], &[]] {
            let instances = ids.iter().map(|id| InstanceId::parse(id).unwrap()).collect();
            let event = Event::SessionTyping { key: SessionKey::parse("a \"key\" \\").unwrap(), instances };
            let Downstream::SessionTyping { typists } = heard(&event) else { panic!() };
            let expected = TypistsView { session_key: "a \"key\" \\", instance_ids: ids.to_vec() };
            let expected = TypistsUpdate { kind: "typists", typists: expected };
            assert_eq!(written(&Change::Typists(typists)), value(&expected));
        }
        assert_eq!(written(&Change::TypistsUnknown), value(&TypistsUnknownUpdate { kind: "typistsUnknown" }));
    }

    #[test]
    fn cursors_are_rows_of_four_numbers() {
        let record = |slot, x, y, timestamp| CursorRecord { slot, place: Place { x, y, timestamp } };
        let first = vec![record(3, Some(0), Some(65_535), None), record(300, None, None, Some(12_500))];
        let mut rows = vec![];
        let told = [(first, 0, 8), (vec![record(4, None, None, None)], 8, 12)].map(|(moves, from, to)| {
            let mut json = vec![];
            push_update(&mut json, &mut rows, &Change::Cursors { room: room(), moves }, &|moment| moment);
            (read(&json), value(&CursorsUpdate { kind: "cursors", room_id: room(), from, to }))
        });
        for (written, expected) in told {
            assert_eq!(written, expected);
        }
        let (rows, rest) = rows.as_chunks();
        assert!(rest.is_empty());
        let numbers: Vec<_> = rows.iter().map(|number| f64::from_le_bytes(*number)).collect();
        assert_eq!(numbers, [3.0, 0.0, 65_535.0, -1.0, 300.0, -1.0, -1.0, 12_500.0, 4.0, -1.0, -1.0, -1.0]);
    }
}
