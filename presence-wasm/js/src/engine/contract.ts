// What the package and the engine ask of each other, as docs/sdk-boundary.md says it.

import type { EngineUpdate, Millis } from '../types.gen.js';

/** Where to connect, and as what. Absent fields are guessed by the engine. */
export interface EngineOptions {
  readonly url: string;
  readonly token?: string | undefined;
  readonly clientId?: string | undefined;
  readonly version?: string | undefined;
  readonly mode?: string | undefined;
  readonly host?: string | undefined;
  readonly agentId?: string | undefined;
  readonly platform?: string | undefined;
  readonly deviceFamily?: string | undefined;
  /** The session that an engine before this one had; it is the page's already. */
  readonly sessionId?: string | undefined;
}

/** What the engine may call. */
export interface EngineHost {
  /** There is something to `take()`. */
  wake(): void;
  openSocket(url: string, protocols: string[]): WebSocket;
  /** The engine panicked: throw it away, make a new one. */
  trapped(message: string): void;
}

/**
 * One engine in an instance of the module of its own. It decides; everything here only shows.
 * Methods that take a room's id throw an `Error` at one that cannot be; whatever else is thrown is a trap.
 */
export interface Engine {
  start(): void;
  stop(): void;
  enter(roomId: string, kind: string): void;
  leave(roomId: string): void;
  setCursor(roomId: string, x?: number, y?: number, timestamp?: number): void;
  setTyping(roomId: string, context?: string): void;
  setPresence(on: boolean): void;
  noteInput(): void;
  retryNow(): void;
  take(): EngineUpdate[];
  serverNow(): Millis;
  free(): void;
}

/** Makes an engine; each call makes one that shares nothing with those before. */
export type MakeEngine = (options: EngineOptions, host: EngineHost) => Promise<Engine>;

/** Gets hold of the module. */
export type LoadEngine = () => Promise<MakeEngine>;
