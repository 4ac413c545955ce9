// One timer for everything on the page that shows how time passes.

import { useSyncExternalStore } from 'react';

/** Half a second: a countdown in whole seconds then never skips one. */
const EVERY_MS = 500;

const listeners = new Set<() => void>();
let timer: number | undefined;

/**
 * Words that depend on the clock. The component renders when they differ, not when time passes:
 * two hundred ages that say "3 min ago" cost a comparison each.
 */
export function useTicking(words: () => string): string {
  return useSyncExternalStore(subscribe, words);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= window.setInterval(tick, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    window.clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  for (const listener of listeners) listener();
}
