'use client';
// One timer for all that shows how time passes.

import { useSyncExternalStore } from 'react';

import { Listeners } from './listeners.js';

const EVERY_MS = 1_000;

let timer: ReturnType<typeof setInterval> | undefined;

const ticks = new Listeners<void>((on) => {
  clearInterval(timer);
  if (on) timer = setInterval(() => ticks.tell(), EVERY_MS);
});

/** Words that depend on the clock. The component renders when they differ, not when time passes. */
export function useTicking(words: () => string): string {
  return useSyncExternalStore(ticks.add, words, words);
}
