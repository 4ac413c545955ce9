//! The records that frames are made of.

use presence_model::id::SessionId;
use presence_model::instance::{ClientInfo, Instance};
use presence_model::room::{Colour, Cursor, Member, RoomKey, RoomKind};
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;
use serde::Serialize;

#[derive(Serialize)]
pub(crate) struct InfoV1<'a> {
    client_id: Option<&'a str>,
    host: Option<&'a str>,
    version: Option<&'a str>,
    platform: Option<&'a str>,
    device_family: Option<&'a str>,
    model_identifier: Option<&'a str>,
    mode: Option<&'a str>,
    agent_id: Option<&'a str>,
    roles: Vec<&'a str>,
    scopes: Vec<&'a str>,
}

impl<'a> From<&'a ClientInfo> for InfoV1<'a> {
    fn from(info: &'a ClientInfo) -> Self {
        Self {
            client_id: info.client_id.as_deref(),
            host: info.host.as_deref(),
            version: info.version.as_deref(),
            platform: info.platform.as_deref(),
            device_family: info.device_family.as_deref(),
            model_identifier: info.model_identifier.as_deref(),
            mode: info.mode.as_deref(),
            agent_id: info.agent_id.as_deref(),
            roles: info.roles.iter().map(String::as_str).collect(),
            scopes: info.scopes.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct InstanceV1<'a> {
    instance_id: &'a str,
    user_id: &'a str,
    name: &'a str,
    info: InfoV1<'a>,
    ip: Option<&'a str>,
    status: Status,
    liveness: Liveness,
    last_input_at: Option<Millis>,
    reason: &'a str,
    ts: Millis,
    sessions: Vec<&'a str>,
}

impl<'a> From<&'a Instance> for InstanceV1<'a> {
    fn from(entry: &'a Instance) -> Self {
        Self {
            instance_id: entry.instance_id.as_str(),
            user_id: entry.user_id.as_str(),
            name: &entry.name,
            info: (&entry.info).into(),
            ip: entry.ip.as_deref(),
            status: entry.status,
            liveness: entry.liveness,
            last_input_at: entry.last_input_at,
            reason: entry.reason.as_str(),
            ts: entry.ts,
            sessions: entry.sessions.iter().map(SessionId::as_str).collect(),
        }
    }
}

#[derive(Serialize)]
pub(crate) struct MemberV1<'a> {
    slot: u16,
    session_id: &'a str,
    user_id: &'a str,
    name: &'a str,
    image: Option<&'a str>,
    colour: Colour,
    joined_at: Millis,
    status: Status,
    liveness: Liveness,
    last_active_at: Millis,
    typing: Option<&'a str>,
    cursor: Option<Cursor>,
}

impl<'a> From<&'a Member> for MemberV1<'a> {
    fn from(member: &'a Member) -> Self {
        let card = &*member.card;
        Self {
            slot: card.slot,
            session_id: card.session_id.as_str(),
            user_id: card.user_id.as_str(),
            name: &card.name,
            image: card.image.as_deref(),
            colour: card.colour,
            joined_at: card.joined_at,
            status: member.status,
            liveness: member.liveness,
            last_active_at: member.last_active_at,
            typing: member.typing.as_deref(),
            cursor: member.cursor,
        }
    }
}

#[derive(Serialize)]
pub(crate) struct RoomKeyV1<'a> {
    room: &'a str,
    kind: RoomKind,
}

impl<'a> From<&'a RoomKey> for RoomKeyV1<'a> {
    fn from(key: &'a RoomKey) -> Self {
        Self { room: key.room.as_str(), kind: key.kind }
    }
}
