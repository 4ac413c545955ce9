// What following a room is asked and tells. How it is done is `follower.ts`.

import type { Room } from './room.js';
import type { Store } from './store.js';
import type { DesyncReason, Millis } from './types.gen.js';

/** What a follower needs of a room. */
export type FollowedRoom = Pick<Room, 'playback' | 'self' | 'serverNow' | 'watch'>;

export interface FollowStatus {
  /**
   * `off`: nothing is watched together. `following`: the player is kept where the room is. `controlling`: all others
   * follow this one. `desynced`: this person, or want of data, made it differ. `blocked`: the browser wants a click
   * before it plays; call `rejoin` in it.
   */
  readonly state: 'off' | 'following' | 'controlling' | 'desynced' | 'blocked';
  /** Why, if desynced. */
  readonly reason?: DesyncReason;
  /** By how many seconds the player was ahead of the room when it was looked at last; told once a second. */
  readonly drift: number;
}

export interface FollowOptions {
  /** How often the player is looked at while it plays, in ms. Default: 100. */
  readonly every?: Millis | undefined;
}

/** A player's tie to its room. */
export interface Follower {
  readonly status: Store<FollowStatus>;
  /** Begins to watch together, from where this player is. */
  readonly start: () => void;
  /** Ends it for all, if this person has control. */
  readonly end: () => void;
  /** Goes to where the room is, and follows again. Call it in a click where the browser wants one. */
  readonly rejoin: () => void;
  /** Lets go of the player. It stays as it is. */
  readonly stop: () => void;
}

export const OFF: FollowStatus = Object.freeze({ state: 'off', drift: 0 });
