//! Every duration and every bound of the system, with its default (`CONTRACT.md` 0, 2 and 3).
//! The server's configuration overrides them; rules cite the field, never a number.

use serde::{Deserialize, Serialize};

use crate::status::Thresholds;
use crate::time::Millis;

/// How long things last. Keys in a configuration file are these names; values are milliseconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timing {
    /// Between two WebSocket pings of the server.
    pub ping_every: Millis,
    /// A line silent for so long makes its session suspect.
    pub suspect_after: Millis,
    /// A line silent for so long ends its session, with no further grace.
    pub gone_after: Millis,
    /// After close 1001 (a tab closed or reloaded) a session may come back unseen.
    pub reload_grace: Millis,
    /// After any other unclean end a session may come back unseen.
    pub reconnect_grace: Millis,
    /// A binary socket that was sent nothing for so long gets one byte.
    pub keepalive_every: Millis,
    /// An SDK that heard nothing for so long abandons its socket.
    pub abandon_after: Millis,
    /// After a restart of the server, members missing from the first snapshot stay suspect for so long.
    pub restart_grace: Millis,
    /// An SDK acknowledges volatile frames once in this time.
    pub ack_every: Millis,
    /// First retries after a lost line spread over this window.
    pub reconnect_window: Millis,
    /// A typing mark that is not renewed ends after this.
    pub typing_lease: Millis,
    /// Who has control and is not active loses it to who asked for it so long ago; a request to who is active is over.
    pub control_timeout: Millis,
    /// A session without a socket, of a client that calls over HTTP, is suspect when it was not heard of for so long.
    pub call_suspect_after: Millis,
    /// And ends after this: three heartbeats missed.
    pub call_gone_after: Millis,
    /// A loop that was late by more than this adds its lateness to liveness deadlines.
    pub late_after: Millis,
    /// A socket must say hello within this time.
    pub hello_timeout: Millis,
    /// An instance without any life sign leaves the list after this.
    pub instance_ttl: Millis,
    /// Subscribers hear of a living entry at the latest when the `ts` they saw is this old.
    pub refresh_every: Millis,
    /// JSON subscribers get the whole list at most once in this time.
    pub json_list_every: Millis,
    /// A room flushes at most once in this time; 0: whenever something happens.
    pub flush_every: Millis,
    /// The same, if it is longer, on a shard that would be busy for more than a third of its time otherwise.
    pub flush_every_lively: Millis,
    /// The same on one that is busy for more than a quarter of its time all the same, and in a room where more
    /// moves than a page can be told of one by one.
    pub flush_every_busy: Millis,
    /// The same on one that is busy for more than three fifths of its time all the same.
    pub flush_every_crowded: Millis,
    /// A socket hears so long before its token ends that it will; of a short token the last fifth.
    pub token_warning: Millis,
    /// How far the clocks of who makes tokens and of this server may be apart.
    pub token_leeway: Millis,
    /// The app's backend is waited for so long when it is asked for a room.
    pub grants_timeout: Millis,
    /// And its answer holds for so long for who asks anew.
    pub grants_kept: Millis,
    /// An agent that reports nothing for so long is idle.
    pub agent_idle_after: Millis,
    /// Who follows agents hears of each at most once in this time.
    pub agents_told_every: Millis,
    /// A report that comes again within this time, by its key, counts once.
    pub keys_kept: Millis,
    /// So long a notification waits for who is away.
    pub notifications_kept: Millis,
    /// So long it is known when somebody was here last.
    pub last_seen_kept: Millis,
    /// What is to survive a restart is written at most once in this time.
    pub store_every: Millis,
    /// How long a stopping server waits for its sockets to end.
    pub drain: Millis,
    pub thresholds: Thresholds,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping_every: Millis::seconds(15),
            suspect_after: Millis::seconds(30),
            gone_after: Millis::seconds(45),
            reload_grace: Millis::seconds(3),
            reconnect_grace: Millis::seconds(10),
            keepalive_every: Millis::seconds(20),
            abandon_after: Millis::seconds(45),
            restart_grace: Millis::seconds(10),
            ack_every: Millis::seconds(1),
            reconnect_window: Millis(250),
            typing_lease: Millis::seconds(5),
            control_timeout: Millis::seconds(30),
            call_suspect_after: Millis::seconds(60),
            call_gone_after: Millis::seconds(90),
            late_after: Millis::seconds(5),
            hello_timeout: Millis::seconds(10),
            instance_ttl: Millis::minutes(5),
            refresh_every: Millis::minutes(4),
            json_list_every: Millis::seconds(1),
            flush_every: Millis::ZERO,
            flush_every_lively: Millis(8),
            flush_every_busy: Millis(20),
            flush_every_crowded: Millis(50),
            token_warning: Millis::seconds(60),
            token_leeway: Millis::seconds(30),
            grants_timeout: Millis::seconds(5),
            grants_kept: Millis::seconds(30),
            agent_idle_after: Millis::minutes(5),
            agents_told_every: Millis(50),
            keys_kept: Millis::minutes(24 * 60),
            notifications_kept: Millis::minutes(30 * 24 * 60),
            last_seen_kept: Millis::minutes(90 * 24 * 60),
            store_every: Millis(200),
            drain: Millis::seconds(5),
            thresholds: Thresholds::default(),
        }
    }
}

/// What of it an SDK goes by, most of it as the welcome says. All of [`Timing`] would cost every visitor bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientTiming {
    pub abandon_after: Millis,
    pub restart_grace: Millis,
    pub ack_every: Millis,
    pub reconnect_window: Millis,
    pub typing_lease: Millis,
    pub late_after: Millis,
    pub thresholds: Thresholds,
}

impl From<&Timing> for ClientTiming {
    fn from(timing: &Timing) -> Self {
        Self {
            abandon_after: timing.abandon_after,
            restart_grace: timing.restart_grace,
            ack_every: timing.ack_every,
            reconnect_window: timing.reconnect_window,
            typing_lease: timing.typing_lease,
            late_after: timing.late_after,
            thresholds: timing.thresholds,
        }
    }
}

impl Default for ClientTiming {
    fn default() -> Self {
        Self::from(&Timing::default())
    }
}

/// How often one socket may say something of a class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// One message in this time, in the long run; 0 for no limit.
    pub every: Millis,
    /// So many at once after a pause.
    pub burst: u32,
}

/// The rates of all classes, each counted for one socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Rates {
    /// 20 a second. Over it the newest place in each room waits for its turn.
    pub cursor: Rate,
    /// 2 a second. Over it the newest word from each room waits.
    pub typing: Rate,
    /// 10 a second. Over it the newest selection in each room waits.
    pub selection: Rate,
    /// 5 a second. Over it what is said of a player waits, put together.
    pub playback: Rate,
    /// 10 a second. Over it broadcasts are refused.
    pub broadcast: Rate,
    /// The documented heartbeat comes every 30 s and the SDK's report every 10 s; some clients say more.
    /// Over it the newest report waits. Stay well below what makes a person idle, or reports come too late.
    pub heartbeat: Rate,
    /// 50 a second, over sockets and over HTTP, each with as many events as a batch may have. Over it what agents report
    /// and backends post is refused; who has the server's key is not counted over HTTP.
    pub posting: Rate,
    /// 5 a second, and so many at once that ten rooms can be entered behind an `auth`. Over it what asks for
    /// something is refused; the newest wishes and requests for a picture wait.
    pub other: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            cursor: Rate { every: Millis(50), burst: 20 },
            typing: Rate { every: Millis(500), burst: 2 },
            selection: Rate { every: Millis(100), burst: 10 },
            playback: Rate { every: Millis(200), burst: 5 },
            broadcast: Rate { every: Millis(100), burst: 10 },
            heartbeat: Rate { every: Millis(2_000), burst: 10 },
            posting: Rate { every: Millis(20), burst: 100 },
            other: Rate { every: Millis(200), burst: 20 },
        }
    }
}

/// How much there may be of anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub users_per_room: usize,
    /// Invisible sessions in a room. They count nowhere else.
    pub invisible_per_room: usize,
    pub rooms_per_user: usize,
    pub sessions_per_user: usize,
    /// The same of gateway clients, of which many may share a token.
    pub gateway_sessions_per_user: usize,
    /// Entries in the list of instances, the server's own among them.
    pub instances: usize,
    /// A message over this many bytes gets an error.
    pub message_bytes: usize,
    /// A frame over this many bytes closes the socket with 1009.
    pub frame_bytes: usize,
    /// Volatile bytes a binary session may leave unacknowledged before it gets none.
    pub unacknowledged_bytes: usize,
    /// Ordered bytes that may wait for one socket before it is closed as slow, with 64 more for each frame. Above all that a welcome may bring
    /// at once, the list and ten full rooms (1.5 MB), or a slow reader would come back into the same for ever.
    pub queued_bytes: usize,
    pub rates: Rates,
    /// What a broadcast carries, in bytes of JSON.
    pub broadcast_bytes: usize,
    /// How many broadcasts a room passes on, whoever says them. Over it they are refused.
    pub room_broadcasts: Rate,
    /// Agents that are known. Over it those that reported least lately go, offline ones first.
    pub agents: usize,
    pub features: usize,
    /// Keys of reports that are remembered.
    pub idempotency_keys: usize,
    pub events_per_batch: usize,
    /// Sockets of one user that follow agents and do nothing else; of one address, where nobody signed in.
    pub dashboards_per_user: usize,
    /// Notifications that wait for one user, and for all. Over it the oldest go.
    pub notifications_per_user: usize,
    pub notifications: usize,
    /// What waits for all together, in bytes; as much may have been told and not be known to have arrived.
    pub notification_bytes_kept: usize,
    /// Conversations with members. Over it a new one is refused: without its members it would be everybody's.
    pub conversations: usize,
    pub members_per_conversation: usize,
    /// Members of all conversations together.
    pub conversation_members: usize,
    /// A body that agents and backends post, in bytes of JSON.
    pub posted_bytes: usize,
    /// A chat message or a notification, in bytes.
    pub said_bytes: usize,
    /// People of whom it is known when they were here last; as many instances, and sessions.
    pub last_seen: usize,
    /// Procedures in one batch over HTTP.
    pub calls_per_batch: usize,
    /// A socket that has so many messages refused within `abuse_within`, because they are too many or make no
    /// sense, is closed.
    pub abuse_after: usize,
    pub abuse_within: Millis,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            users_per_room: 100,
            invisible_per_room: 100,
            rooms_per_user: 10,
            sessions_per_user: 5,
            gateway_sessions_per_user: 1_000,
            instances: 200,
            message_bytes: 32 * 1024,
            frame_bytes: 64 * 1024,
            unacknowledged_bytes: 64 * 1024,
            queued_bytes: 4 * 1024 * 1024,
            rates: Rates::default(),
            broadcast_bytes: 4 * 1024,
            room_broadcasts: Rate { every: Millis(5), burst: 200 },
            agents: 5_000,
            features: 10_000,
            idempotency_keys: 100_000,
            events_per_batch: 1_000,
            dashboards_per_user: 10,
            notifications_per_user: 100,
            notifications: 10_000,
            notification_bytes_kept: 16 * 1024 * 1024,
            conversations: 10_000,
            members_per_conversation: 1_000,
            conversation_members: 100_000,
            posted_bytes: 1024 * 1024,
            said_bytes: 16 * 1024,
            last_seen: 100_000,
            calls_per_batch: 20,
            abuse_after: 50,
            abuse_within: Millis::seconds(10),
        }
    }
}

/// The longest name, host or other descriptive text we keep, in bytes.
pub const MAX_TEXT_BYTES: usize = 256;

/// The longest typing context, in bytes.
pub const MAX_CONTEXT_BYTES: usize = 64;

/// The longest status message, in characters.
pub const MAX_STATUS_MESSAGE: usize = 100;

/// The longest list of roles, scopes or tags.
pub const MAX_LIST: usize = 32;

/// A client sends at most one cursor in this time (20 a second).
pub const CURSOR_EVERY: Millis = Millis(50);
