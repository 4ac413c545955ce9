//! The updates that an engine hands out, as types: TypeScript is generated from them, and what
//! [`crate::update`] writes is held to them.

use presence_model::agent::{AgentStatus, FeatureStatus};
use presence_model::feed::{AgentState, Availability, Level};
use presence_model::id::RoomId;
use presence_model::playback::{Action, Desync};
use presence_model::refusal::Code;
use presence_model::room::RoomKind;
use presence_model::session::output::{LinkState, RoomState, TokenReason};
use presence_model::status::{Liveness, Status};
use presence_model::wire::feed_view::{
    AgentChangeView, AgentView, AgentsView, ChatView, FeatureView, NoticeView, NotificationView, UserPresenceView,
};
use presence_model::wire::json::answer::ErrorBody;
use presence_model::wire::view::{InstanceEntry, MemberEntry, SelfView, TypistsView};
use presence_model::wire::watch_view::{
    BroadcastView, PersonView, SelectionView, TimelineView, WatchView, WatchingView,
};
use serde::Serialize;
use ts_rs::{Config, TS};

use crate::signal::Signal;

/// Where the line to the server stands.
#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub(crate) struct ConnectionView {
    #[ts(type = "ConnectionState")]
    pub(crate) state: &'static str,
    /// Since when, as `Date.now()` gives it.
    #[ts(type = "Millis")]
    pub(crate) since: u64,
    /// Attempts since the line was last up.
    pub(crate) attempt: u32,
    /// When the next attempt is made, as `Date.now()` gives it; absent unless waiting for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "Millis")]
    pub(crate) retry_at: Option<u64>,
    /// The WebSocket close code the last line ended with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) close_code: Option<u16>,
}

#[derive(Serialize, TS)]
pub(crate) struct ConnectionUpdate {
    #[ts(type = "\"connection\"")]
    pub(crate) kind: &'static str,
    pub(crate) connection: ConnectionView,
}

#[derive(Serialize, TS)]
pub(crate) struct SelfUpdate<'a> {
    #[ts(type = "\"self\"")]
    pub(crate) kind: &'static str,
    /// The server holds what was said of the session before.
    pub(crate) resumed: bool,
    #[serde(rename = "self")]
    pub(crate) own: SelfView<'a>,
}

#[derive(Serialize, TS)]
pub(crate) struct InstancesUpdate<'a> {
    #[ts(type = "\"instances\"")]
    pub(crate) kind: &'static str,
    /// What is not in `changed` is gone.
    pub(crate) whole: bool,
    /// New entries and those that changed.
    pub(crate) changed: Vec<InstanceEntry<'a>>,
    /// Ids of entries that left.
    pub(crate) left: Vec<String>,
    /// There are more than the list shows.
    pub(crate) truncated: bool,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
#[ts(optional_fields)]
pub(crate) struct RoomUpdate<'a> {
    #[ts(type = "\"room\"")]
    pub(crate) kind: &'static str,
    #[ts(type = "string")]
    pub(crate) room_id: RoomId,
    #[ts(type = "RoomState")]
    pub(crate) state: &'static str,
    /// The room showed itself: what it is to hold of us has to be said again.
    pub(crate) pictured: bool,
    /// What is not in `changed` is gone.
    pub(crate) whole: bool,
    /// New members and those who changed.
    pub(crate) changed: Vec<MemberEntry<'a>>,
    /// Sessions that left.
    pub(crate) left: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refusal: Option<ErrorBody<'a>>,
}

#[derive(Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CursorsUpdate {
    #[ts(type = "\"cursors\"")]
    pub(crate) kind: &'static str,
    #[ts(type = "string")]
    pub(crate) room_id: RoomId,
    /// Where its rows begin among the numbers of `moves()`: slot, x, y (65535ths of the surface) and media time in ms
    /// each; −1 where absent, all three when the cursor left the surface. Never our own.
    pub(crate) from: u32,
    /// Where they end.
    pub(crate) to: u32,
}

#[derive(Serialize, TS)]
pub(crate) struct RefusedUpdate<'a> {
    #[ts(type = "\"refused\"")]
    pub(crate) kind: &'static str,
    /// The message that was refused.
    pub(crate) about: &'a str,
    pub(crate) refusal: ErrorBody<'a>,
}

#[derive(Serialize, TS)]
pub(crate) struct TypistsUpdate<'a> {
    #[ts(type = "\"typists\"")]
    pub(crate) kind: &'static str,
    #[serde(flatten)]
    pub(crate) typists: TypistsView<'a>,
}

/// Of no conversation it is known any more who types in it.
#[derive(Serialize, TS)]
pub(crate) struct TypistsUnknownUpdate {
    #[ts(type = "\"typistsUnknown\"")]
    pub(crate) kind: &'static str,
}

#[derive(Serialize, TS)]
pub(crate) struct TokenUpdate {
    #[ts(type = "\"token\"")]
    pub(crate) kind: &'static str,
    #[ts(type = "TokenReason")]
    pub(crate) reason: &'static str,
}

fn union(name: &str, doc: &str, words: impl Iterator<Item = &'static str>) -> String {
    let words: Vec<_> = words.map(|word| format!("\"{word}\"")).collect();
    format!("/** {doc} */\nexport type {name} = {};\n", words.join(" | "))
}

/// `PutAway` as `PUT_AWAY`.
fn constant(name: &str) -> String {
    let spaced: String = name.chars().flat_map(|c| c.is_uppercase().then_some('_').into_iter().chain([c])).collect();
    spaced.trim_start_matches('_').to_uppercase()
}

fn declaration<T: TS>(config: &Config) -> String {
    let docs = T::docs().unwrap_or_default();
    format!("{docs}export {}\n", T::decl(config))
}

fn all_types() -> String {
    let config = Config::default();
    let mut text = vec![
        "// Generated from presence-wasm/src/types.rs by `cargo xtask codegen`. Not edited by hand.\n".to_owned(),
        "/** Milliseconds: since the Unix epoch, or a length of time. */\nexport type Millis = number;\n".to_owned(),
        union("Status", "What a person does.", Status::ALL.iter().map(|status| status.name())),
        union("Liveness", "What the transport knows of a session.", Liveness::ALL.iter().map(|live| live.name())),
        union("RoomKind", "What a room is about.", RoomKind::ALL.iter().map(|kind| kind.name())),
        union("ConnectionState", "Where the line stands.", LinkState::ALL.iter().map(|state| state.name())),
        union("RoomState", "Where our membership of a room stands.", RoomState::ALL.iter().map(|state| state.name())),
        union("PlaybackAction", "What a player does.", Action::ALL.iter().map(|action| action.name())),
        union("DesyncReason", "How a player differs from the room's.", Desync::ALL.iter().map(|desync| desync.name())),
        union("TokenReason", "Why the app is asked for a token.", TokenReason::ALL.iter().map(|reason| reason.name())),
        union("AgentStatus", "What is known of an agent.", AgentStatus::ALL.iter().map(|status| status.name())),
        union("AgentState", "What an agent says it does.", AgentState::ALL.iter().map(|state| state.name())),
        union("FeatureStatus", "How far a feature is.", FeatureStatus::ALL.iter().map(|status| status.name())),
        union("Availability", "What is told of a user.", Availability::ALL.iter().map(|told| told.name())),
        union("NotificationLevel", "What a notification is.", Level::ALL.iter().map(|level| level.name())),
        union("RefusalCode", "Why the server turned a request down.", Code::ALL.iter().map(|code| code.name())),
    ];
    text.push(
        "// What the package and the page tell an engine: constants one by one, which every bundler inlines.\n"
            .to_owned(),
    );
    for (number, (name, doc)) in Signal::NAMES.iter().enumerate() {
        text.push(format!("/** {} */\nexport const {} = {number};\n", doc.trim(), constant(name)));
    }
    macro_rules! declare {
        ($( $name:ty ),*) => { $( text.push(declaration::<$name>(&config)); )* };
    }
    declare!(
        ConnectionView,
        SelfView<'_>,
        InstanceEntry<'_>,
        SelectionView,
        WatchingView,
        MemberEntry<'_>,
        PersonView<'_>,
        TimelineView,
        ErrorBody<'_>,
        ConnectionUpdate,
        SelfUpdate<'_>,
        InstancesUpdate<'_>,
        RoomUpdate<'_>,
        CursorsUpdate,
        WatchView<'_>,
        BroadcastView<'_>,
        TypistsUpdate<'_>,
        TypistsUnknownUpdate,
        RefusedUpdate<'_>,
        TokenUpdate,
        AgentView<'_>,
        AgentsView<'_>,
        AgentChangeView<'_>,
        FeatureView<'_>,
        NoticeView<'_>,
        ChatView<'_>,
        NotificationView<'_>,
        UserPresenceView<'_>
    );
    text.push(
        "/** What is told whatever room one is in, to those who asked for it. */\nexport type FeedUpdate =\n  | AgentsUpdate\n  | AgentUpdate\n  | \
         FeatureUpdate\n  | AgentStatusUpdate\n  | ChatUpdate\n  | NotificationUpdate\n  | UserPresenceUpdate;\n"
            .to_owned(),
    );
    text.push(
        "/** What changed, by `kind`. */\nexport type EngineUpdate =\n  | ConnectionUpdate\n  | SelfUpdate\n  | \
         InstancesUpdate\n  | RoomUpdate\n  | CursorsUpdate\n  | WatchUpdate\n  | BroadcastUpdate\n  | TypistsUpdate\n  | TypistsUnknownUpdate\n  | RefusedUpdate\n  | TokenUpdate\n  | FeedUpdate;\n"
            .to_owned(),
    );
    text.join("\n")
}

/// With `PRESENCE_TYPES_OUT` the types are written there; without it they are only made.
#[test]
fn export_types() {
    let types = all_types();
    assert!(types.contains("export type InstanceEntry"));
    if let Ok(path) = std::env::var("PRESENCE_TYPES_OUT") {
        std::fs::write(path, types).expect("the path can be written");
    }
}
