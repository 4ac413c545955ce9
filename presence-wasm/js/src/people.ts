// From entries to people: rows of the same user become one. Pure.

import { keep } from './store.js';
import { NONE } from './table.js';
import type { Liveness, Millis, Status } from './types.gen.js';
import type { InstanceView, MemberView } from './views.js';

/** A user over all of their instances. */
export interface UserView {
  readonly userId: string;
  readonly name: string;
  /** The most present of the instances' statuses; one that was set by hand wins. */
  readonly status: Status;
  /** The best of the instances' lines: a user is suspect when all of them are. */
  readonly liveness: Liveness;
  /** Newest input on any instance, by the server's clock in ms; absent when none was reported. */
  readonly lastInputAt?: Millis;
  readonly instances: readonly InstanceView[];
  /** Whether this is who the page itself signed in as. */
  readonly own: boolean;
}

/** Another user in a room, over all of their sessions there. */
export interface OtherUser {
  readonly userId: string;
  readonly name: string;
  readonly image?: string;
  /** `#RRGGBB` of the session that has been here longest; readable on white and on black. */
  readonly color: string;
  readonly status: Status;
  readonly liveness: Liveness;
  /** Newest activity of any session, by the server's clock in ms. */
  readonly lastActiveAt: Millis;
  /** When the first of the sessions joined, by the server's clock in ms. */
  readonly joinedAt: Millis;
  /** Where the user is typing, perhaps an empty text; absent while not. */
  readonly typing?: string;
  /** The user's sessions (tabs) in the room, oldest first. */
  readonly sessions: readonly MemberView[];
}

/** Least present first. What was set by hand stands above what was derived. */
const STATUSES: readonly Status[] = ['offline', 'away', 'idle', 'active', 'reviewing', 'busy'];
const LIVENESSES: readonly Liveness[] = ['gone', 'suspect', 'connected'];

/** The users behind a list of instances; those of `before` where they did not change. */
export function usersOf(instances: readonly InstanceView[], before: readonly UserView[] = NONE): readonly UserView[] {
  // The server's own row is no person.
  const people = instances.filter((instance) => instance.mode !== 'gateway');
  return merged(people, before, (rows, person) => {
    const inputs = rows.flatMap((row) => row.lastInputAt ?? []);
    return {
      ...person,
      ...(inputs.length > 0 && { lastInputAt: Math.max(...inputs) }),
      instances: rows,
      own: rows.some((row) => row.own),
    };
  });
}

/** The users behind a room's members, without `ownUserId`. */
export function othersOf(
  members: readonly MemberView[],
  ownUserId: string | undefined,
  before: readonly OtherUser[] = NONE,
): readonly OtherUser[] {
  const others = members.filter((member) => member.userId !== ownUserId);
  return merged(others, before, (rows, person, { color }) => {
    const typing = rows.find((row) => row.typing !== undefined)?.typing;
    const image = rows.find((row) => row.image !== undefined)?.image;
    return {
      ...person,
      ...(image !== undefined && { image }),
      color,
      lastActiveAt: Math.max(...rows.map((row) => row.lastActiveAt)),
      joinedAt: Math.min(...rows.map((row) => row.joinedAt)),
      ...(typing !== undefined && { typing }),
      sessions: rows,
    };
  });
}

/** Built when first asked of a list: a page asks once per face it shows. */
const indexes = /* @__PURE__ */ new WeakMap<readonly UserView[], ReadonlyMap<string, UserView>>();

/** A user's status by such a list; `offline` for who is not in it. */
export function statusIn(users: readonly UserView[], userId: string): Status {
  let index = indexes.get(users);
  if (!index) indexes.set(users, (index = new Map(users.map((user) => [user.userId, user]))));
  return index.get(userId)?.status ?? 'offline';
}

/** Those who are typing in `context` with any session; without a context, those who are typing. */
export function typingIn(users: readonly OtherUser[], context: string | undefined): readonly OtherUser[] {
  return users.filter(({ sessions }) =>
    sessions.some(({ typing }) => (context === undefined ? typing !== undefined : typing === context)),
  );
}

function best<W>(order: readonly W[], words: readonly W[]): W {
  return words.reduce((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a));
}

/** What entries of all kinds tell of a person. */
type Person = Pick<UserView, 'userId' | 'name' | 'status' | 'liveness'>;

/** One merged entry per user, in order of their first rows; equal ones stay the objects they were. */
function merged<R extends Person, U extends Person>(
  rows: readonly R[],
  before: readonly U[],
  merge: (rows: readonly R[], person: Person, first: R) => U,
): readonly U[] {
  const known = new Map(before.map((user) => [user.userId, user]));
  const byUser = new Map<string, [R, ...R[]]>();
  for (const row of rows) {
    const of = byUser.get(row.userId);
    if (of) of.push(row);
    else byUser.set(row.userId, [row]);
  }
  const users = [...byUser].map(([userId, of]) => {
    const status = best(STATUSES, of.map((row) => row.status));
    const liveness = best(LIVENESSES, of.map((row) => row.liveness));
    const user = merge(Object.freeze(of), { userId, name: of[0].name, status, liveness }, of[0]);
    return keep(known.get(userId), Object.freeze(user));
  });
  return keep(before, users.length === 0 ? NONE : Object.freeze(users));
}
