// The room client of koko's page: every message is sent as it is printed there, and what comes back is
// read as it is printed there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { CURSOR, event, HEARTBEAT, ISO, JOIN, LEAVE, member, ROOM, TYPING } from './harness/koko.mjs';
import { open } from './harness/raw.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { stays, until } from './harness/wait.mjs';

test('nothing comes before auth, and what needs one is refused', async (t) => {
  const server = await startServer(t);
  const ws = await open(`${server.url}/presence`, { t });
  ws.send(JOIN);
  const { error } = await ws.next('error');
  assert.deepEqual(
    { code: error.code, retryable: error.retryable },
    { code: 'unauthenticated', retryable: false },
  );
  assert.match(error.message, /join/);
  assert.equal(ws.all.length, 1);
  ws.send({ type: 'auth', token: 'ann' });
  assert.equal((await ws.next('auth')).data.success, true);
  ws.send(JOIN);
  await ws.next('joined');
});

test('join: the room as it stands, a colour of one’s own, and the others hear of it', async (t) => {
  const server = await startServer(t);
  const ann = await member(t, server, 'ann');
  assert.match(ann.assignedColor, /^#[0-9A-F]{6}$/);
  const { users, createdAt, ...room } = ann.room;
  assert.deepEqual(room, { id: ROOM, type: 'video', userCount: 1, syncEnabled: false });
  assert.match(createdAt, ISO);

  ann.ws.send(CURSOR);
  ann.ws.send(TYPING);
  ann.ws.send(HEARTBEAT);
  await ann.ws.next('pong');
  const john = await member(t, server, 'john');
  assert.notEqual(john.assignedColor, ann.assignedColor);
  assert.equal(john.room.userCount, 2);
  for (const { lastActiveAt } of john.room.users) {
    assert.match(lastActiveAt, ISO);
    assert.ok(Math.abs(Date.parse(lastActiveAt) - Date.now()) < 10_000, lastActiveAt);
  }
  const { lastActiveAt, sessionId, ...seen } = john.room.users.find(({ userId }) => userId === 'ann');
  assert.equal(sessionId, ann.sessionId);
  assert.deepEqual(seen, {
    userId: 'ann',
    name: 'ann',
    color: ann.assignedColor,
    status: 'active',
    roomId: ROOM,
    roomType: 'video',
    cursor: CURSOR.data,
    isTyping: true,
    isWatching: false,
    liveness: 'connected',
  });

  const { data, ...told } = await event(ann, 'user_joined');
  assert.deepEqual(told, { type: 'user_joined', roomId: ROOM, userId: 'john', sessionId: john.sessionId });
  assert.deepEqual({ name: data.name, color: data.color }, { name: 'john', color: john.assignedColor });
  assert.deepEqual(john.ws.of('user_joined'), [], 'nobody is told of their own joining');
  assert.equal(users.length, 1);
});

test('cursor, typing and heartbeat between two clients', async (t) => {
  const server = await startServer(t);
  const ann = await member(t, server, 'ann');
  const john = await member(t, server, 'john');
  const of = (who) => ({ roomId: ROOM, userId: who.userId, sessionId: who.sessionId });

  ann.ws.send(CURSOR);
  assert.deepEqual(await event(john, 'cursor_moved'), {
    type: 'cursor_moved',
    ...of(ann),
    data: { timestamp: 15.5, x: 0.45, y: 0.62, color: ann.assignedColor },
  });
  // Each of the three may be left out.
  john.ws.send({ type: 'cursor', roomId: ROOM, data: { timestamp: 7.25 } });
  const { data } = await event(ann, 'cursor_moved');
  assert.deepEqual(data, { timestamp: 7.25, color: john.assignedColor });

  const began = performance.now();
  ann.ws.send(TYPING);
  assert.deepEqual(await event(john, 'typing_started'), {
    type: 'typing_started',
    ...of(ann),
    data: { context: 'comment' },
  });
  // "Auto-stop after 5 seconds of no typing", and not before.
  await stays(() => john.ws.of('typing_stopped').length, { is: 0, for: 4000 });
  await john.ws.next('typing_stopped', { timeout: 2500 });
  const lasted = performance.now() - began;
  assert.ok(lasted >= 4900, `typing ended after ${lasted} ms`);
  ann.ws.send(TYPING);
  await john.ws.next('typing_started');
  ann.ws.send({ type: 'typing', roomId: ROOM, data: { isTyping: false } });
  await john.ws.next('typing_stopped');

  ann.ws.send(HEARTBEAT);
  await ann.ws.next('pong');
  ann.ws.send({ type: 'heartbeat', status: 'idle' });
  await ann.ws.next('pong');
  const changed = await event(john, 'status_changed');
  assert.deepEqual(changed, { type: 'status_changed', ...of(ann), data: { status: 'idle' } });
  ann.ws.send(HEARTBEAT);
  await john.ws.next('status_changed', { where: ({ data }) => data.status === 'active' });

  assert.deepEqual(ann.ws.of('typing_started'), [], 'nobody is told of their own typing');
  assert.deepEqual([...ann.ws.of('error'), ...john.ws.of('error')], []);
});

test('leave: said, and by closing', async (t) => {
  const server = await startServer(t);
  const ann = await member(t, server, 'ann');
  const john = await member(t, server, 'john');
  john.ws.send(CURSOR);
  john.ws.send(TYPING);
  await ann.ws.next('typing_started');
  john.ws.send(LEAVE);
  assert.equal((await john.ws.next('left')).roomId, ROOM);
  const { type, roomId, userId } = await event(ann, 'user_left');
  assert.deepEqual({ type, roomId, userId }, { type: 'user_left', roomId: ROOM, userId: 'john' });

  // Out is out: neither heard nor hearing.
  john.ws.send(CURSOR);
  assert.equal((await john.ws.next('error')).error.code, 'not_a_member');
  ann.ws.send(CURSOR);
  john.ws.send(HEARTBEAT);
  await john.ws.next('pong');
  assert.deepEqual(john.ws.of('cursor_moved'), []);

  john.ws.send(JOIN);
  const { data } = await john.ws.next('joined');
  assert.deepEqual(
    data.room.users.map(({ userId, cursor, isTyping }) => [userId, cursor, isTyping]),
    [
      ['ann', CURSOR.data, false],
      ['john', undefined, false],
    ],
  );
  await ann.ws.next('user_joined');
  await ann.ws.next('user_joined');
  await john.ws.close();
  await event(ann, 'user_left');
});

test('several rooms at once, several tabs of a user, and the same id under another type', async (t) => {
  const server = await startServer(t);
  const ann = await member(t, server, 'ann');
  ann.ws.send({ type: 'join', roomId: 'project_456', roomType: 'project' });
  assert.equal((await ann.ws.next('joined')).roomId, 'project_456');
  const other = await member(t, server, 'john', { type: 'join', roomId: 'project_456', roomType: 'project' });
  const john = await member(t, server, 'john');
  assert.notEqual(other.sessionId, john.sessionId);
  // One user joined each room; in each he has one entry.
  assert.deepEqual(
    [(await event(ann, 'user_joined')).roomId, (await event(ann, 'user_joined')).roomId],
    ['project_456', ROOM],
  );
  const second = await member(t, server, 'john');
  assert.equal(second.room.userCount, 2);

  other.ws.send({ ...CURSOR, roomId: 'project_456' });
  assert.equal((await event(ann, 'cursor_moved')).roomId, 'project_456');
  await john.ws.close();
  await second.ws.close();
  assert.deepEqual(await event(ann, 'user_left').then(({ roomId, sessionId }) => [roomId, sessionId]), [
    ROOM,
    second.sessionId,
  ]);
  assert.deepEqual(ann.ws.of('user_joined').length, 2, 'a second tab is no second person');

  ann.ws.send({ ...JOIN, roomType: 'comparison' });
  assert.equal((await ann.ws.next('error')).error.code, 'room_type_conflict');
});

test('a client and a page in one room see each other’s cursor and typing', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, await launch(t), server.url, 'Ann', { room: 'shared' });
  const { sessionId } = await ann.self();
  const john = await member(t, server, 'john', { type: 'join', roomId: 'shared', roomType: 'video' });
  assert.deepEqual(
    john.room.users.map((user) => user.userId),
    ['Ann', 'john'],
  );
  await until(async () => (await ann.members()).map(({ user }) => user), { is: ['Ann', 'john'] });
  const colours = await ann.page.evaluate(() =>
    window.presence
      .room('shared', { type: 'video' })
      .members.get()
      .map(({ userId, color }) => [userId, color]),
  );
  assert.equal(Object.fromEntries(colours).john, john.assignedColor);

  john.ws.send({ ...CURSOR, roomId: 'shared' });
  await ann.sees('john', 0.45, 0.62);
  await ann.point(0.3, 0.8);
  const moved = await john.ws.next('cursor_moved', { where: ({ data }) => Math.abs(data.y - 0.8) < 0.01 });
  assert.ok(Math.abs(moved.data.x - 0.3) < 0.01);
  assert.deepEqual([moved.userId, moved.sessionId], ['Ann', sessionId]);

  john.ws.send({ ...TYPING, roomId: 'shared' });
  await until(() => ann.typing(), { is: ['john is typing…'] });
  await ann.page.getByTestId('comment').pressSequentially('hi');
  assert.equal((await event(john, 'typing_started')).userId, 'Ann');
  john.ws.send({ type: 'typing', roomId: 'shared', data: { isTyping: false } });
  await until(() => ann.typing(), { is: [] });

  john.ws.send({ type: 'leave', roomId: 'shared' });
  await until(async () => (await ann.members()).map(({ user }) => user), { is: ['Ann'] });
  assert.deepEqual(await ann.cursors(), []);
  john.ws.send({ type: 'join', roomId: 'shared', roomType: 'video' });
  await john.ws.next('joined');
  await ann.leave();
  assert.equal((await event(john, 'user_left')).userId, 'Ann');
});
