//! The records that frames are made of. Their fields are frozen in this order.

use alloc::sync::Arc;

use crate::id::{InstanceId, RoomId, SessionId, UserId};
use crate::instance::{ClientInfo, Instance, Reason};
use crate::room::{Colour, Cursor, Member, MemberCard, RoomKey, RoomKind};
use crate::status::{Liveness, Status};
use crate::wire::binary::reader::Reader;
use crate::wire::binary::writer::Writer;

pub fn user_id(from: &mut Reader<'_>) -> UserId {
    UserId::of_checked(from.id("userId"))
}

pub fn instance_id(from: &mut Reader<'_>) -> InstanceId {
    InstanceId::of_checked(from.id("instanceId"))
}

pub fn session_id(from: &mut Reader<'_>) -> SessionId {
    SessionId::of_checked(from.id("sessionId"))
}

pub fn room_id(from: &mut Reader<'_>) -> RoomId {
    RoomId::of_checked(from.id("roomId"))
}

pub fn status(from: &mut Reader<'_>) -> Status {
    from.one_of(Status::ALL, Status::Offline)
}

pub fn liveness(from: &mut Reader<'_>) -> Liveness {
    from.one_of(Liveness::ALL, Liveness::Gone)
}

pub fn room_kind(from: &mut Reader<'_>) -> RoomKind {
    from.one_of(RoomKind::ALL, RoomKind::Project)
}

pub fn colour(from: &mut Reader<'_>) -> Colour {
    Colour(from.short())
}

pub fn write_info(to: &mut Writer, info: &ClientInfo) {
    for text in [
        &info.client_id,
        &info.host,
        &info.version,
        &info.platform,
        &info.device_family,
        &info.model_identifier,
        &info.mode,
        &info.agent_id,
    ] {
        to.maybe_text(text.as_deref());
    }
    for list in [&info.roles, &info.scopes] {
        to.list(list, |to, text| to.text(text));
    }
}

pub fn read_info(from: &mut Reader<'_>) -> ClientInfo {
    ClientInfo {
        client_id: from.maybe_owned(),
        host: from.maybe_owned(),
        version: from.maybe_owned(),
        platform: from.maybe_owned(),
        device_family: from.maybe_owned(),
        model_identifier: from.maybe_owned(),
        mode: from.maybe_owned(),
        agent_id: from.maybe_owned(),
        roles: from.list(Reader::owned),
        scopes: from.list(Reader::owned),
    }
}

pub fn write_instance(to: &mut Writer, entry: &Instance) {
    to.text(entry.instance_id.as_str());
    to.text(entry.user_id.as_str());
    to.text(&entry.name);
    write_info(to, &entry.info);
    to.maybe_text(entry.ip.as_deref());
    to.number(entry.status as u64);
    to.number(entry.liveness as u64);
    to.maybe_number(entry.last_input_at.map(|at| at.0));
    to.text(entry.reason.as_str());
    to.number(entry.ts.0);
    to.list(&entry.sessions, |to, session| to.text(session.as_str()));
}

pub fn read_instance(from: &mut Reader<'_>) -> Instance {
    Instance {
        instance_id: instance_id(from),
        user_id: user_id(from),
        name: from.owned(),
        info: read_info(from),
        ip: from.maybe_owned(),
        status: status(from),
        liveness: liveness(from),
        last_input_at: from.maybe(Reader::millis),
        reason: Reason::from(from.text()),
        ts: from.millis(),
        sessions: from.list(session_id),
    }
}

pub fn write_member(to: &mut Writer, member: &Member) {
    let card = &*member.card;
    to.number(card.slot);
    to.text(card.session_id.as_str());
    to.text(card.user_id.as_str());
    to.text(&card.name);
    to.maybe_text(card.image.as_deref());
    to.number(card.colour.0);
    to.number(card.joined_at.0);
    to.number(member.status as u64);
    to.number(member.liveness as u64);
    to.number(member.last_active_at.0);
    to.maybe_text(member.typing.as_deref());
    to.maybe(member.cursor, |to, cursor| {
        for fraction in [cursor.x, cursor.y, cursor.timestamp] {
            to.maybe(fraction, Writer::fraction);
        }
    });
}

pub fn read_member(from: &mut Reader<'_>) -> Member {
    let slot = from.short();
    let session_id = session_id(from);
    let user_id = user_id(from);
    let name = from.owned();
    let image = from.maybe_owned();
    let colour = colour(from);
    let joined_at = from.millis();
    Member {
        card: Arc::new(MemberCard { slot, session_id, user_id, name, image, colour, joined_at }),
        status: status(from),
        liveness: liveness(from),
        last_active_at: from.millis(),
        typing: from.maybe_owned(),
        cursor: from.maybe(read_place),
    }
}

fn read_place(from: &mut Reader<'_>) -> Cursor {
    Cursor { x: from.maybe(Reader::fraction), y: from.maybe(Reader::fraction), timestamp: from.maybe(Reader::fraction) }
}

pub fn write_room_key(to: &mut Writer, key: &RoomKey) {
    to.text(key.room.as_str());
    to.number(key.kind as u64);
}

pub fn read_room_key(from: &mut Reader<'_>) -> RoomKey {
    RoomKey { room: room_id(from), kind: room_kind(from) }
}
