// The rules of following, which are Rust's (`presence-model/src/following.rs`, `playback.rs`).

import base64 from './engine/playback-rules.gen.js';
import { rulesOf } from './engine/rules.js';
import type { DesyncReason, Millis, TimelineView } from './types.gen.js';

/** What plays from a moment on. */
export type Course = Omit<TimelineView, 'operation'>;

/** The exports of the module. Flags cross as 0 and 1. */
interface Rules {
  position(isPlaying: number, currentTime: number, rate: number, elapsed: Millis): number;
  correction(drift: number, roomRate: number, ownRate: number, lookEvery: number): number;
  desync(roomPlays: number, roomRate: number, isPlaying: number, rate: number, drift: number, isStalled: number): number;
}

/** In the order of Rust's `Desync::ALL`; the rule counts from 1. */
const REASONS: readonly (DesyncReason | undefined)[] = [undefined, 'paused', 'playing', 'stalled', 'elsewhere'];

let compiled: Rules | undefined;

function rules(): Rules {
  return (compiled ??= rulesOf<Rules>(base64));
}

/** Where a course is at a moment of the server's clock, in seconds. */
export function positionAt({ isPlaying, currentTime, playbackRate, at }: Course, now: Millis): number {
  return rules().position(+isPlaying, currentTime, playbackRate, now - at);
}

/** Where a course is in a medium, and whether it plays there: it may think the medium longer than it is. */
export function goalOf(of: Course, now: Millis, duration: number): { place: number; plays: boolean } {
  const place = Math.max(0, positionAt(of, now));
  return place < duration || Number.isNaN(duration)
    ? { place, plays: of.isPlaying }
    : { place: duration, plays: false };
}

/** The speed that brings a player to the room, or NaN: it is to seek. `lookEvery` in seconds. */
export function correction(drift: number, roomRate: number, ownRate: number, lookEvery: number): number {
  return rules().correction(drift, roomRate, ownRate, lookEvery);
}

/** How a player differs from a room, if it does. */
export function desyncOf(
  room: Course,
  isPlaying: boolean,
  rate: number,
  drift: number,
  isStalled: boolean,
): DesyncReason | undefined {
  return REASONS[rules().desync(+room.isPlaying, room.playbackRate, +isPlaying, rate, drift, +isStalled)];
}

/** The server may know the moment of a course less well than who said it, in seconds. */
const SAME_COURSE = 1;

/** Whether two courses are one: the server may have the moment of it otherwise. */
export function isSame(one: Course, other: Course): boolean {
  const { isPlaying, playbackRate, currentTime, at } = other;
  return (
    one.isPlaying === isPlaying &&
    one.playbackRate === playbackRate &&
    Math.abs(positionAt(one, at) - currentTime) < SAME_COURSE
  );
}
