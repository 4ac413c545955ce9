// Every box under "Testing Scenarios" of koko's page, by its name there. Those of "Playback Sync Testing" are in
// `koko-playback.test.mjs`.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import {
  CURSOR,
  enter,
  event,
  JOIN,
  LEAVE,
  member,
  place,
  SELECTION,
  settle,
  signIn,
  TYPING,
  two,
} from './harness/koko.mjs';
import { open } from './harness/raw.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';

const server = await startServer(shared());

describe('Connection Testing', () => {
  test('WebSocket connection establishment', async (t) => {
    const ws = await open(`${server.url}/presence`, { t });
    assert.ok(ws.isOpen);
    await settle({ ws });
    assert.deepEqual(
      ws.all.map(({ type }) => type),
      ['pong'],
      'nothing is said before it is asked for',
    );
    assert.equal((await ws.close()).code, 1000);
  });

  test('Authentication on connect', async (t) => {
    const here = place();
    const ws = await open(`${server.url}/presence`, { t });
    ws.send(here.join);
    assert.equal((await ws.next('error')).error.code, 'unauthenticated');
    const ann = here.named('ann');
    ws.send({ type: 'auth', token: ann });
    const { data } = await ws.next('auth');
    assert.deepEqual({ success: data.success, userId: data.userId }, { success: true, userId: ann });
    assert.ok(data.sessionId);
    await enter({ ws }, here.join);

    const keyed = await startServer(t, { config: { jwt_secret: 'a secret of thirty-two characters or so' } });
    const stranger = await open(`${keyed.url}/presence`, { t });
    stranger.send({ type: 'auth', token: 'ann' });
    assert.equal((await stranger.next('auth')).data.success, false);
    stranger.send(here.join);
    assert.equal((await stranger.next('error')).error.code, 'unauthenticated');
  });

  test('Reconnection on disconnect', async (t) => {
    const { here, ann, john } = await two(t, server);
    ann.ws.send(here.at(CURSOR));
    await event(john, 'cursor_moved');
    await ann.ws.terminate();
    const back = await signIn(t, server, ann.userId, { sessionId: ann.sessionId });
    assert.equal(back.sessionId, ann.sessionId);
    const shown = await enter(back, here.join);
    assert.equal(shown.assignedColor, ann.assignedColor);
    assert.deepEqual(
      shown.room.users.map(({ userId }) => userId),
      [ann.userId, john.userId],
    );
    back.ws.send(here.at(CURSOR, { x: 0.1, y: 0.2 }));
    assert.equal((await event(john, 'cursor_moved')).sessionId, ann.sessionId);
    // Nobody saw her go, and nobody saw her come.
    assert.deepEqual([...john.ws.of('user_left'), ...john.ws.of('user_joined')], []);
    await back.ws.close();
    await event(john, 'user_left');
  });

  test('Multi-tab support', async (t) => {
    const { here, ann, john } = await two(t, server);
    const tab = await member(t, server, john.userId, here.join);
    assert.notEqual(tab.sessionId, john.sessionId, 'each tab has a session of its own');
    assert.notEqual(tab.assignedColor, john.assignedColor, 'and a colour');
    assert.equal(tab.room.userCount, 2, 'and is no second person');
    tab.ws.send(here.at(CURSOR));
    assert.equal((await event(ann, 'cursor_moved')).sessionId, tab.sessionId);
    assert.equal((await event(john, 'cursor_moved')).sessionId, tab.sessionId, 'his other tab sees it too');
    await tab.ws.close();
    // What it showed goes with it; he does not.
    assert.deepEqual((await event(ann, 'cursor_moved')).data, { color: tab.assignedColor });
    await event(ann, 'selection_changed');
    await event(ann, 'typing_stopped');
    assert.deepEqual(ann.ws.of('user_left'), []);
    assert.equal(ann.ws.of('user_joined').length, 1);
    await john.ws.close();
    assert.equal((await event(ann, 'user_left')).sessionId, john.sessionId);
  });
});

describe('Room Testing', () => {
  test('Join room', async (t) => {
    const { here, ann, john } = await two(t, server);
    assert.deepEqual(
      { id: john.room.id, type: john.room.type, userCount: john.room.userCount, syncEnabled: john.room.syncEnabled },
      { id: here.roomId, type: 'video', userCount: 2, syncEnabled: false },
    );
    assert.match(ann.assignedColor, /^#[0-9A-F]{6}$/);
    assert.notEqual(john.assignedColor, ann.assignedColor);
    // "Previous presence data loaded on join."
    ann.ws.send(here.at(CURSOR));
    ann.ws.send(here.at(SELECTION));
    ann.ws.send(here.at(TYPING));
    ann.ws.send({ type: 'setStatus', status: 'reviewing', statusMessage: 'scene 4' });
    await event(john, 'status_changed', { where: ({ data }) => data.statusMessage === 'scene 4' });
    await event(john, 'typing_started');
        const late = await member(t, server, here.named('cleo'), here.join);
    const seen = late.room.users.find(({ userId }) => userId === ann.userId);
    assert.deepEqual(
      { cursor: seen.cursor, selection: seen.selection, isTyping: seen.isTyping, color: seen.color },
      { cursor: CURSOR.data, selection: SELECTION.data, isTyping: true, color: ann.assignedColor },
    );
    assert.deepEqual([seen.status, seen.statusMessage], ['reviewing', 'scene 4']);
    // Several rooms at once.
    await enter(late, place().join);
  });

  test('Leave room', async (t) => {
    const { here, ann, john } = await two(t, server);
    john.ws.send(here.at(LEAVE));
    assert.equal((await john.ws.next('left')).roomId, here.roomId);
    john.ws.send(here.at(CURSOR));
    assert.equal((await john.ws.next('error')).error.code, 'not_a_member');
    ann.ws.send(here.at(CURSOR));
    await settle(ann);
    await settle(john);
    assert.deepEqual(john.ws.of('cursor_moved'), [], 'out is out');
    assert.equal((await enter(john, here.join)).room.userCount, 2, 'and in is in again');
  });

  test('Receive user_joined events', async (t) => {
    const { here, ann, john } = await two(t, server);
    const { data, ...told } = await event(ann, 'user_joined');
    assert.deepEqual(told, {
      type: 'user_joined',
      roomId: here.roomId,
      userId: john.userId,
      sessionId: john.sessionId,
    });
    assert.deepEqual({ name: data.name, color: data.color }, { name: john.userId, color: john.assignedColor });
    assert.deepEqual(john.ws.of('user_joined'), [], 'nobody is told of their own joining');
  });

  test('Receive user_left events', async (t) => {
    const { here, ann, john } = await two(t, server);
    const left = { type: 'user_left', roomId: here.roomId, userId: john.userId, sessionId: john.sessionId, data: {} };
    john.ws.send(here.at(LEAVE));
    assert.deepEqual(await event(ann, 'user_left'), left);
    await john.ws.next('left');
    assert.deepEqual(john.ws.of('user_left'), [], 'nobody is told of their own leaving');
    await enter(john, here.join);
    await john.ws.close();
    assert.deepEqual(await event(ann, 'user_left'), left);
  });

  test('Handle room limits', async (t) => {
    // "Max rooms per user: 10."
    const eleventh = place();
    const ann = eleventh.named('ann');
    const client = await signIn(t, server, ann);
    for (let count = 0; count < 10; count += 1) await enter(client, place().join);
    client.ws.send(eleventh.join);
    const { error, roomId } = await client.ws.next('error');
    assert.deepEqual([error.code, error.retryable, roomId], ['too_many_rooms', true, eleventh.roomId]);

    // "Max sessions per user: 5."
    for (let count = 1; count < 5; count += 1) await signIn(t, server, ann);
    const sixth = await open(`${server.url}/presence`, { t });
    sixth.send({ type: 'auth', token: ann });
    assert.equal((await sixth.next('error')).error.code, 'too_many_sessions');
    assert.equal((await sixth.closed).code, 4003);

    // "Max users per room": a hundred of them are in `tests/tests/it/limits.rs`.
    const small = await startServer(t, { config: { limits: { users_per_room: 2 } } });
    const first = await member(t, small, 'ann');
    await member(t, small, 'john');
    const third = await signIn(t, small, 'cleo');
    third.ws.send(JOIN);
    assert.equal((await third.ws.next('error')).error.code, 'room_full');
    await settle(first);
    assert.deepEqual(
      first.ws.of('user_joined').map(({ userId }) => userId),
      ['john'],
    );
  });
});

describe('Cursor Testing', () => {
  test('Cursor position broadcast', async (t) => {
    const { here, ann, john } = await two(t, server);
    ann.ws.send(here.at(CURSOR));
    assert.deepEqual(await event(john, 'cursor_moved'), {
      type: 'cursor_moved',
      roomId: here.roomId,
      userId: ann.userId,
      sessionId: ann.sessionId,
      data: { ...CURSOR.data, color: ann.assignedColor },
    });
    // As it was sent, to the last digit; and each of the three may be left out.
    const exact = { x: 0.30000000000000004, y: Math.PI / 4 };
    ann.ws.send(here.at(CURSOR, exact));
    assert.deepEqual((await event(john, 'cursor_moved')).data, { ...exact, color: ann.assignedColor });
    await settle(ann);
    assert.deepEqual(ann.ws.of('cursor_moved'), [], 'nobody is told of their own cursor');
  });

  test('Cursor throttling', async (t) => {
    const { here, ann, john } = await two(t, server);
    const began = performance.now();
    for (let step = 1; step <= 200; step += 1) ann.ws.send(here.at(CURSOR, { x: step / 200, y: 0.5 }));
    await event(john, 'cursor_moved', { where: ({ data }) => data.x === 1 });
    const seconds = (performance.now() - began) / 1000;
    const shown = john.ws.of('cursor_moved').map(({ data }) => data.x);
    // 20 a second, and 20 at once.
    assert.ok(shown.length <= 21 + 20 * seconds, `${shown.length} of 200 were shown in ${seconds} s`);
    assert.deepEqual(
      shown,
      [...shown].sort((a, b) => a - b),
      'in their order',
    );
    await settle(ann);
    assert.deepEqual(ann.ws.of('error'), []);
  });

  test('Cursor rendering on other clients', async (t) => {
    const { roomId, named } = place();
    const browser = await launch(t);
    const bob = named('Bob');
    const ann = await visit(t, browser, server.url, named('Ann'), { room: roomId });
    const other = await visit(t, browser, server.url, bob, { room: roomId });
    for (const [x, y] of [
      [0.25, 0.5],
      [0.8, 0.1],
    ]) {
      await other.point(x, y);
      await ann.sees(bob, x, y);
    }
    assert.deepEqual(await other.cursors(), [], 'nobody is shown their own cursor');
    await other.leave();
    await until(() => ann.cursors(), { is: [] });
    assert.deepEqual(ann.errors, []);
  });

  test('Cursor cleanup on leave', async (t) => {
    const { here, ann, john } = await two(t, server);
    john.ws.send(here.at(CURSOR));
    john.ws.send(here.at(SELECTION));
    await event(ann, 'cursor_moved');
    assert.deepEqual((await event(ann, 'selection_changed')).data, { ...SELECTION.data, color: john.assignedColor });
    john.ws.send(here.at(LEAVE));
    await event(ann, 'user_left');
    const again = await enter(john, here.join);
    const { cursor, selection } = again.room.users.find(({ userId }) => userId === john.userId);
    assert.deepEqual([cursor, selection], [undefined, undefined]);
    // Off the surface without leaving the room.
    ann.ws.send(here.at(CURSOR));
    ann.ws.send(here.at(CURSOR, {}));
    ann.ws.send(here.at(SELECTION));
    ann.ws.send(here.at(SELECTION, null));
    await event(john, 'selection_changed', { where: ({ data }) => !('startTime' in data) });
    await event(john, 'cursor_moved', { where: ({ data }) => !('x' in data) });
        const { users } = (await member(t, server, here.named('cleo'), here.join)).room;
    assert.deepEqual(
      users.map(({ cursor, selection }) => [cursor, selection]),
      users.map(() => [undefined, undefined]),
    );
  });
});
