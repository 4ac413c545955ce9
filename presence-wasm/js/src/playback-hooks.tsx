'use client';
// A player that follows the room, for React.

import { useEffect, useMemo, useRef, useState } from 'react';

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

/** A player as a component has it: by a ref, or as it is. */
export type PlayerOrRef = Player | { readonly current: Player | null } | null;

function playerOf(given: PlayerOrRef): Player | null {
  return given && 'current' in given ? given.current : given;
}

/**
 * Makes the player follow what the room watches: `const playback = usePlayback(videoRef)`. A ref is looked at when this
 * component renders and when something is asked of the player; where another component mounts it later, give the
 * element itself, from a state that `ref={setVideo}` sets.
 */
export function usePlayback(player: PlayerOrRef, options?: FollowOptions): PlaybackView {
  const room = useRoom();
  const every = options?.every;
  const [element, setElement] = useState<Player | null>(null);
  const [follower, setFollower] = useState<Follower | null>(null);
  const given = useRef(player);
  /** What was asked before there was a follower. */
  const asked = useRef<((follower: Follower) => void) | undefined>(undefined);
  // It may come later than this component, and another may take its place.
  useEffect(() => {
    given.current = player;
    setElement(playerOf(player));
  });
  useEffect(() => {
    if (!element) return undefined;
    const made = followPlayback(room, element, { every });
    setFollower(made);
    asked.current?.(made);
    asked.current = undefined;
    return () => {
      made.stop();
      setFollower(null);
    };
  }, [room, element, every]);
  const status = useSlice(follower?.status ?? NONE);
  const { controller, requests } = useSlice(room.watch);
  const own = useSlice(room.self, (self) => self?.userId);
  const isController = !!controller && controller.userId === own;
  return useMemo(() => {
    const ask = (what: (follower: Follower) => void) => (): void => {
      if (follower) return what(follower);
      const found = playerOf(given.current);
      asked.current = found ? what : undefined;
      setElement(found);
    };
    return {
      ...status,
      controller,
      isController,
      requests,
      startSync: ask(({ start }) => start()),
      stop: ask(({ end }) => end()),
      rejoin: ask(({ rejoin }) => rejoin()),
      requestControl: room.requestControl,
      grantControl: room.grantControl,
      releaseControl: room.releaseControl,
    };
  }, [status, controller, isController, requests, follower, room]);
}
