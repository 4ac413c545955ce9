// How often something is said to a room: not more often than it is heard, and again when it is not shown as it was
// said, later each time.

import { ticks } from './hand.js';
import type { Millis } from './types.gen.js';

/** The server takes five a second. */
const EVERY_MS = 200;
const AGAIN_MS = 1_000;
const AGAIN_LONGEST_MS = 30_000;
/** Shown for so long, it was not said in vain. */
const SETTLED_MS = 5_000;

export class Repeats {
  #saidAt = -Infinity;
  #againMs = 0;

  get #silence(): Millis {
    return ticks() - this.#saidAt;
  }

  /** Whether anything may be said. */
  get isFree(): boolean {
    return this.#silence >= EVERY_MS;
  }

  /** Whether the same may be said again. */
  get isDue(): boolean {
    return this.#silence >= this.#againMs;
  }

  note(): void {
    this.#saidAt = ticks();
  }

  /** The same is said again; the next time it waits for longer. */
  lengthen(): void {
    this.#againMs = Math.min(AGAIN_LONGEST_MS, Math.max(AGAIN_MS, 2 * this.#againMs));
  }

  /** What was said before it was not said in vain. */
  begin(): void {
    this.#againMs = AGAIN_MS;
  }

  /** The next is to be said as soon as anything may. */
  hurry(): void {
    this.#againMs = 0;
  }

  /** It is shown as it was said. */
  settle(): void {
    if (this.#silence > SETTLED_MS) this.begin();
  }
}
