// When a player may be sought again: a slow line is not to be sought to death.

import type { Millis } from './types.gen.js';

/** After a seek for want of speed the next has to wait, longer each time. */
const AGAIN_MS = 1_000;
const AGAIN_LONGEST_MS = 30_000;
/** Near for so long, the last seek was a good one. */
const SETTLED_MS = 5_000;

export class Seeks {
  #againAt = 0;
  #againMs = AGAIN_MS;

  /** Whether it may be sought now; it counts as done. */
  take(moment: Millis): boolean {
    if (moment < this.#againAt) return false;
    this.#againAt = moment + this.#againMs;
    this.#againMs = Math.min(AGAIN_LONGEST_MS, 2 * this.#againMs);
    return true;
  }

  /** The player is where it should be. */
  settle(moment: Millis): void {
    if (moment > this.#againAt + SETTLED_MS) this.#againMs = AGAIN_MS;
  }

  /** Whatever was tried in vain before, this is another place. */
  forget(): void {
    this.#againAt = 0;
    this.#againMs = AGAIN_MS;
  }
}
