// Made by `cargo xtask codegen` from the Rust types; not edited by hand.

/** Milliseconds: a moment as `Date.now()` counts it. */
export type Millis = number;

export type Status = "active" | "idle" | "away" | "busy" | "reviewing" | "offline";

export type Liveness = "connected" | "suspect" | "gone";

export type ConnectionState = "initial" | "connecting" | "online" | "waiting" | "stopped" | "refused";

export type RoomState = "joining" | "joined" | "refused";

export type ConnectionView = { state: ConnectionState, attempt: number, retryAt?: Millis, closeCode?: number, closeReason?: string, since: Millis, };

export type SelfView = { userId: string, name: string, sessionId: string, instanceId: string, };

export type InstanceView = { id: string, instanceId: string, userId: string, name: string, host?: string, ip?: string, version?: string, platform?: string, deviceFamily?: string, modelIdentifier?: string, mode?: string, agentId?: string, roles: Array<string>, scopes: Array<string>, status: Status, liveness: Liveness, lastInputAt?: Millis, reason: string, ts: Millis, sessions: Array<string>, own: boolean, };

export type MemberView = { sessionId: string, userId: string, slot: number, name: string, image?: string, color: string, status: Status, liveness: Liveness, lastActiveAt: Millis, joinedAt: Millis, typing?: string, own: boolean, };

export type RefusalView = { code: string, message: string, field?: string, retryable: boolean, };

export type EngineUpdate =
  | { kind: "connection", connection: ConnectionView, }
  | { kind: "self", self: SelfView, }
  | { kind: "instances", whole: boolean, changed: Array<InstanceView>, left: Array<string>, truncated: boolean, }
  | { kind: "room", roomId: string, state: RoomState, whole: boolean, changed: Array<MemberView>, left: Array<string>, refusal?: RefusalView, }
  | { kind: "cursors", roomId: string, moves: Float64Array, }
  | { kind: "refused", about: string, refusal: RefusalView, };
