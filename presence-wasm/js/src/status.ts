// `getUserStatus` of kleoz' page. The rule is in Rust, where the server has it too (`presence-model/src/status.rs`); it
// comes as a module of 166 bytes, which is compiled at the first call, without waiting. Importing this does nothing.

import { clockOf } from './clocks.js';
import { rulesOf } from './engine/rules.js';
import base64 from './engine/user-status.gen.js';
import type { Millis, Status } from './types.gen.js';

/** What a person does, as far as an entry alone tells. */
export type UserStatus = 'active' | 'idle' | 'away' | 'offline';

/** What is read of an entry: of the server's JSON, of kleoz', or of this package. */
export interface StatusSource {
  /** The newest life sign, by the server's clock in ms. */
  readonly ts: Millis;
  /** As JSON has it: seconds from the last input to when the entry was written. */
  readonly lastInputSeconds?: number | undefined;
  /** As this package has it: when the last input was, by the server's clock in ms. */
  readonly lastInputAt?: Millis | undefined;
  /** `disconnect`: the entry is only kept for a while; who it tells of is offline at once. */
  readonly reason?: string | undefined;
}

/** Times in whole ms; what is left out is as on kleoz' page. */
export interface StatusOptions {
  /**
   * The time by the server's clock. Default: as the client knows it for entries that a hook gave, `Date.now()` for
   * others. Where a person's clock may be wrong, give `client.serverNow()`.
   */
  readonly now?: Millis | undefined;
  /** Without input for longer than this: idle. 30 s. */
  readonly idleAfter?: Millis | undefined;
  /** Without input for longer than this: away. 2 min. */
  readonly awayAfter?: Millis | undefined;
  /** Without a life sign for longer than this: offline. 5 min. */
  readonly offlineAfter?: Millis | undefined;
}

/** In the order of Rust's `Status::ALL`. The rule never gives those that are set by hand. */
const STATUSES: readonly Status[] = ['active', 'idle', 'away', 'busy', 'reviewing', 'offline'];

/** NaN is what is not there. */
type Rule = (age: Millis, quiet: Millis, idleAfter: Millis, awayAfter: Millis, offlineAfter: Millis) => number;

let rule: Rule | undefined;

/**
 * What the person behind an entry does, by the entry alone: `const status = getUserStatus(entry)`. Entries of this
 * package have a `status` besides, which the server keeps up to date and which can also be `busy` or `reviewing`.
 */
export function getUserStatus(entry: StatusSource, options: StatusOptions = {}): UserStatus {
  if (entry.reason === 'disconnect') return 'offline';
  const { now = clockOf(entry)(), idleAfter = NaN, awayAfter = NaN, offlineAfter = NaN } = options;
  rule ??= rulesOf<{ user_status: Rule }>(base64).user_status;
  return STATUSES[rule(now - entry.ts, quiet(entry, now), idleAfter, awayAfter, offlineAfter)] as UserStatus;
}

function quiet({ lastInputSeconds, lastInputAt }: StatusSource, now: Millis): Millis {
  if (typeof lastInputSeconds === 'number') return lastInputSeconds * 1_000;
  return typeof lastInputAt === 'number' ? now - lastInputAt : NaN;
}
