// Generated from presence-wasm/src/shape.rs by `cargo xtask codegen`. Not edited by hand.

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

/** Why the server turned a request down. */
export type RefusalCode = "bad_json" | "bad_frame" | "unknown_message" | "missing_field" | "bad_field" | "too_large" | "unsupported_protocol" | "unauthenticated" | "bad_token" | "not_a_member" | "room_type_conflict" | "room_full" | "too_many_rooms" | "too_many_sessions" | "shutting_down";

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
closeCode?: number, 
/**
 * That code in words, where it is one of ours.
 */
closeReason?: string, };

/**
 * Who we are, as the server says.
 */
export type SelfView = { userId: string, name: string, sessionId: string, instanceId: string, };

/**
 * One installed client in the list of who is here.
 */
export type InstanceView = { 
/**
 * Unique in the list: the user and the instance id.
 */
id: string, instanceId: string, userId: string, name: string, host?: string, ip?: string, clientId?: string, version?: string, platform?: string, deviceFamily?: string, modelIdentifier?: string, mode?: string, agentId?: string, roles: Array<string>, scopes: Array<string>, status: Status, liveness: Liveness, 
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
sessions: Array<string>, 
/**
 * Whether this is the instance we are.
 */
own: boolean, };

/**
 * One session in a room.
 */
export type MemberView = { sessionId: string, userId: string, 
/**
 * The member's number in the room, which cursor rows name.
 */
slot: number, name: string, image?: string, 
/**
 * `#RRGGBB`, unique in the room, readable on white and on black.
 */
color: string, status: Status, liveness: Liveness, 
/**
 * By the server's clock; 0 when unknown.
 */
lastActiveAt: Millis, 
/**
 * By the server's clock.
 */
joinedAt: Millis, 
/**
 * Where the member is typing, perhaps an empty text; absent while not typing.
 */
typing?: string, 
/**
 * Whether this is our own session.
 */
own: boolean, };

/**
 * A request that the server turned down.
 */
export type RefusalView = { 
/**
 * Stable, listed in `PROTOCOL.md`.
 */
code: string, message: string, 
/**
 * Path of the field at fault.
 */
field?: string, 
/**
 * Whether the same request may succeed later.
 */
retryable: boolean, };

export type ConnectionUpdate = { kind: "connection", connection: ConnectionView, };

export type SelfUpdate = { kind: "self", self: SelfView, };

export type InstancesUpdate = { kind: "instances", 
/**
 * What is not in `changed` is gone.
 */
whole: boolean, 
/**
 * New entries and those that changed.
 */
changed: Array<InstanceView>, 
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
 * What is not in `changed` is gone.
 */
whole: boolean, 
/**
 * New members and those who changed.
 */
changed: Array<MemberView>, 
/**
 * Sessions that left.
 */
left: Array<string>, refusal?: RefusalView, };

export type CursorsUpdate = { kind: "cursors", roomId: string, 
/**
 * Rows of slot, x, y (fractions of the surface) and media time in seconds; `NaN` where absent,
 * all three when the cursor left the surface. Never our own.
 */
moves: Float64Array, };

export type RefusedUpdate = { kind: "refused", 
/**
 * The message that was refused.
 */
about: string, refusal: RefusalView, };

/** What changed, by `kind`. */
export type EngineUpdate =
  | ConnectionUpdate
  | SelfUpdate
  | InstancesUpdate
  | RoomUpdate
  | CursorsUpdate
  | RefusedUpdate;
