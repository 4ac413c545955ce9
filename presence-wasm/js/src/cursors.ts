// Where others point. The hot path: places are written into records that stay the same objects, and
// listeners hear once per frame, outside of React. Slots of the wire become members here.

import { Listeners } from './listeners.js';
import type { MemberView } from './views.js';

/** Where to point: a place on the surface, a moment of the medium, or both. */
export interface CursorPlace {
  /** Fraction of the surface's width, 0 to 1. */
  readonly x?: number | undefined;
  /** Fraction of the surface's height, 0 to 1. */
  readonly y?: number | undefined;
  /** Media time in seconds. */
  readonly timestamp?: number | undefined;
}

/** Where a session points now. The same object moves on: copy what you want to keep. */
export interface RemoteCursor extends CursorPlace {
  readonly member: MemberView;
}

/** Cursors by session id, without the page's own. The same map for the room's whole life. */
export type CursorMap = ReadonlyMap<string, RemoteCursor>;

/** Everybody's cursors in a room. */
export interface Cursors {
  readonly get: () => CursorMap;
  /**
   * Calls `listener` soon, and then at most once per animation frame in which a cursor moved, came
   * or went; gives back how to stop. Draw in it: React need not know.
   */
  readonly subscribe: (listener: (cursors: CursorMap) => void) => () => void;
}

interface Row {
  x?: number | undefined;
  y?: number | undefined;
  timestamp?: number | undefined;
  /** Absent while the members do not say whose slot it is. */
  member?: MemberView;
}

/** Numbers in a row of the engine's moves: slot, x, y, timestamp. */
const ROW = 4;

/** The whole width or height in a row. */
const WHOLE = 65_535;
/** A second in a row. */
const SECOND = 1_000;

export class CursorLayer implements Cursors {
  readonly #rows = new Map<number, Row>();
  readonly #members = new Map<number, MemberView>();
  readonly #shown = new Map<string, RemoteCursor>();
  readonly #listeners = new Listeners<CursorMap>();
  #framed = false;

  readonly get = (): CursorMap => this.#shown;

  readonly subscribe = (listener: (cursors: CursorMap) => void): (() => void) => {
    const unsubscribe = this.#listeners.add(listener);
    this.#tellSoon();
    return unsubscribe;
  };

  /** Takes over the rows of slot, x, y, timestamp that stand from `at` to `end`: whole numbers, -1 where absent. */
  move(moves: Float64Array, at: number, end: number): void {
    for (; at < end; at += ROW) {
      const slot = moves[at]!; // rows are whole
      const x = counted(moves[at + 1]!, WHOLE);
      const y = counted(moves[at + 2]!, WHOLE);
      const timestamp = counted(moves[at + 3]!, SECOND);
      const known = this.#rows.get(slot);
      if ((x ?? y ?? timestamp) === undefined) this.#remove(slot);
      else if (known) {
        known.x = x;
        known.y = y;
        known.timestamp = timestamp;
      } else {
        this.#rows.set(slot, { x, y, timestamp });
        this.#show(slot);
      }
    }
    this.#tellSoon();
  }

  /** Takes over who is in the room. A cursor goes with its member, even if the slot has a new one. */
  setMembers(members: readonly MemberView[]): void {
    this.#members.clear();
    for (const member of members) this.#members.set(member.slot, member);
    for (const [slot, row] of this.#rows) {
      const gone = row.member && row.member.sessionId !== this.#members.get(slot)?.sessionId;
      if (gone) this.#remove(slot);
      else this.#show(slot);
    }
    this.#tellSoon();
  }

  /** Forgets everything: the room was left. */
  clear(): void {
    this.#rows.clear();
    this.#members.clear();
    this.#shown.clear();
    this.#tellSoon();
  }

  #show(slot: number): void {
    const row = this.#rows.get(slot);
    const member = this.#members.get(slot);
    if (!row || !member) return;
    row.member = member;
    if (!member.own) this.#shown.set(member.sessionId, row as RemoteCursor); // its member is known now
  }

  #remove(slot: number): void {
    const member = this.#rows.get(slot)?.member;
    if (member) this.#shown.delete(member.sessionId);
    this.#rows.delete(slot);
  }

  #tellSoon(): void {
    if (this.#framed || this.#listeners.isEmpty) return;
    this.#framed = true;
    nextFrame(() => {
      this.#framed = false;
      this.#listeners.tell(this.#shown);
    });
  }
}

function counted(value: number, unit: number): number | undefined {
  return value < 0 ? undefined : value / unit;
}

/** Hidden pages get no animation frames, but what listens may count or record. */
function nextFrame(run: () => void): void {
  if (globalThis.document?.visibilityState === 'visible') requestAnimationFrame(run);
  else setTimeout(run, 0);
}
