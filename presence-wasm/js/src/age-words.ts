// How long ago something was, in words. Pure: the caller brings both times, by the same clock.

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
];

/** Below this an age is "now": a number that changes while one reads it says less. */
const NOW_MS = 5_000;

/** `12 s ago`, in the largest unit of which a whole one has passed; what is not past is now. */
export function ageWords(now: number, then: number): string {
  const age = now - then;
  const unit = UNITS.find(([, length]) => age >= length);
  return unit && age >= NOW_MS ? `${Math.floor(age / unit[1])} ${unit[0]} ago` : 'now';
}
