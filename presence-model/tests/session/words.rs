//! What a server may say, in few words.

use std::sync::Arc;

use presence_model::event::{CursorMove, Event, InstanceChange, RoomChange, RoomPicture, Welcome};
use presence_model::id::{InstanceId, RoomId, SessionId, SessionKey, UserId};
use presence_model::instance::{ClientInfo, Instance, Reason};
use presence_model::limit::Timing;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::{Colour, Cursor, Member, MemberCard, RoomKey, RoomKind};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

pub(crate) fn room(name: &str) -> RoomId {
    RoomId::parse(name).unwrap()
}

pub(crate) fn session(id: &str) -> SessionId {
    SessionId::parse(id).unwrap()
}

pub(crate) fn key(name: &str) -> RoomKey {
    RoomKey { room: room(name), kind: RoomKind::Project }
}

pub(crate) fn conversation(name: &str) -> SessionKey {
    SessionKey::parse(name).unwrap()
}

pub(crate) fn welcome(id: &str, epoch: u64, server_now: Millis) -> Event {
    Event::Welcome(Box::new(Welcome {
        session_id: session(id),
        instance_id: InstanceId::parse("laptop").unwrap(),
        user_id: UserId::parse("ann").unwrap(),
        name: "Ann".into(),
        epoch,
        server_now,
        resumed: false,
        timing: Arc::new(Timing::default()),
        listing: None,
    }))
}

pub(crate) fn entry(id: &str) -> Instance {
    Instance {
        instance_id: InstanceId::parse(id).unwrap(),
        user_id: UserId::parse("u").unwrap(),
        name: "U".into(),
        info: ClientInfo::default(),
        ip: None,
        status: Status::Active,
        liveness: Liveness::Connected,
        status_message: None,
        last_input_at: None,
        reason: Reason::Connect,
        ts: Millis(1),
        sessions: vec![],
    }
}

pub(crate) fn list(version: u64, ids: &[&str]) -> Event {
    let entries = Arc::new(ids.iter().map(|id| entry(id)).collect());
    Event::PresencePicture { version, entries, truncated: false, asked: true, now: Millis::ZERO }
}

pub(crate) fn listed(version: u64, id: &str) -> Event {
    Event::PresenceChanged { version, change: InstanceChange::Joined(entry(id)), now: Millis::ZERO }
}

pub(crate) fn unlisted(version: u64, id: &str) -> Event {
    let Instance { user_id, instance_id, .. } = entry(id);
    Event::PresenceChanged { version, change: InstanceChange::Left { user_id, instance_id }, now: Millis::ZERO }
}

/// A member of a room; the session's id is also its user's.
pub(crate) fn member(slot: u16, id: &str) -> Member {
    Member {
        card: Arc::new(MemberCard {
            slot,
            session_id: session(id),
            user_id: UserId::parse(id).unwrap(),
            name: id.to_owned(),
            image: None,
            colour: Colour(0xAA_0000 + u32::from(slot)),
            joined_at: Millis(1),
        }),
        status: Status::Active,
        liveness: Liveness::Connected,
        last_active_at: Millis(1),
        typing: None,
        cursor: None,
        status_message: None,
        selection: None,
        watching: None,
    }
}

/// A room as a member sees it; the first in the list is the reader.
pub(crate) fn picture(name: &str, channel: u32, version: u64, members: &[Member]) -> Event {
    Event::RoomPicture(Box::new(RoomPicture {
        room: room(name),
        kind: RoomKind::Project,
        channel,
        version,
        created_at: Millis(1),
        own_slot: members[0].card.slot,
        own_colour: members[0].card.colour,
        watch: None,
        members: Arc::new(members.to_vec()),
    }))
}

pub(crate) fn changed(channel: u32, version: u64, changes: Vec<RoomChange>) -> Event {
    Event::RoomChanged { room: room("any"), channel, version, changes, now: Millis::ZERO }
}

pub(crate) fn joined(member: Member) -> RoomChange {
    RoomChange::Joined { member: Box::new(member), first: true }
}

pub(crate) fn left(member: &Member) -> RoomChange {
    RoomChange::Left { card: member.card.clone(), last: true }
}

pub(crate) fn typing(member: &Member, context: Option<&str>) -> RoomChange {
    RoomChange::Typing { card: member.card.clone(), context: context.map(str::to_owned) }
}

pub(crate) fn session_typing(name: &str, instances: &[&str]) -> Event {
    let instances = instances.iter().map(|id| InstanceId::parse(id).unwrap()).collect();
    Event::SessionTyping { key: conversation(name), instances }
}

pub(crate) fn moved(channel: u32, sequence: u8, member: &Member, cursor: Cursor) -> Event {
    let moves = vec![CursorMove { card: member.card.clone(), sequence, cursor }];
    Event::Cursors { room: room("any"), channel, moves, now: Millis::ZERO }
}

pub(crate) fn taken(revision: u32) -> Event {
    Event::WishesTaken { revision }
}

pub(crate) fn refused(name: &str, code: Code) -> Event {
    Event::Refused { about: "join", room: Some(room(name)), refusal: Refusal::new(code, "no") }
}
