//! What the pages of the SDK are told of instances and members, as JSON. The server writes it once, in
//! pieces; the engine in the browser joins the pieces and never looks into them
//! (`docs/decisions/0006-descriptions-as-json.md`). The package's TypeScript types are made from here.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;
#[cfg(feature = "ts")]
use std::prelude::rust_2024::*; // what the derive of ts-rs takes for granted

use crate::event::Welcome;
use crate::id::SessionId;
use crate::instance::Instance;
use crate::room::{Member, MemberCard};
use crate::status::{Liveness, Status};
use crate::time::Millis;
use crate::wire::json::encoded::text;
use crate::wire::watch_view::{SelectionView, WatchingView};

/// Who we are, as the server says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct SelfView<'a> {
    user_id: &'a str,
    name: &'a str,
    session_id: &'a str,
    instance_id: &'a str,
}

/// One installed client in the list of who is here.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct InstanceEntry<'a> {
    #[serde(flatten)]
    pub card: InstanceCard<'a>,
    #[cfg_attr(feature = "ts", ts(type = "Liveness"))]
    pub liveness: Liveness,
}

/// All of an entry that the server alone knows.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct InstanceCard<'a> {
    /// Unique in the list: the user and the instance id.
    id: String,
    instance_id: &'a str,
    user_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_family: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    model_identifier: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mode: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_id: Option<&'a str>,
    /// The line that gateway clients write about themselves.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    #[cfg_attr(feature = "ts", ts(optional, as = "Option<Vec<String>>"))]
    tags: &'a [String],
    roles: &'a [String],
    scopes: &'a [String],
    #[cfg_attr(feature = "ts", ts(type = "Status"))]
    status: Status,
    /// What the person says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    status_message: Option<&'a str>,
    /// When the person last touched anything, by the server's clock.
    #[cfg_attr(feature = "ts", ts(optional, type = "Millis"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    last_input_at: Option<Millis>,
    reason: &'a str,
    /// Newest life sign that we were told of, by the server's clock.
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    ts: Millis,
    /// The sessions (tabs) behind this entry, oldest first.
    sessions: Vec<&'a str>,
}

/// One session in a room.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct MemberEntry<'a> {
    #[serde(flatten)]
    pub card: CardView<'a>,
    #[serde(flatten)]
    pub state: StateView<'a>,
    /// The member's number in the room, which cursor rows name.
    pub slot: u16,
    #[cfg_attr(feature = "ts", ts(type = "Liveness"))]
    pub liveness: Liveness,
    #[serde(flatten)]
    pub typing: TypingView<'a>,
}

/// What does not change while a member is there.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct CardView<'a> {
    session_id: &'a str,
    user_id: &'a str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<&'a str>,
    /// `#RRGGBB`, unique in the room, readable on white and on black.
    color: String,
    /// By the server's clock.
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    joined_at: Millis,
}

/// What a member's person does.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct StateView<'a> {
    #[cfg_attr(feature = "ts", ts(type = "Status"))]
    pub status: Status,
    /// What the person says of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_message: Option<&'a str>,
    /// By the server's clock; 0 when unknown.
    #[cfg_attr(feature = "ts", ts(type = "Millis"))]
    pub last_active_at: Millis,
    /// What the member marks in the medium.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection: Option<SelectionView>,
    /// What the member's player does; absent where nothing was said of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub watching: Option<WatchingView>,
}

#[derive(Serialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS), ts(optional_fields))]
pub struct TypingView<'a> {
    /// Where the member is typing, perhaps an empty text; absent while not typing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub typing: Option<&'a str>,
}

/// Who types in a conversation.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct TypistsView<'a> {
    pub session_key: &'a str,
    /// In the order of beginning; empty: nobody any more.
    pub instance_ids: Vec<&'a str>,
}

impl<'a> SelfView<'a> {
    pub fn new(welcome: &'a Welcome) -> Self {
        let Welcome { user_id, name, session_id, instance_id, .. } = welcome;
        Self { user_id: user_id.as_str(), name, session_id: session_id.as_str(), instance_id: instance_id.as_str() }
    }
}

impl<'a> InstanceCard<'a> {
    pub fn new(entry: &'a Instance) -> Self {
        let info = &entry.info;
        Self {
            id: entry.written_name().text(),
            instance_id: entry.instance_id.as_str(),
            user_id: entry.user_id.as_str(),
            name: &entry.name,
            host: info.host.as_deref(),
            ip: entry.ip.as_deref(),
            client_id: info.client_id.as_deref(),
            version: info.version.as_deref(),
            platform: info.platform.as_deref(),
            device_family: info.device_family.as_deref(),
            model_identifier: info.model_identifier.as_deref(),
            mode: info.mode.as_deref(),
            agent_id: info.agent_id.as_deref(),
            device_id: info.device_id.as_deref(),
            text: info.text.as_deref(),
            tags: &info.tags,
            roles: &info.roles,
            scopes: &info.scopes,
            status: entry.status,
            status_message: entry.status_message.as_deref(),
            last_input_at: entry.last_input_at,
            reason: entry.reason.as_str(),
            ts: entry.ts,
            sessions: entry.sessions.iter().map(SessionId::as_str).collect(),
        }
    }
}

impl<'a> CardView<'a> {
    pub fn new(card: &'a MemberCard) -> Self {
        Self {
            session_id: card.session_id.as_str(),
            user_id: card.user_id.as_str(),
            name: &card.name,
            image: card.image.as_deref(),
            color: card.colour.text(),
            joined_at: card.joined_at,
        }
    }
}

impl<'a> StateView<'a> {
    pub fn new(member: &'a Member) -> Self {
        Self {
            status: member.status,
            status_message: member.status_message.as_deref(),
            last_active_at: member.last_active_at,
            selection: member.selection.map(SelectionView::from),
            watching: member.watching.map(WatchingView::from),
        }
    }
}

impl<'a> InstanceEntry<'a> {
    pub fn new(entry: &'a Instance) -> Self {
        Self { card: InstanceCard::new(entry), liveness: entry.liveness }
    }
}

impl<'a> MemberEntry<'a> {
    pub fn new(member: &'a Member) -> Self {
        Self {
            card: CardView::new(&member.card),
            state: StateView::new(member),
            slot: member.card.slot,
            liveness: member.liveness,
            typing: TypingView { typing: member.typing.as_deref() },
        }
    }
}

/// An object without its braces, to be joined with other pieces of the same object.
pub fn piece(of: &impl Serialize) -> String {
    let object = text(of);
    object.strip_prefix('{').and_then(|text| text.strip_suffix('}')).map(ToOwned::to_owned).unwrap_or_default()
}
