//! The frozen structs that frames are made of, and their translation from and to the model's records.
//! Texts are borrowed both ways: writing copies once, into the frame.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::{InstanceId, RoomId, SessionId, UserId};
use crate::instance::{ClientInfo, Instance, Reason};
use crate::refusal::{Code, Refusal};
use crate::room::{Colour, Cursor, Member, MemberCard, RoomKey, RoomKind};
use crate::status::{Liveness, Status};
use crate::time::Millis;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InfoV1<'a> {
    #[serde(borrow)]
    pub client_id: Option<&'a str>,
    pub host: Option<&'a str>,
    pub version: Option<&'a str>,
    pub platform: Option<&'a str>,
    pub device_family: Option<&'a str>,
    pub model_identifier: Option<&'a str>,
    pub mode: Option<&'a str>,
    pub agent_id: Option<&'a str>,
    pub roles: Vec<&'a str>,
    pub scopes: Vec<&'a str>,
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

impl From<InfoV1<'_>> for ClientInfo {
    fn from(info: InfoV1<'_>) -> Self {
        let own = |text: Option<&str>| text.map(str::to_owned);
        Self {
            client_id: own(info.client_id),
            host: own(info.host),
            version: own(info.version),
            platform: own(info.platform),
            device_family: own(info.device_family),
            model_identifier: own(info.model_identifier),
            mode: own(info.mode),
            agent_id: own(info.agent_id),
            roles: info.roles.into_iter().map(str::to_owned).collect(),
            scopes: info.scopes.into_iter().map(str::to_owned).collect(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InstanceV1<'a> {
    pub instance_id: &'a str,
    pub user_id: &'a str,
    pub name: &'a str,
    #[serde(borrow)]
    pub info: InfoV1<'a>,
    pub ip: Option<&'a str>,
    pub status: Status,
    pub liveness: Liveness,
    pub last_input_at: Option<Millis>,
    pub reason: &'a str,
    pub ts: Millis,
    pub sessions: Vec<&'a str>,
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

impl TryFrom<InstanceV1<'_>> for Instance {
    type Error = Refusal;

    fn try_from(entry: InstanceV1<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            instance_id: instance_id(entry.instance_id)?,
            user_id: user_id(entry.user_id)?,
            name: entry.name.to_owned(),
            info: entry.info.into(),
            ip: entry.ip.map(str::to_owned),
            status: entry.status,
            liveness: entry.liveness,
            last_input_at: entry.last_input_at,
            reason: Reason::from(entry.reason),
            ts: entry.ts,
            sessions: entry.sessions.into_iter().map(session_id).collect::<Result<_, _>>()?,
        })
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MemberV1<'a> {
    pub slot: u16,
    pub session_id: &'a str,
    pub user_id: &'a str,
    pub name: &'a str,
    pub image: Option<&'a str>,
    pub colour: Colour,
    pub joined_at: Millis,
    pub status: Status,
    pub liveness: Liveness,
    pub last_active_at: Millis,
    pub typing: Option<&'a str>,
    pub cursor: Option<Cursor>,
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

impl TryFrom<MemberV1<'_>> for Member {
    type Error = Refusal;

    fn try_from(member: MemberV1<'_>) -> Result<Self, Refusal> {
        Ok(Self {
            card: Arc::new(MemberCard {
                slot: member.slot,
                session_id: session_id(member.session_id)?,
                user_id: user_id(member.user_id)?,
                name: member.name.to_owned(),
                image: member.image.map(str::to_owned),
                colour: member.colour,
                joined_at: member.joined_at,
            }),
            status: member.status,
            liveness: member.liveness,
            last_active_at: member.last_active_at,
            typing: member.typing.map(str::to_owned),
            cursor: member.cursor,
        })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoomKeyV1<'a> {
    pub room: &'a str,
    pub kind: RoomKind,
}

impl<'a> From<&'a RoomKey> for RoomKeyV1<'a> {
    fn from(key: &'a RoomKey) -> Self {
        Self { room: key.room.as_str(), kind: key.kind }
    }
}

impl TryFrom<RoomKeyV1<'_>> for RoomKey {
    type Error = Refusal;

    fn try_from(key: RoomKeyV1<'_>) -> Result<Self, Refusal> {
        Ok(Self { room: room_id(key.room)?, kind: key.kind })
    }
}

macro_rules! id_readers {
    ($( $name:ident: $id:ident, $field:literal; )*) => { $(
        pub fn $name(text: &str) -> Result<$id, Refusal> {
            $id::parse(text).map_err(|bad| {
                Refusal::new(Code::BadField, format!("`{}` must {bad}", $field)).at($field)
            })
        }
    )* };
}

id_readers! {
    user_id: UserId, "userId";
    instance_id: InstanceId, "instanceId";
    session_id: SessionId, "sessionId";
    room_id: RoomId, "roomId";
}
