import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, mock, test } from 'node:test';

import { WasmBlockedError } from '../dist/errors.js';
import {
  fakeClient,
  FakeSocket,
  instance,
  instancesUpdate,
  locks,
  member,
  provide,
  roomUpdate,
  selfUpdate,
  settle,
} from './harness.mjs';

const page = new EventTarget();
before(() => {
  globalThis.addEventListener = page.addEventListener.bind(page);
  globalThis.removeEventListener = page.removeEventListener.bind(page);
});
after(() => {
  delete globalThis.addEventListener;
  delete globalThis.removeEventListener;
});
beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 }));
const clients = [];
afterEach(() => {
  clients.splice(0).forEach((client) => client.stop());
  mock.timers.reset();
});

const trap = () => new WebAssembly.RuntimeError('unreachable');

async function started(...rest) {
  const fake = fakeClient(...rest);
  clients.push(fake.client);
  fake.client.start();
  await settle();
  return fake;
}

/** The newest engine traps, out of a call. */
function fail({ client, engines }, reason = trap()) {
  engines.at(-1).broken = reason;
  client.noteInput();
}

/** Lets the time pass before the next engine, and that engine be made. */
async function nextEngine(ms = 100) {
  mock.timers.tick(ms);
  await settle();
}

test('a panic brings a new engine that is told everything again', async () => {
  const fake = await started();
  const { client, engines, sockets, errors } = fake;
  client.instances.subscribe(() => {});
  const video = client.room('v', { type: 'video' });
  const project = client.room('p', { type: 'project' });
  video.enter();
  project.enter();
  video.setCursor({ x: 0.5, y: 0.5 });
  project.setTyping('comment');
  engines[0].say(selfUpdate('me', 's0'));
  engines[0].say(roomUpdate('v', [member('s1', 'ana', 1)], { whole: true }));
  await settle();
  assert.equal(engines[0].sessionId, undefined);
  assert.equal(sockets[0].closed, null);

  fail(fake);
  assert.equal(sockets[0].closed, 4801);
  assert.equal(engines[0].freed, true);
  assert.deepEqual(errors.map((error) => error.name), ['EngineError']);
  const { state, retryAt } = client.connection.get();
  assert.deepEqual({ state, retryAt }, { state: 'waiting', retryAt: 1_000_100 });
  assert.equal(video.others.get().length, 1, 'nobody flickers');

  await nextEngine();
  assert.equal(engines.length, 2);
  assert.equal(engines[1].sessionId, 's0', 'the page goes on as the session it is');
  assert.deepEqual(engines[1].calls, [
    ['setPresence', true],
    ['enter', 'v', 'video'],
    ['setCursor', 'v', 0.5, 0.5, NaN],
    ['enter', 'p', 'project'],
    ['setTyping', 'p', 'comment'],
    ['start'],
  ]);
});

test('typing that ended by itself is not told again', async () => {
  const fake = await started();
  const { client, engines } = fake;
  const room = client.room('p', { type: 'project' });
  room.enter();
  room.setTyping(true);
  mock.timers.tick(5_000);
  fail(fake);
  await nextEngine();
  assert.equal(engines[1].count('setTyping'), 0);
});

test('a trap reaches no caller, and counts once', async () => {
  const { client, engines, errors } = await started();
  engines[0].broken = trap();
  client.noteInput();
  client.noteInput();
  assert.equal(client.serverNow() > 0, true);
  await nextEngine();
  assert.equal(engines.length, 2);
  assert.deepEqual(errors.map((error) => error.message), ['the presence engine failed: RuntimeError: unreachable']);
  assert.equal(errors[0].cause, engines[0].broken);
});

test('an id that cannot be is told, and ends nothing', async () => {
  const { client, engines, errors } = await started();
  client.room(' ', { type: 'video' }).enter();
  assert.deepEqual(engines[0].last('enter'), ['', 'video']);
  const refusal = { code: 'bad_field', message: 'room id must not be empty', field: 'roomId', retryable: false };
  engines[0].say({ kind: 'refused', about: 'join', refusal });
  await nextEngine(60_000);
  assert.deepEqual(errors.map(({ name, about, message }) => [name, about, message]), [
    ['RefusedError', 'join', 'room id must not be empty'],
  ]);
  assert.equal(engines.length, 1);
});

test('what is no text where one belongs never gets as far as an engine', async () => {
  const { client, engines } = await started();
  client.room(7, { type: undefined }).enter();
  client.room(7, { type: undefined }).setTyping(9);
  client.room(7, { type: undefined }).setCursor({ x: null });
  assert.deepEqual(engines[0].calls.slice(1), [
    ['enter', '7', 'undefined'],
    ['setTyping', '7', '9'],
    ['setCursor', '7', NaN, NaN, NaN],
  ]);
});

test('whatever a call throws ends the engine', async () => {
  const fake = await started();
  for (const [index, reason] of [new Error('recursive use'), new RangeError('stack'), 'a text'].entries()) {
    fail(fake, reason);
    await nextEngine(60_000);
    assert.equal(fake.engines.length, index + 2);
  }
});

test('what is no list of updates ends it too', async () => {
  const { engines } = await started();
  engines[0].take = () => '[{"kind":';
  engines[0].host.wake();
  await settle();
  await nextEngine();
  assert.equal(engines.length, 2);
});

test('a trap out of an event is one like any; what else fails on the page is not ours', async () => {
  const { client, engines, sockets, errors } = await started();
  page.dispatchEvent(Object.assign(new Event('error'), { error: trap() }));
  await nextEngine();
  assert.equal(engines.length, 1);
  assert.deepEqual(errors, []);
  engines[0].broken = trap();
  sockets[0].says('message', { data: new ArrayBuffer(1) });
  assert.equal(client.connection.get().state, 'waiting');
  await nextEngine();
  assert.equal(engines.length, 2);
  assert.equal(errors[0].cause, engines[0].broken);
});

test('a replaced engine reaches nothing any more, and nothing reaches it', async () => {
  const fake = await started();
  const { client, engines, sockets } = fake;
  client.instances.subscribe(() => {});
  engines[0].host.setTimer(5_000);
  fail(fake);
  await nextEngine();
  engines[0].broken = null;
  const told = [engines[0].calls.length, engines[1].calls.length];
  engines[0].say(instancesUpdate([instance('a', 'u')]));
  assert.equal(engines[0].host.openSocket(), false);
  sockets[0].says('open');
  sockets[0].says('message', { data: new ArrayBuffer(1) });
  sockets[0].says('close', { code: 1006 });
  engines[0].host.setTimer(0);
  await nextEngine(10_000);
  assert.equal(engines.length, 2);
  assert.equal(sockets.length, 2);
  assert.deepEqual(client.instances.get().entries, []);
  assert.deepEqual([engines[0].calls.length, engines[1].calls.length], told);
});

test('the page keeps its lock, and the next engine ends it', async (t) => {
  const shared = locks();
  provide(t, { navigator: { locks: shared } });
  const fake = await started();
  fake.engine().host.lock('tab');
  await settle();
  assert.deepEqual(fake.engine().last('locked'), [true]);
  fail(fake);
  await nextEngine();
  assert.equal(shared.taken.size, 1);
  fake.engine().host.unlock();
  await settle();
  assert.equal(shared.taken.size, 0);
});

test('what was put off for a busy engine is dropped when that engine fails', async () => {
  const { client, engines } = await started();
  engines[0].noteInput = () => {
    client.retryNow();
    throw trap();
  };
  client.noteInput();
  await nextEngine();
  assert.equal(engines[0].count('retryNow'), 0);
  assert.equal(engines.length, 2);
});

test('a busy engine is called when it is not any more', async () => {
  const fake = fakeClient({
    webSocket: () => {
      fake.client.noteInput();
      assert.ok(fake.client.serverNow() > 1_000, 'the own clock instead');
      fake.client.room('v', { type: 'video' }).enter();
      return new FakeSocket();
    },
  });
  clients.push(fake.client);
  fake.client.start();
  await settle();
  assert.deepEqual(fake.engine().calls, [['start'], ['noteInput'], ['enter', 'v', 'video']]);
  assert.deepEqual(fake.errors, []);
});

test('five traps in a minute are replaced, the sixth is not', async () => {
  const fake = await started();
  const { client, engines, errors } = fake;
  for (let n = 0; n < 5; n += 1) {
    fail(fake);
    await nextEngine(100 * 2 ** n - 1);
    assert.equal(engines.length, n + 1, 'each a little later');
    await nextEngine(1);
  }
  assert.equal(engines.length, 6);
  fail(fake);
  await nextEngine(60_000);
  assert.equal(engines.length, 6);
  assert.equal(errors.length, 6);
  assert.equal(client.connection.get().state, 'stopped');
  assert.equal(client.connection.get().error.name, 'EngineError');

  client.retryNow();
  await settle();
  assert.equal(engines.length, 7);
});

test('traps a minute apart never add up', async () => {
  const fake = await started();
  for (let n = 0; n < 10; n += 1) {
    fail(fake);
    await nextEngine(60_000);
  }
  assert.equal(fake.engines.length, 11);
});

test('who stops while the next engine is awaited gets none', async () => {
  const fake = await started();
  const { client, engines } = fake;
  fail(fake);
  client.stop();
  assert.equal(client.connection.get().state, 'stopped');
  await nextEngine(60_000);
  assert.equal(engines.length, 1);
  client.start();
  await settle();
  assert.equal(engines.length, 2);
});

test('who cannot wait gets the next engine at once', async () => {
  const fake = await started();
  const { client, engines } = fake;
  fail(fake);
  client.retryNow();
  await settle();
  assert.equal(engines.length, 2);
  await nextEngine(60_000);
  assert.equal(engines.length, 2);
});

test('an engine that cannot be loaded is told, and loaded when asked again', async () => {
  const { client, engines, errors } = await started({}, [new WasmBlockedError()]);
  assert.equal(client.connection.get().state, 'stopped');
  assert.equal(client.connection.get().error, errors[0]);
  assert.match(errors[0].message, /'wasm-unsafe-eval'/);
  client.retryNow();
  await settle();
  assert.equal(engines.length, 1);
  assert.equal(client.connection.get().error, undefined);
});

test('a bad address is told', async () => {
  const { client, errors } = await started({ url: 'http://[' });
  assert.equal(client.connection.get().state, 'stopped');
  assert.equal(errors[0] instanceof TypeError, true);
});

test('without a listener a failure goes to the console', async (t) => {
  const { clientWith } = await import('../dist/client.js');
  const spoken = t.mock.method(console, 'error', () => {});
  const failure = new WasmBlockedError();
  clientWith(() => Promise.reject(failure), { url: 'ws://x' }).start();
  await settle();
  assert.deepEqual(spoken.mock.calls[0].arguments, [failure]);
});
