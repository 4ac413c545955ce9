// The part of the film that somebody marks. Pure.

import type { Selection } from 'presence-wasm';

/** A shorter one is a click. */
const SHORTEST = 0.1;

/** From one moment to another, whichever was first; null for a click. */
export function selectionBetween(one: number, other: number, duration: number): Selection | null {
  const within = (seconds: number) => Math.round(Math.min(duration, Math.max(0, seconds)) * 100) / 100;
  const [startTime, endTime] = [within(Math.min(one, other)), within(Math.max(one, other))];
  return endTime - startTime < SHORTEST ? null : { startTime, endTime };
}

/** With another beginning: the end stays if it is later, else it is that of the film. */
export function from(seconds: number, before: Selection | null, duration: number): Selection | null {
  const end = before !== null && before.endTime > seconds ? before.endTime : duration;
  return selectionBetween(seconds, end, duration);
}

/** With another end: the beginning stays if it is earlier, else it is that of the film. */
export function to(seconds: number, before: Selection | null, duration: number): Selection | null {
  const start = before !== null && before.startTime < seconds ? before.startTime : 0;
  return selectionBetween(start, seconds, duration);
}
