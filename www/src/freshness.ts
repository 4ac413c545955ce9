// How long ago an instance was last seen, in the three words that the gateway's own app has for it. Pure.

import type { InstanceView } from 'presence-wasm';

export type Freshness = 'active' | 'idle' | 'stale';

const ACTIVE_MS = 120_000;
const IDLE_MS = 300_000;

/** Both times by the same clock. */
export function freshness(now: number, seenAt: number): Freshness {
  const age = now - seenAt;
  if (age > IDLE_MS) return 'stale';
  return age > ACTIVE_MS ? 'idle' : 'active';
}

/**
 * Who has a living line is seen all the time, but their `ts` is told again only every few minutes:
 * its age would say "last seen 3 min ago" of somebody who is looking at us.
 */
export function isLiving({ liveness, sessions, reason }: InstanceView): boolean {
  return liveness === 'connected' && (sessions.length > 0 || reason === 'self');
}

/**
 * When an instance was last seen; null is now. `lostAt` is when our own line was lost, since when nobody was
 * seen; null while it is up.
 */
export function seenAt(entry: InstanceView, lostAt: number | null): number | null {
  return isLiving(entry) ? lostAt : entry.ts;
}
