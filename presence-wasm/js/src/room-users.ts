// Everybody in a room, one entry per user, this page's own among them.

import { othersOf, type OtherUser } from './people.js';
import type { Room } from './room.js';
import { derive, type Store } from './store.js';
import { NONE } from './table.js';

const known = /* @__PURE__ */ new WeakMap<Room, Store<readonly OtherUser[]>>();

/** The room's users, each over all of their sessions. This page's own comes first, the others as they joined. */
export function roomUsers(room: Room): Store<readonly OtherUser[]> {
  let users = known.get(room);
  if (!users) {
    users = derive(room.members, (members, before: readonly OtherUser[] = NONE) =>
      // Without an id to leave out.
      othersOf([...members].sort((a, b) => Number(b.own) - Number(a.own)), undefined, before),
    );
    known.set(room, users);
  }
  return users;
}

export function isOwn({ sessions }: OtherUser): boolean {
  return sessions.some(({ own }) => own);
}
