// An age that keeps itself up to date.

import { ageWords } from './age.ts';
import { useTicking } from './ticker.ts';

/** How long ago `at` was by the clock `now`; null is now. */
export function AgeText({ at, now }: { at: number | null; now: () => number }) {
  return useTicking(() => (at === null ? 'now' : ageWords(now(), at)));
}
