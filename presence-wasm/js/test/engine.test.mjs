// The engine as it is shipped, under Node: it needs no page, only somebody who opens its socket.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, test } from 'node:test';

import { browser } from '../dist/engine/browser.js';
import { RETRY, START, STOP } from '../dist/types.gen.js';
import { FakeSocket } from './harness.mjs';

const glue = new URL('../dist/engine/glue.js', import.meta.url);
before(() => assert.ok(existsSync(glue), 'the engine is not built: run `cargo xtask build` first'));

const methods = ['tell', 'said', 'enter', 'leave', 'setCursor', 'setTyping', 'setSessionTyping', 'setToken', 'take'];
methods.push('moves', 'serverNow', 'free');

/** Lets the engine ask the page what it must, and what it waits for come. */
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

/** A real engine with the real host. Nothing it does traps, and nobody calls it while it is busy. */
async function made(t, { token, canAsk = false, info = {}, sessionId } = {}) {
  const { boot } = await import('../dist/engine/boot.js');
  const sockets = [];
  const world = { sockets, wakes: 0 };
  const needs = {
    openSocket: () => (sockets.push(new FakeSocket()), sockets.at(-1)),
    closed: () => {},
    wake: () => (world.wakes += 1),
    call: (act) => act(world.engine),
    hear: (act) => act(world.engine),
  };
  const host = browser(needs, {});
  world.engine = await (await boot())(JSON.stringify(info), sessionId, host);
  world.engine.setToken(token, canAsk);
  world.take = () => JSON.parse(world.engine.take());
  t.after(() => {
    host.abandon();
    world.engine.free();
  });
  return world;
}

test('it has the methods that the package calls', async () => {
  const { createGlue } = await import('../dist/engine/glue.js');
  const { PresenceEngine } = createGlue({});
  for (const method of methods) assert.equal(typeof PresenceEngine.prototype[method], 'function', method);
  assert.notEqual(createGlue({}).PresenceEngine, PresenceEngine, 'each has a state of its own');
});

test('it connects when started, wakes, and says goodbye', async (t) => {
  const world = await made(t, { token: 'ann', info: { mode: 'webchat', host: 'desk' } });
  const { engine, sockets, take } = world;
  assert.deepEqual(sockets, []);
  assert.equal(engine.take(), '[]');
  engine.tell(START, 0);
  await later();
  assert.equal(sockets.length, 1);
  assert.equal(sockets[0].binaryType, 'arraybuffer');
  assert.equal(world.wakes, 1);
  const [typists, line] = take();
  assert.deepEqual([typists, line.connection.state], [{ kind: 'typistsUnknown' }, 'connecting']);
  assert.deepEqual(take(), []);

  sockets[0].says('open');
  assert.equal(sockets[0].sent.length, 1, 'it says who it is');
  assert.ok(sockets[0].sent[0] instanceof Uint8Array);
  sockets[0].says('message', { data: 'a text means nothing' });

  engine.enter('video_1', 'video');
  engine.setCursor('video_1', 0.5, NaN, 3);
  engine.setCursor('video_1', NaN, NaN, NaN);
  engine.setTyping('video_1', '');
  engine.setTyping('video_1');
  const [room] = take().filter(({ kind }) => kind === 'room');
  assert.deepEqual([room.roomId, room.state, room.changed], ['video_1', 'joining', []]);
  engine.tell(STOP, 0);
  assert.equal(sockets[0].closed, 1000);
  assert.equal(take().at(-1).connection.state, 'stopped');
});

test('what is for a room that cannot be is not said to anybody', async (t) => {
  const { engine, sockets } = await made(t);
  engine.tell(START, 0);
  await later();
  sockets[0].says('open');
  const said = () => sockets[0].sent.slice(1).map((message) => text(message.slice(-2)));
  engine.post('r'.repeat(1_000), '{}');
  engine.post(' ', '{}');
  assert.deepEqual(said(), []);
  engine.post('', '[]');
  assert.deepEqual(said(), ['[]'], 'the session’s');
});

test('it tries again when the line is lost, and at once when it is told to', async (t) => {
  const { engine, sockets, take } = await made(t);
  engine.tell(START, 0);
  await later();
  sockets[0].says('close', { code: 1006 });
  const { state, closeCode, retryAt } = take().at(-1).connection;
  assert.deepEqual([state, closeCode], ['waiting', 1006]);
  assert.ok(retryAt > Date.now() - 1_000 && retryAt < Date.now() + 60_000, 'as `Date.now()` counts');
  engine.tell(RETRY, 0);
  assert.equal(sockets.length, 2);
});

/** A message of one frame, as the server sends it. */
const frame = (kind, ...body) => ({ data: Uint8Array.of(kind, body.length, ...body).buffer });
const text = (bytes) => new TextDecoder().decode(bytes);

test('it asks for tokens: before it connects, when one ends soon, when one is refused', async (t) => {
  const { engine, sockets, take } = await made(t, { canAsk: true });
  const asked = () => take().filter(({ kind }) => kind === 'token').map(({ reason }) => reason);
  engine.tell(START, 0);
  await later();
  assert.deepEqual([asked(), sockets.length], [['start'], 0]);
  engine.setToken('ünö', true);
  sockets[0].says('open');
  assert.match(text(sockets[0].sent[0]), /ünö/);

  sockets[0].says('message', frame(74, 60));
  assert.deepEqual(asked(), ['expiring']);
  engine.setToken('two', true);
  assert.deepEqual([...sockets[0].sent[1]], [10, 4, 3, ...Buffer.from('two')]);

  sockets[0].says('close', { code: 4501 });
  assert.deepEqual([asked(), sockets.length], [['rejected'], 1]);
  engine.setToken(undefined, true);
  const { state, retryAt } = take().at(-1).connection;
  assert.deepEqual([state, Math.round((retryAt - Date.now()) / 1_000)], ['waiting', 30]);
  engine.setToken('three', true);
  sockets[1].says('open');
  assert.match(text(sockets[1].sent[0]), /three/);
});

test('it refuses what cannot be by an update, and lives on', async (t) => {
  const { engine, take } = await made(t);
  engine.enter('', 'video');
  engine.enter('a', 'movie');
  engine.leave('');
  engine.setCursor('', 0, 0, NaN);
  engine.setTyping('', 'x');
  engine.setSessionTyping(' ', true);
  engine.setSessionTyping('k'.repeat(200), false);
  const refused = take().filter(({ kind }) => kind === 'refused');
  assert.deepEqual(refused.map(({ about, refusal }) => [about, refusal.field, refusal.message]), [
    ['join', 'roomId', 'join: `roomId` must not be empty'],
    ['join', 'roomType', 'join: `roomType` must be project, video, comment_thread or comparison'],
    ['session.typing', 'sessionKey', 'session.typing: `sessionKey` must not be empty'],
    ['session.typing', 'sessionKey', 'session.typing: `sessionKey` must have at most 128 bytes'],
  ]);
  for (const { refusal } of refused) assert.deepEqual([typeof refusal.message, refusal.retryable], ['string', false]);
  engine.enter('a', 'video');
  assert.deepEqual(take().map(({ kind, roomId }) => [kind, roomId]), [['room', 'a']]);
});

test('engines share nothing', async (t) => {
  const [one, two] = [await made(t), await made(t)];
  one.engine.tell(START, 0);
  two.engine.tell(START, 0);
  await later();
  one.engine.tell(STOP, 0);
  assert.deepEqual([one.sockets.length, two.sockets.length], [1, 1]);
  assert.equal(two.sockets[0].closed, null);
  assert.equal(two.take().at(-1).connection.state, 'connecting');
  assert.equal(Math.abs(two.engine.serverNow() - Date.now()) < 5_000, true);
});
