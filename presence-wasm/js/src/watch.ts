// What a room watches together, what its members say to each other of it, and how its pieces stay the same
// objects while they say the same. Where a player follows it is elsewhere: `presence-wasm/playback`.

import { share } from './store.js';
import { NONE } from './table.js';
import type { PersonView, PlaybackAction, SelectionView, TimelineView, WatchUpdate } from './types.gen.js';

/** A part of the medium, in seconds. */
export type Selection = Readonly<SelectionView>;

/** A user, by name. */
export type Person = Readonly<PersonView>;

/** What a room plays from a moment on. */
export type Timeline = Readonly<TimelineView>;

/** What a room watches together. */
export interface Watch {
  /** Whether all follow the timeline. */
  readonly syncEnabled: boolean;
  /** Who drives it. */
  readonly controller: Person | null;
  readonly timeline: Timeline | null;
  /** Who asked for control and was not answered yet, the first one first. */
  readonly requests: readonly Person[];
}

/** What a player does, or all players are to do where this page's person has control. What is left out is as it was. */
export interface PlaybackSaid {
  readonly action: PlaybackAction;
  readonly isPlaying?: boolean | undefined;
  /** Seconds into the medium. */
  readonly currentTime?: number | undefined;
  readonly playbackRate?: number | undefined;
  /** The player would play and has nothing to play. */
  readonly stalled?: boolean | undefined;
}

/** What another session in the room said to all; frozen, down to its last piece. */
export interface Broadcast {
  readonly roomId: string;
  readonly userId: string;
  readonly sessionId: string;
  /** As it was given there. */
  readonly data: unknown;
}

export const NOTHING: Watch = Object.freeze({
  syncEnabled: false,
  controller: null,
  timeline: null,
  requests: NONE,
});

/** What an update tells, with the pieces of `before` that it leaves as they were. */
export function watchOf(update: WatchUpdate, before: Watch): Watch {
  const { syncEnabled, controller = null, timeline = null, requests } = update;
  return share(before, { syncEnabled, controller, timeline, requests });
}
