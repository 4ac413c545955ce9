// The engine's entries as the package hands them out: it adds which are the page's own.

import type { InstanceEntry, MemberEntry } from './types.gen.js';

/** One installed client in the list of who is here. */
export interface InstanceView extends Readonly<InstanceEntry> {
  /** Whether this is the instance we are. */
  readonly own: boolean;
}

/** One session in a room. */
export interface MemberView extends Readonly<MemberEntry> {
  /** Whether this is our own session. */
  readonly own: boolean;
}
