'use client';
// A player that follows the room, for React.

import { useEffect, useMemo, useState } from 'react';

import { useRoom, useSlice } from './hooks.js';
import { followPlayback } from './follower.js';
import { OFF, type Follower, type FollowOptions, type FollowStatus } from './following.js';
import type { Player } from './hand.js';
import { cell } from './store.js';
import type { Person } from './watch.js';

/** A player's tie to the room, as React shows it. */
export interface PlaybackView extends FollowStatus {
  /** Who drives what all watch. */
  readonly controller: Person | null;
  readonly isController: boolean;
  /** Who asked for control and was not answered yet. */
  readonly requests: readonly Person[];
  /** Begins to watch together, from where the player is. */
  readonly startSync: () => void;
  /** Ends it for all, if this person has control. */
  readonly stop: () => void;
  /** Goes to where the room is. Call it in a click where the browser wants one. */
  readonly rejoin: () => void;
  readonly requestControl: () => void;
  readonly grantControl: (userId: string) => void;
  readonly releaseControl: () => void;
}

const NONE = cell(OFF);

/** Makes the player follow what the room watches: `const playback = usePlayback(videoRef)`. */
export function usePlayback(
  player: { readonly current: Player | null },
  options?: FollowOptions,
): PlaybackView {
  const room = useRoom();
  const every = options?.every;
  const [element, setElement] = useState<Player | null>(null);
  const [follower, setFollower] = useState<Follower | null>(null);
  // It may come later than this component, and another may take its place.
  useEffect(() => setElement(player.current));
  useEffect(() => {
    if (!element) return undefined;
    const made = followPlayback(room, element, { every });
    setFollower(made);
    return () => {
      made.stop();
      setFollower(null);
    };
  }, [room, element, every]);
  const status = useSlice(follower?.status ?? NONE);
  const { controller, requests } = useSlice(room.watch);
  const own = useSlice(room.self, (self) => self?.userId);
  const isController = !!controller && controller.userId === own;
  return useMemo(
    () => ({
      ...status,
      controller,
      isController,
      requests,
      startSync: () => follower?.start(),
      stop: () => follower?.end(),
      rejoin: () => follower?.rejoin(),
      requestControl: room.requestControl,
      grantControl: room.grantControl,
      releaseControl: room.releaseControl,
    }),
    [status, controller, isController, requests, follower, room],
  );
}
