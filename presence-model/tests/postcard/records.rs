//! The records that frames are made of. What they say of people and clients is JSON, a text to postcard.

use presence_model::event::{InstanceChange, RoomChange};
use presence_model::id::InstanceName;
use presence_model::instance::{ClientInfo, Instance};
use presence_model::room::{Cursor, Member, RoomKey, RoomKind};
use presence_model::status::Liveness;
use presence_model::wire::binary::cursor::{Place, write_place};
use presence_model::wire::view::{CardView, InstanceCard, StateView, TypingView, piece};
use serde::Serialize;
use serde::ser::{SerializeTuple, Serializer};

#[derive(Serialize)]
pub(crate) struct EntryV1 {
    slot: u16,
    name: String,
    liveness: Liveness,
    card: String,
    state: String,
    typing: String,
    cursor: PlaceV1,
}

/// Cursors are packed by hand, in postcard as everywhere.
#[derive(Default)]
pub(crate) struct PlaceV1(Option<Cursor>);

impl Serialize for PlaceV1 {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut bytes = vec![];
        write_place(&mut bytes, 0, self.0.as_ref().map(Place::from).unwrap_or_default());
        let mut tuple = to.serialize_tuple(bytes.len())?;
        bytes.iter().try_for_each(|byte| tuple.serialize_element(byte))?;
        tuple.end()
    }
}

impl From<&Instance> for EntryV1 {
    fn from(entry: &Instance) -> Self {
        Self {
            slot: 0,
            name: entry.written_name().text(),
            liveness: entry.liveness,
            card: piece(&InstanceCard::new(entry)),
            state: String::new(),
            typing: String::new(),
            cursor: PlaceV1::default(),
        }
    }
}

impl From<&Member> for EntryV1 {
    fn from(member: &Member) -> Self {
        Self {
            slot: member.card.slot,
            name: member.card.session_id.to_string(),
            liveness: member.liveness,
            card: piece(&CardView::new(&member.card)),
            state: piece(&StateView::new(member)),
            typing: typing(member.typing.as_deref()),
            cursor: PlaceV1(member.cursor),
        }
    }
}

#[derive(Serialize)]
pub(crate) enum EntryChangeV1 {
    Put(EntryV1),
    Left(String),
    Liveness(u16, Liveness),
    State(u16, String),
    Typing(u16, String),
}

impl From<&InstanceChange> for EntryChangeV1 {
    fn from(change: &InstanceChange) -> Self {
        match change {
            InstanceChange::Joined(entry) | InstanceChange::Updated(entry) => Self::Put(entry.into()),
            InstanceChange::Left { user_id, instance_id } => {
                Self::Left(InstanceName { user: user_id.clone(), instance: instance_id.clone() }.text())
            }
        }
    }
}

impl From<&RoomChange> for EntryChangeV1 {
    fn from(change: &RoomChange) -> Self {
        match change {
            RoomChange::Joined { member, .. } => Self::Put((&**member).into()),
            RoomChange::Left { card, .. } => Self::Left(card.session_id.to_string()),
            RoomChange::Liveness { card, liveness, .. } => Self::Liveness(card.slot, *liveness),
            RoomChange::State { member, .. } => Self::State(member.card.slot, piece(&StateView::new(member))),
            RoomChange::Typing { card, context } => Self::Typing(card.slot, typing(context.as_deref())),
        }
    }
}

fn typing(context: Option<&str>) -> String {
    piece(&TypingView { typing: context })
}

/// What a client says of itself. What it does not know it may as well call `null`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InfoV1<'a> {
    client_id: Option<&'a str>,
    host: Option<&'a str>,
    version: Option<&'a str>,
    platform: Option<&'a str>,
    device_family: Option<&'a str>,
    model_identifier: Option<&'a str>,
    mode: Option<&'a str>,
    agent_id: Option<&'a str>,
    roles: &'a [String],
    scopes: &'a [String],
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
            roles: &info.roles,
            scopes: &info.scopes,
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
