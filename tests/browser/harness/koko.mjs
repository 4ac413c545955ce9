// The client of koko's page: what it sends is what is printed there.

import assert from 'node:assert/strict';
import { open } from './raw.mjs';

export const ROOM = 'video_123';
export const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

export const JOIN = { type: 'join', roomId: ROOM, roomType: 'video' };
export const LEAVE = { type: 'leave', roomId: ROOM };
export const HEARTBEAT = { type: 'heartbeat', status: 'active' };
export const CURSOR = { type: 'cursor', roomId: ROOM, data: { timestamp: 15.5, x: 0.45, y: 0.62 } };
export const TYPING = { type: 'typing', roomId: ROOM, data: { isTyping: true, context: 'comment' } };
export const SELECTION = { type: 'selection', roomId: ROOM, data: { startTime: 10.0, endTime: 25.5 } };
export const PLAYBACK = {
  type: 'playback',
  roomId: ROOM,
  data: { action: 'sync', isPlaying: true, currentTime: 45.5, playbackRate: 1.0 },
};
export const CONTROL_REQUEST = { type: 'control_request', roomId: ROOM };

/** Rooms and people that no test before had: what is said in one, and by whom. */
let places = 0;
export function place() {
  places += 1;
  const roomId = `${ROOM}-${places}`;
  const at = (message, data) => ({ ...message, roomId, ...(data === undefined ? {} : { data }) });
  const playback = (action, data = {}) => at(PLAYBACK, { action, ...data });
  return { roomId, at, playback, join: at(JOIN), named: (name) => `${name}-${roomId}` };
}

/** Ann and John in a room of their own. */
export async function two(t, server) {
  const here = place();
  const enters = (name) => member(t, server, here.named(name), here.join);
  return { here, ann: await enters('ann'), john: await enters('john') };
}

/** "Connection Setup", perhaps of a session that is taken up again. */
export async function signIn(t, server, sessionToken, more = {}) {
  const ws = await open(`${server.url}/presence`, { t });
  ws.send({ type: 'auth', token: sessionToken, ...more });
  const { data } = await ws.next('auth');
  assert.deepEqual({ success: data.success, userId: data.userId }, { success: true, userId: sessionToken });
  return { ws, ...data };
}

/** Somebody in the room, with the room as it was shown. */
export async function member(t, server, sessionToken, join = JOIN) {
  const client = await signIn(t, server, sessionToken);
  return { ...client, ...(await enter(client, join)) };
}

export async function enter({ ws }, join = JOIN) {
  ws.send(join);
  const { data } = await ws.next('joined', { where: ({ roomId }) => roomId === join.roomId });
  return data;
}

/** The next event of a type, without the moment, which is checked. */
export async function event(client, type, options) {
  const { timestamp, ...rest } = await client.ws.next(type, options);
  assert.match(timestamp, ISO);
  assert.ok(Math.abs(Date.parse(timestamp) - Date.now()) < 10_000, timestamp);
  return rest;
}

/** Whatever was sent before has been handled, and what came of it for this client is here. */
export async function settle({ ws }) {
  ws.send({ type: 'ping' });
  await ws.next('pong');
}
