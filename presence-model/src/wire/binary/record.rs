//! The small records that frames are made of. Their fields are frozen in this order.

use crate::id::{InstanceId, RoomId, SessionId, SessionKey};
use crate::room::{RoomKey, RoomKind};
use crate::status::{Liveness, Status};
use crate::wire::binary::reader::Reader;
use crate::wire::binary::writer::Writer;

pub fn instance_id(from: &mut Reader<'_>) -> InstanceId {
    InstanceId::of_checked(from.id("instanceId"))
}

pub fn session_id(from: &mut Reader<'_>) -> SessionId {
    SessionId::of_checked(from.id("sessionId"))
}

pub fn session_key(from: &mut Reader<'_>) -> SessionKey {
    SessionKey::of_checked(from.id("sessionKey"))
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

pub fn write_room_key(to: &mut Writer, key: &RoomKey) {
    to.text(key.room.as_str());
    to.number(key.kind as u64);
}

pub fn read_room_key(from: &mut Reader<'_>) -> RoomKey {
    RoomKey { room: room_id(from), kind: room_kind(from) }
}
