import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { clientWith } from '../dist/client.js';
import { typingInput } from '../dist/typing.js';
import { fakeClient, member, roomUpdate, selfUpdate, settle } from './harness.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

async function entered(id = 'video_1') {
  const fake = fakeClient();
  fake.client.start();
  await settle();
  const room = fake.client.room(id, { type: 'video' });
  const leave = room.enter();
  return { ...fake, room, leave, engine: fake.engine() };
}

test('one handle per id and type', () => {
  const { client } = fakeClient();
  assert.equal(client.room('a', { type: 'video' }), client.room('a', { type: 'video' }));
  assert.notEqual(client.room('a', { type: 'video' }), client.room('b', { type: 'video' }));
  assert.notEqual(client.room('a', { type: 'video' }), client.room('a', { type: 'project' }));
  assert.equal(client.room(' a ', { type: 'video' }).id, 'a', 'as the server will call it');
});

test('a server keeps no handles', () => {
  const client = clientWith(undefined, {});
  assert.notEqual(client.room('a', { type: 'video' }), client.room('a', { type: 'video' }));
});

test('a room entered before the start is entered with it', async () => {
  const { client, engine } = fakeClient();
  client.room('a', { type: 'project' }).enter();
  client.start();
  await settle();
  assert.deepEqual(engine().calls, [['enter', 'a', 'project'], ['start']]);
});

test('a remount is no leave; the last to let go leaves in the next task', async () => {
  const { room, leave, engine } = await entered();
  assert.deepEqual(engine.calls.at(-1), ['enter', 'video_1', 'video']);
  assert.equal(room.state.get().state, 'joining');
  leave();
  const again = room.enter();
  const third = room.enter();
  mock.timers.tick(10);
  again();
  third();
  assert.equal(engine.count('enter'), 1);
  assert.equal(engine.count('leave'), 0);
  mock.timers.tick(1);
  assert.deepEqual(engine.calls.at(-1), ['leave', 'video_1']);
  assert.equal(room.state.get().state, 'outside');
});

test('the same id under another type puts the older one out', async () => {
  const { client, room, leave, engine } = await entered();
  client.room('video_1', { type: 'comparison' }).enter();
  assert.deepEqual(engine.calls.slice(-2), [['leave', 'video_1'], ['enter', 'video_1', 'comparison']]);
  assert.equal(room.state.get().state, 'outside');
  leave();
  mock.timers.tick(1);
  assert.equal(engine.count('leave'), 1);
});

test('members become self, others and who is typing', async () => {
  const { room, engine } = await entered();
  const own = member('s0', 'me', 0);
  const mine = member('s1', 'me', 1);
  const ana = member('s2', 'ana', 2, { liveness: 'suspect', image: 'a.png' });
  const bo = member('s3', 'bo', 3);
  const ana2 = member('s4', 'ana', 4, { typing: 'reply' });
  engine.say(selfUpdate('me', 's0'), roomUpdate('video_1', [ana2, mine, bo, own, ana], { whole: true }));
  engine.say(roomUpdate('elsewhere', [bo], { whole: true }));
  await settle();
  assert.equal(room.state.get().state, 'joined');
  const shown = (entry) => ({ ...entry, own: entry === own });
  assert.deepEqual(room.members.get(), [own, mine, ana, bo, ana2].map(shown), 'who came first stands first');
  assert.equal(room.self.get(), room.members.get()[0]);
  const others = room.others.get();
  assert.deepEqual(others.map((other) => other.userId), ['ana', 'bo']);
  assert.deepEqual(others[0], {
    userId: 'ana',
    name: 'ana',
    image: 'a.png',
    color: ana.color,
    status: 'active',
    liveness: 'connected',
    lastActiveAt: ana2.lastActiveAt,
    joinedAt: ana.joinedAt,
    typing: 'reply',
    sessions: [ana, ana2].map(shown),
  });
  assert.deepEqual(room.typing.get(), [others[0]]);

  let heard = 0;
  room.typing.subscribe(() => (heard += 1));
  engine.say(roomUpdate('video_1', [{ ...bo, status: 'idle' }]));
  await settle();
  assert.equal(heard, 0, 'nobody began or ended');
  assert.equal(room.others.get()[0], others[0]);
  engine.say(roomUpdate('video_1', [], { left: ['s4'] }));
  await settle();
  assert.equal(heard, 1);
  assert.deepEqual(room.typing.get(), []);
});

test('a refusal is shown, and gone with the next state', async () => {
  const { room, engine } = await entered();
  engine.say(roomUpdate('video_1', [member('s2', 'ana', 2)], { whole: true }));
  await settle();
  const refusal = { code: 'room_full', message: 'room holds 100 users already', retryable: true };
  engine.say(roomUpdate('video_1', [], { state: 'refused', refusal }));
  await settle();
  assert.deepEqual(room.state.get(), { state: 'refused', refusal });
  assert.deepEqual(room.members.get(), []);
  engine.say(roomUpdate('video_1', [], { state: 'joined' }));
  await settle();
  assert.deepEqual(room.state.get(), { state: 'joined' });
});

test('a left room forgets who was in it', async () => {
  const { room, leave, engine } = await entered();
  engine.say(roomUpdate('video_1', [member('s2', 'ana', 2)], { whole: true }));
  await settle();
  leave();
  mock.timers.tick(1);
  assert.deepEqual(room.members.get(), []);
  engine.say(roomUpdate('video_1', [member('s2', 'ana', 2)], { whole: true }));
  await settle();
  assert.deepEqual(room.others.get(), [], 'a late word about a room that was left');
});

test('cursor and typing are told while inside, and not from outside', async () => {
  const { room, leave, engine } = await entered();
  room.setCursor({ x: 0.5, y: 0.25 });
  room.setCursor({ timestamp: 12.5 });
  room.setCursor(null);
  room.setTyping(false);
  room.setTyping(true);
  room.setTyping('comment');
  room.setTyping(false);
  room.setTyping(false);
  assert.deepEqual(engine.calls.slice(2), [
    ['setCursor', 'video_1', 0.5, 0.25, NaN],
    ['setCursor', 'video_1', NaN, NaN, 12.5],
    ['setCursor', 'video_1', NaN, NaN, NaN],
    ['setTyping', 'video_1', ''],
    ['setTyping', 'video_1', 'comment'],
    ['setTyping', 'video_1', undefined],
  ]);
  leave();
  mock.timers.tick(1);
  const told = engine.calls.length;
  room.setCursor({ x: 0, y: 0 });
  room.setTyping(true);
  assert.equal(engine.calls.length, told);
});

test('a text field tells of typing', () => {
  const told = [];
  const { inputProps } = typingInput({ setTyping: (typing) => told.push(typing) }, 'comment');
  inputProps.onInput({ currentTarget: { value: 'h' } });
  inputProps.onInput({ currentTarget: {} });
  inputProps.onInput({ currentTarget: { value: '' } });
  inputProps.onKeyDown({ key: 'a', shiftKey: false });
  inputProps.onKeyDown({ key: 'Enter', shiftKey: true });
  inputProps.onKeyDown({ key: 'Enter', shiftKey: false });
  inputProps.onBlur();
  assert.deepEqual(told, ['comment', 'comment', false, false, false]);
});
