// The hand on a player: what was done with it here, so that what a person does can be told from it. Not by counting
// events, which come late and together: whatever the player does that it was not told to do is a person's doing.

import { listen } from './events.js';

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
    this.#unlisten = listen(player, {
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

  /** Takes the player as it is. */
  adopt(): void {
    this.#paused = this.player.paused;
    this.#rate = this.player.playbackRate;
    this.#sought = undefined;
    this.#isSoughtByPerson = false;
  }

  /** What a person did since the last look, if anything; one thing at a time. A seek is done when it has arrived. */
  deed(): Deed | undefined {
    const { paused, playbackRate, seeking, currentTime } = this.player;
    if (!this.isReady) return undefined;
    // Not as soon as it is there: its events come later.
    if (!seeking && Math.abs(currentTime - (this.#sought ?? NaN)) > 2 * SAME_PLACE) this.#sought = undefined;
    if (paused !== this.#paused && this.#asking === 0) {
      this.#paused = paused;
      return paused ? 'pause' : 'play';
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

  play(): void {
    if (!this.player.paused || this.#asking > 0) return;
    this.#paused = false;
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
