// Who in a room watches, and who of them follows what the room plays. Pure.

import type { OtherUser } from './people.js';
import type { DesyncReason } from './types.gen.js';

export type ViewerState = 'controlling' | 'synced' | 'desynced' | 'silent';

export interface Viewer {
  readonly user: OtherUser;
  readonly state: ViewerState;
  /** How the player differs from the room's; only with `desynced`. */
  readonly reason?: DesyncReason;
}

/** The users of the room who have a player, the one who drives first. */
export function viewersOf(users: readonly OtherUser[], controllerId: string | undefined): readonly Viewer[] {
  const viewers = users.flatMap((user) => viewer(user, controllerId) ?? []);
  return viewers.sort((a, b) => Number(b.user.userId === controllerId) - Number(a.user.userId === controllerId));
}

/** Of several players of one person the best counts, as the best line does. */
function viewer(user: OtherUser, controllerId: string | undefined): Viewer | undefined {
  const isController = user.userId === controllerId;
  const players = user.sessions.flatMap(({ watching }) => watching ?? []);
  if (!isController && players.length === 0) return undefined;
  if (user.liveness !== 'connected') return { user, state: 'silent' };
  if (isController) return { user, state: 'controlling' };
  const reason = players[0]?.desync;
  const isSynced = players.some(({ desync }) => desync === undefined);
  return isSynced || reason === undefined ? { user, state: 'synced' } : { user, state: 'desynced', reason };
}

export function isFollowing({ state }: Viewer): boolean {
  return state === 'controlling' || state === 'synced';
}
