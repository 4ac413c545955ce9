// The hand on a player: what was done with it here, so that what a person does can be told from it. Not by counting
// events, which come late and together: whatever the player does that it was not told to do is a person's doing.

import { listen } from './events.js';
import type { Millis } from './types.gen.js';

/** A `<video>`, an `<audio>`, or what behaves like one. */
export type Player = Pick<
  HTMLMediaElement,
  | 'addEventListener'
  | 'removeEventListener'
  | 'currentTime'
  | 'duration'
  | 'ended'
  | 'pause'
  | 'paused'
  | 'play'
  | 'playbackRate'
  | 'readyState'
  | 'seeking'
>;

/** What a person did. */
export type Deed = 'play' | 'pause' | 'seek' | 'rate';

/** From here on a player knows how long the medium is, and can seek. */
const HAVE_METADATA = 1;
/** Below this a player that plays waits for data. */
const HAVE_FUTURE_DATA = 3;

/** A place this near to the one that was sought is that one, in seconds. */
const SAME_PLACE = 0.3;

/** What a browser does not let play unseen it pauses within this time. */
const HIDES_WITHIN_MS = 5_000;
/** And so soon it has it play again when the page is shown. */
const WAKES_WITHIN_MS = 1_000;

/** A clock that never jumps. */
export function ticks(): Millis {
  return performance.now();
}

function isPageHidden(): boolean {
  return globalThis.document?.hidden ?? false;
}

export class Hand {
  readonly player: Player;
  readonly #unlisten: () => void;
  readonly #blocked: () => void;
  #paused: boolean;
  #rate: number;
  /** Where it was told to seek to; undefined once it played on from there, or somebody took it elsewhere. */
  #sought: number | undefined;
  #isSoughtByPerson = false;
  /** Wishes to play that the browser has not answered yet. */
  #asking = 0;
  /** The browser paused it, since nobody saw it. */
  #isSuspended = false;
  #isNewlySuspended = false;
  #isHidden = isPageHidden();
  /** When it was last hidden, or told to play. */
  #letAt = ticks();
  #shownAt = -Infinity;

  /** Calls `look` whenever the player may have been touched, and `blocked` when it may not play without a click. */
  constructor(player: Player, look: () => void, blocked: () => void) {
    this.player = player;
    this.#paused = player.paused;
    this.#rate = player.playbackRate;
    this.#blocked = blocked;
    const loaded = (): void => {
      // Another medium: what was done to the last one is no person's doing.
      this.adopt();
      look();
    };
    const seeking = (): void => {
      const isOwn = this.#sought !== undefined && Math.abs(player.currentTime - this.#sought) < SAME_PLACE;
      if (!isOwn) {
        this.#isSoughtByPerson = true;
        this.#sought = undefined;
      }
      look();
    };
    const unlisten = listen(player, {
      emptied: loaded,
      loadedmetadata: loaded,
      seeking,
      seeked: look,
      play: look,
      playing: look,
      pause: look,
      ratechange: look,
      waiting: look,
      canplay: look,
      ended: look,
      // It comes four times a second, also where timers are slow.
      timeupdate: look,
    });
    const hides = (): void => {
      // What was paused up to now, was while hidden.
      if (this.#isHidden && player.paused && !this.#paused && this.#isBrowsers()) this.#paused = true;
      this.#isHidden = isPageHidden();
      if (this.#isHidden) this.#letAt = ticks();
      else this.#shownAt = ticks();
      look();
    };
    const { document } = globalThis;
    const unseen = document ? listen(document, { visibilitychange: hides }) : () => {};
    this.#unlisten = () => {
      unlisten();
      unseen();
    };
  }

  get isReady(): boolean {
    return this.player.readyState >= HAVE_METADATA;
  }

  /** Whether the browser has to say yet if the player may play. */
  get isAsking(): boolean {
    return this.#asking > 0;
  }

  /** Would play, and has nothing to play. */
  get isWaiting(): boolean {
    const { paused, ended, seeking, readyState } = this.player;
    return !paused && !ended && (seeking || readyState < HAVE_FUTURE_DATA);
  }

  /** Whether the browser paused it for being unseen, and may have it play by itself. */
  get isSuspended(): boolean {
    return this.#isSuspended && (isPageHidden() || ticks() - this.#shownAt < WAKES_WITHIN_MS);
  }

  /** Whether it is to be left as the browser has it. */
  get isStanding(): boolean {
    return this.#isSuspended && isPageHidden();
  }

  /** Takes the player as it is. */
  adopt(): void {
    this.#isSuspended = this.#isNewlySuspended = false;
    this.#paused = this.player.paused;
    this.#rate = this.player.playbackRate;
    this.#sought = undefined;
    this.#isSoughtByPerson = false;
  }

  /**
   * What a person did since the last look, if anything; one thing at a time. A seek is done when it has arrived. Or
   * `suspend`: the browser paused it.
   */
  deed(): Deed | 'suspend' | undefined {
    const { paused, playbackRate, seeking, currentTime } = this.player;
    if (!this.isReady) return undefined;
    // Not as soon as it is there: its events come later.
    if (!seeking && Math.abs(currentTime - (this.#sought ?? NaN)) > 2 * SAME_PLACE) this.#sought = undefined;
    if (paused !== this.#paused && this.#asking === 0) {
      this.#paused = paused;
      if (!this.#isBrowsers()) return paused ? 'pause' : 'play';
    }
    if (this.#isNewlySuspended) {
      this.#isNewlySuspended = false;
      return 'suspend';
    }
    if (playbackRate !== this.#rate) {
      this.#rate = playbackRate;
      return 'rate';
    }
    if (this.#isSoughtByPerson && !seeking) {
      this.#isSoughtByPerson = false;
      return 'seek';
    }
    return undefined;
  }

  /** Whether it was the browser that paused it, or had it play again. */
  #isBrowsers(): boolean {
    const { paused, ended } = this.player;
    const wasSuspended = this.isSuspended;
    this.#isSuspended = this.#isNewlySuspended = paused && !ended && this.#isUnseen();
    return paused ? this.#isSuspended : wasSuspended;
  }

  /** Whether it is in a hidden page, where the browser has not shown yet that it lets it play. */
  #isUnseen(): boolean {
    if (!this.#isHidden && !isPageHidden()) return false;
    if ((globalThis.document.pictureInPictureElement as unknown) === this.player) return false;
    return !this.#isHidden || ticks() - this.#letAt < HIDES_WITHIN_MS;
  }

  play(): void {
    if (!this.player.paused || this.#asking > 0) return;
    this.#paused = this.#isSuspended = false;
    this.#letAt = ticks();
    this.#asking += 1;
    const answer = (error?: unknown): void => {
      this.#asking -= 1;
      if ((error as Error | undefined)?.name !== 'NotAllowedError' || !this.player.paused) return;
      this.#paused = true;
      this.#blocked();
    };
    // Old ones promise nothing.
    Promise.resolve(this.player.play()).then(() => answer(), answer);
  }

  pause(): void {
    this.#paused = true;
    if (!this.player.paused) this.player.pause();
  }

  setRate(rate: number): void {
    if (this.player.playbackRate === rate) return;
    try {
      this.player.playbackRate = rate;
    } catch {
      // Slower or faster than this browser plays.
    }
    // It may know fewer digits.
    this.#rate = this.player.playbackRate;
  }

  seek(place: number): void {
    this.#sought = place;
    this.#isSoughtByPerson = false;
    this.player.currentTime = place;
  }

  release(): void {
    this.#unlisten();
  }
}
