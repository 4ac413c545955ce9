// Generated from presence-wasm/src/types.rs by `cargo xtask codegen`. Not edited by hand.

/** Milliseconds: since the Unix epoch, or a length of time. */
export type Millis = number;

/** What a person does. */
export type Status = "active" | "idle" | "away" | "busy" | "reviewing" | "offline";

/** What the transport knows of a session. */
export type Liveness = "connected" | "suspect" | "gone";

/** What a room is about. */
export type RoomKind = "project" | "video" | "comment_thread" | "comparison";

/** Where the line stands. */
export type ConnectionState = "initial" | "connecting" | "online" | "waiting" | "stopped" | "refused";

/** Where our membership of a room stands. */
export type RoomState = "joining" | "joined" | "refused";

/** What a player does. */
export type PlaybackAction = "sync" | "play" | "pause" | "seek" | "rate" | "stop";

/** How a player differs from the room's. */
export type DesyncReason = "paused" | "playing" | "stalled" | "elsewhere";

/** Why the app is asked for a token. */
export type TokenReason = "start" | "expiring" | "rejected";

/** What is known of an agent. */
export type AgentStatus = "active" | "idle" | "offline";

/** What an agent says it does. */
export type AgentState = "idle" | "working" | "stopped";

/** How far a feature is. */
export type FeatureStatus = "todo" | "in_progress" | "blocked" | "done";

/** What is told of a user. */
export type Availability = "online" | "away" | "busy" | "offline";

/** What a notification is. */
export type NotificationLevel = "info" | "success" | "warning" | "error";

/** Why the server turned a request down. */
export type RefusalCode = "bad_json" | "bad_frame" | "unknown_message" | "missing_field" | "bad_field" | "out_of_range" | "too_long" | "unknown_room_type" | "too_large" | "unsupported_protocol" | "unauthenticated" | "bad_token" | "token_expired" | "forbidden" | "grants_unavailable" | "rate_limited" | "not_a_member" | "invisible" | "presence_off" | "not_in_control" | "no_session" | "room_type_conflict" | "room_full" | "too_many_rooms" | "too_many_sessions" | "too_many_dashboards" | "too_many_conversations" | "unknown_agent" | "shutting_down";

// What the package and the page tell an engine: constants one by one, which every bundler inlines.

/** Open the line. */
export const START = 0;

/** Say goodbye. */
export const STOP = 1;

/** Whether to hear who is here: 1 or 0. */
export const PRESENCE = 2;

/** The person did something that the page's events do not show. */
export const INPUT = 3;

/** Do not wait for the next attempt. */
export const RETRY = 4;

/** The socket opened. */
export const OPENED = 5;

/** The socket ended, with this code. */
export const CLOSED = 6;

/** The timer's time has come. */
export const DUE = 7;

/** A pointer, a key, a wheel or a finger moved. */
export const TOUCHED = 8;

/** The page was hidden (1), shown or thawed (0). */
export const LOOKED = 9;

/** The network is back. */
export const ONLINE = 10;

/** The page goes away, and the browser keeps it (1) or not (0). */
export const PUT_AWAY = 11;

/** The page was brought back from where the browser kept it (1), or is new (0). */
export const BROUGHT_BACK = 12;

/** The lock that was asked for is ours (1), or another tab has it (0). */
export const LOCKED = 13;

/**
 * Where the line to the server stands.
 */
export type ConnectionView = { state: ConnectionState, 
/**
 * Since when, as `Date.now()` gives it.
 */
since: Millis, 
/**
 * Attempts since the line was last up.
 */
attempt: number, 
/**
 * When the next attempt is made, as `Date.now()` gives it; absent unless waiting for it.
 */
retryAt?: Millis, 
/**
 * The WebSocket close code the last line ended with.
 */
closeCode?: number, };

/**
 * Who we are, as the server says.
 */
export type SelfView = { userId: string, name: string, sessionId: string, instanceId: string, };

/**
 * One installed client in the list of who is here.
 */
export type InstanceEntry = { liveness: Liveness, 
/**
 * Unique in the list: the user and the instance id.
 */
id: string, instanceId: string, userId: string, name: string, host?: string, ip?: string, clientId?: string, version?: string, platform?: string, deviceFamily?: string, modelIdentifier?: string, mode?: string, agentId?: string, deviceId?: string, 
/**
 * The line that gateway clients write about themselves.
 */
text?: string, tags?: Array<string>, roles: Array<string>, scopes: Array<string>, status: Status, 
/**
 * What the person says of it.
 */
statusMessage?: string, 
/**
 * When the person last touched anything, by the server's clock.
 */
lastInputAt?: Millis, reason: string, 
/**
 * Newest life sign that we were told of, by the server's clock.
 */
ts: Millis, 
/**
 * The sessions (tabs) behind this entry, oldest first.
 */
sessions: Array<string>, };

/**
 * A part of the medium, in seconds.
 */
export type SelectionView = { startTime: number, endTime: number, };

/**
 * What a member's player did when it was said last.
 */
export type WatchingView = { isPlaying: boolean, 
/**
 * Seconds into the medium.
 */
currentTime: number, playbackRate: number, 
/**
 * When it was so, by the server's clock.
 */
at: Millis, 
/**
 * How it differs from what the room plays; absent while it follows.
 */
desync?: DesyncReason, };

/**
 * One session in a room.
 */
export type MemberEntry = { 
/**
 * The member's number in the room, which cursor rows name.
 */
slot: number, liveness: Liveness, sessionId: string, userId: string, name: string, image?: string, 
/**
 * `#RRGGBB`, unique in the room, readable on white and on black.
 */
color: string, 
/**
 * By the server's clock.
 */
joinedAt: Millis, status: Status, 
/**
 * What the person says of it.
 */
statusMessage?: string, 
/**
 * By the server's clock; 0 when unknown.
 */
lastActiveAt: Millis, 
/**
 * What the member marks in the medium.
 */
selection?: SelectionView, 
/**
 * What the member's player does; absent where nothing was said of one.
 */
watching?: WatchingView, 
/**
 * Where the member is typing, perhaps an empty text; absent while not typing.
 */
typing?: string, };

/**
 * A user, by name.
 */
export type PersonView = { userId: string, name: string, };

/**
 * What a room plays from a moment on.
 */
export type TimelineView = { isPlaying: boolean, 
/**
 * Seconds into the medium.
 */
currentTime: number, playbackRate: number, 
/**
 * When it was so, by the server's clock.
 */
at: Millis, 
/**
 * Counts what was done in the room.
 */
operation: number, };

/**
 * A refusal as all JSON carries it, over sockets and over HTTP, and as the SDK's pages get it.
 */
export type RefusalView = { 
/**
 * Stable, listed in `PROTOCOL.md`.
 */
code: string, message: string, 
/**
 * Whether the same request may succeed later.
 */
retryable: boolean, 
/**
 * Path of the field at fault.
 */
field?: string, 
/**
 * When the same request may be made again, in milliseconds from now.
 */
retryAfterMs?: Millis, };

export type ConnectionUpdate = { kind: "connection", connection: ConnectionView, };

export type SelfUpdate = { kind: "self", 
/**
 * The server holds what was said of the session before.
 */
resumed: boolean, self: SelfView, };

export type InstancesUpdate = { kind: "instances", 
/**
 * What is not in `changed` is gone.
 */
whole: boolean, 
/**
 * New entries and those that changed.
 */
changed: Array<InstanceEntry>, 
/**
 * Ids of entries that left.
 */
left: Array<string>, 
/**
 * There are more than the list shows.
 */
truncated: boolean, };

export type RoomUpdate = { kind: "room", roomId: string, state: RoomState, 
/**
 * The room showed itself: what it is to hold of us has to be said again.
 */
pictured: boolean, 
/**
 * What is not in `changed` is gone.
 */
whole: boolean, 
/**
 * New members and those who changed.
 */
changed: Array<MemberEntry>, 
/**
 * Sessions that left.
 */
left: Array<string>, refusal?: RefusalView, };

export type CursorsUpdate = { kind: "cursors", roomId: string, 
/**
 * Where its rows begin among the numbers of `moves()`: slot, x, y (65535ths of the surface) and media time in ms
 * each; −1 where absent, all three when the cursor left the surface. Never our own.
 */
from: number, 
/**
 * Where they end.
 */
to: number, };

/**
 * What a room watches together, whole.
 */
export type WatchUpdate = { kind: "watch", roomId: string, 
/**
 * Whether all follow the timeline.
 */
syncEnabled: boolean, 
/**
 * Who drives it.
 */
controller?: PersonView, timeline?: TimelineView, 
/**
 * Who asked for control and was not answered yet.
 */
requests: Array<PersonView>, };

/**
 * What one member said to all others, for the app to understand.
 */
export type BroadcastUpdate = { kind: "broadcast", roomId: string, userId: string, sessionId: string, 
/**
 * As it was given.
 */
data: unknown, };

export type TypistsUpdate = { kind: "typists", sessionKey: string, 
/**
 * In the order of beginning; empty: nobody any more.
 */
instanceIds: Array<string>, };

/**
 * Of no conversation it is known any more who types in it.
 */
export type TypistsUnknownUpdate = { kind: "typistsUnknown", };

export type RefusedUpdate = { kind: "refused", 
/**
 * The message that was refused.
 */
about: string, refusal: RefusalView, };

export type TokenUpdate = { kind: "token", reason: TokenReason, };

/**
 * An agent as it stands.
 */
export type AgentView = { agentId: string, status: AgentStatus, featureId?: string, lastTool?: string, 
/**
 * When it reported last, by the server's clock.
 */
lastActivity: Millis, 
/**
 * Used in its session, as the tokens were spent.
 */
tools: number, tokens: number, sessionId?: string, 
/**
 * What it says of what it does, for people.
 */
activity?: string, };

/**
 * All agents, or a part of them.
 */
export type AgentsUpdate = { kind: "agents", agents: Array<AgentView>, 
/**
 * Another part follows.
 */
more?: boolean, };

/**
 * One agent changed.
 */
export type AgentUpdate = { kind: "agent", agent: AgentView, };

/**
 * An agent reported where the work on a feature stands.
 */
export type FeatureUpdate = { kind: "feature", featureId: string, 
/**
 * Absent at the first report.
 */
oldStatus?: FeatureStatus, newStatus: FeatureStatus, agentId: string, sessionId: string, at: Millis, };

/**
 * What an agent says of itself, for people.
 */
export type AgentStatusUpdate = { kind: "agent_status", agentName: string, state: AgentState, currentTask?: string, 
/**
 * Per cent.
 */
progress?: number, at: Millis, };

/**
 * Something said in a conversation.
 */
export type ChatUpdate = { kind: "chat_message", conversationId: string, messageId: string, content: string, 
/**
 * As the app names who says it.
 */
sender: string, at: Millis, };

/**
 * Something that a person is to know.
 */
export type NotificationUpdate = { kind: "notification", 
/**
 * Of one that comes twice it is the same.
 */
id: string, level: NotificationLevel, message: string, at: Millis, };

/**
 * A user came, went or does something else.
 */
export type UserPresenceUpdate = { kind: "user_presence", userId: string, status: Availability, at: Millis, };

/** What is told whatever room one is in, to those who asked for it. */
export type FeedUpdate =
  | AgentsUpdate
  | AgentUpdate
  | FeatureUpdate
  | AgentStatusUpdate
  | ChatUpdate
  | NotificationUpdate
  | UserPresenceUpdate;

/** What changed, by `kind`. */
export type EngineUpdate =
  | ConnectionUpdate
  | SelfUpdate
  | InstancesUpdate
  | RoomUpdate
  | CursorsUpdate
  | WatchUpdate
  | BroadcastUpdate
  | TypistsUpdate
  | TypistsUnknownUpdate
  | RefusedUpdate
  | TokenUpdate
  | FeedUpdate;
