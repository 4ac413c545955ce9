// Words for how long ago something was. Pure: the caller brings both times, by the same clock.

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Below this an age is "now": a number that changes while one reads it says less. */
const NOW = 5 * SECOND;

/**
 * `12 s ago`, in the largest unit of which a whole one has passed.
 * A moment in the future is now: it comes from a clock offset that is only an estimate.
 */
export function ageWords(now: number, then: number): string {
  const age = now - then;
  if (!(age >= NOW)) return 'now';
  if (age < MINUTE) return `${whole(age, SECOND)} s ago`;
  if (age < HOUR) return `${whole(age, MINUTE)} min ago`;
  if (age < DAY) return `${whole(age, HOUR)} h ago`;
  const days = whole(age, DAY);
  return days === 1 ? '1 day ago' : `${days} days ago`;
}

/** Seconds left until `then`, rounded up, so that a countdown ends with 1 and not with 0. */
export function secondsUntil(now: number, then: number): number {
  return Math.max(0, Math.ceil((then - now) / SECOND));
}

function whole(age: number, unit: number): number {
  return Math.floor(age / unit);
}
