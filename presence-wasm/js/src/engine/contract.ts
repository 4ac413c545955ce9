// What the package and the engine ask of each other, as docs/sdk-boundary.md says it.

import type { Millis } from '../types.gen.js';

/**
 * One engine in an instance of the module of its own. It decides; everything here only does and shows.
 * What cannot be asked for comes back as an update; whatever a method throws is a trap.
 */
export interface Engine {
  /**
   * Tells what is wanted or what happened: a constant of `types.gen.ts`, and the number that it says. Never
   * from within a call of the engine.
   */
  tell(signal: number, detail: number): void;
  /** A message of the socket. */
  said(message: Uint8Array): void;
  enter(roomId: string, kind: string): void;
  leave(roomId: string): void;
  /** Fractions, and seconds; `NaN` where absent, all three: hidden. */
  setCursor(roomId: string, x: number, y: number, timestamp: number): void;
  setTyping(roomId: string, context?: string): void;
  setSessionTyping(sessionKey: string, isTyping: boolean): void;
  /** Says a message as the JSON doors have it, in a room or, with an empty `roomId`, in the session: now or never. */
  post(roomId: string, text: string): void;
  /** What this client is from now on, instead of what the engine was made with. */
  setInfo(info: string): void;
  /**
   * The token to connect with, and whether the app can be asked for another. Also the answer to the update that asks
   * for one; absent: there is none.
   */
  setToken(token: string | undefined, canAsk: boolean): void;
  /** `EngineUpdate[]` as JSON. */
  take(): string;
  /** The rows that the cursor updates of the last `take()` speak of, as a `Float64Array`'s bytes; given once. */
  moves(): Uint8Array<ArrayBuffer>;
  serverNow(): Millis;
  free(): void;
}

/** What an engine may ask for. It is busy meanwhile: nothing here calls it back before returning, or throws. */
export interface EngineHost {
  /** There is something to `take()`. */
  wake(): void;
  /** Opens the line and abandons any older one; false when it cannot be made. */
  openSocket(): boolean;
  /** A view into the engine's memory, to be copied at once. A socket that is closing swallows it. */
  send(message: Uint8Array): void;
  /** Closes the line and forgets it: nothing it still says reaches the engine. */
  closeSocket(code: number): void;
  /** One timer, which forgets an earlier one; negative: none. */
  setTimer(ms: Millis): void;
  wallClock(): Millis;
  monotonicClock(): Millis;
  /** 32 random bits. */
  random(): number;
  /** Undefined, too, where storage is forbidden. */
  read(lasting: boolean, key: string): string | undefined;
  /** Without a value it removes. A full or forbidden storage is no error. */
  write(lasting: boolean, key: string, value?: string): void;
  canLock(): boolean;
  /** Asks for a lock that nobody else has; the answer is the signal `LOCKED`. It is held until `unlock`. */
  lock(name: string): void;
  /** Ends the lock that was granted last, if any. */
  unlock(): void;
  /** Starts or stops listening to the page's events. */
  watch(on: boolean): void;
}

/**
 * Makes an engine; each call makes one that shares nothing with those before. `info` (a JSON object) says
 * what this client is, `sessionId` which session this page holds already.
 */
export type MakeEngine = (info: string, sessionId: string | undefined, host: EngineHost) => Promise<Engine>;

/** Gets hold of the module. */
export type LoadEngine = () => Promise<MakeEngine>;
