import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, mock, test } from 'node:test';

import { WasmBlockedError } from '../dist/errors.js';
import { fakeClient, instance, instancesUpdate, member, roomUpdate, settle } from './harness.mjs';

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

/** Lets the time pass before the next engine, and that engine be made. */
async function nextEngine(ms = 100) {
  mock.timers.tick(ms);
  await settle();
}

test('a panic brings a new engine that is told everything again', async () => {
  const { client, engines, sockets, errors } = await started();
  client.instances.subscribe(() => {});
  const video = client.room('v', { type: 'video' });
  const project = client.room('p', { type: 'project' });
  video.enter();
  project.enter();
  video.setCursor({ x: 0.5, y: 0.5 });
  project.setTyping('comment');
  engines[0].say({ kind: 'self', self: { userId: 'me', name: 'Me', sessionId: 's0', instanceId: 'i' } });
  engines[0].say(roomUpdate('v', [member('s1', 'ana', 1)], { whole: true }));
  await settle();
  assert.equal(engines[0].options.sessionId, undefined);

  engines[0].host.trapped('already borrowed');
  assert.equal(sockets[0].closed, null, 'the engine is still on the stack');
  await settle();
  assert.deepEqual(sockets[0].closed, { code: 4801, reason: 'engine replaced' });
  assert.equal(sockets[0].onmessage, null);
  assert.equal(engines[0].freed, true);
  assert.deepEqual(errors.map((error) => error.name), ['EngineError']);
  const { state, retryAt } = client.connection.get();
  assert.deepEqual({ state, retryAt }, { state: 'waiting', retryAt: 1_000_100 });
  assert.equal(video.others.get().length, 1, 'nobody flickers');

  await nextEngine();
  assert.equal(engines.length, 2);
  assert.equal(engines[1].options.sessionId, 's0', 'the page goes on as the session it is');
  assert.deepEqual(engines[1].calls, [
    ['setPresence', true],
    ['enter', 'v', 'video'],
    ['setCursor', 'v', 0.5, 0.5, undefined],
    ['enter', 'p', 'project'],
    ['setTyping', 'p', 'comment'],
    ['start'],
  ]);
});

test('typing that ended by itself is not told again', async () => {
  const { client, engines } = await started();
  const room = client.room('p', { type: 'project' });
  room.enter();
  room.setTyping(true);
  mock.timers.tick(5_000);
  engines[0].host.trapped('x');
  await nextEngine();
  assert.equal(engines[1].count('setTyping'), 0);
});

test('a trap out of a call is one too, and nothing of it reaches the caller', async () => {
  const { client, engines, errors } = await started();
  engines[0].broken = trap();
  client.noteInput();
  client.noteInput();
  assert.equal(client.serverNow() > 0, true);
  await nextEngine();
  assert.equal(engines.length, 2);
  assert.equal(errors.length, 1);
  assert.equal(errors[0].cause, engines[0].broken);
});

test('a panic tells of itself and is thrown, and counts once', async () => {
  const { client, engines, errors } = await started();
  engines[0].noteInput = () => {
    engines[0].host.trapped('src/driver.rs:12');
    throw trap();
  };
  client.noteInput();
  await nextEngine();
  assert.equal(engines.length, 2);
  assert.deepEqual(errors.map((error) => error.message), ['the presence engine failed: src/driver.rs:12']);
});

test('an id that cannot be is told, and ends nothing', async () => {
  const { client, engines, errors } = await started();
  const bad = new Error('room id must not be empty');
  engines[0].enter = () => {
    throw bad;
  };
  client.room(' ', { type: 'video' }).enter();
  await nextEngine(60_000);
  assert.deepEqual(errors, [bad]);
  assert.equal(engines.length, 1);
});

test('what calls without arguments throw ends the engine, whatever it is', async () => {
  const { client, engines } = await started();
  engines[0].broken = new Error('recursive use of an object detected');
  client.noteInput();
  await nextEngine();
  assert.equal(engines.length, 2);
});

test('a trap in an event handler is seen on the page; another module’s is not ours', async () => {
  const { engines } = await started();
  const event = () => Object.assign(new Event('error'), { error: trap() });
  page.dispatchEvent(event());
  await nextEngine();
  assert.equal(engines.length, 1, 'ours is well');
  engines[0].broken = trap();
  page.dispatchEvent(Object.assign(new Event('error'), { error: new Error('some script') }));
  await nextEngine();
  assert.equal(engines.length, 1);
  page.dispatchEvent(event());
  await nextEngine();
  assert.equal(engines.length, 2);
});

test('a replaced engine reaches nothing any more', async () => {
  const { client, engines, sockets } = await started();
  client.instances.subscribe(() => {});
  engines[0].host.trapped('x');
  await nextEngine();
  engines[0].say(instancesUpdate([instance('a', 'u')]));
  engines[0].host.trapped('again');
  assert.throws(() => engines[0].host.openSocket('ws://x', []), /replaced/);
  await nextEngine(10_000);
  assert.equal(engines.length, 2);
  assert.equal(sockets.length, 2);
  assert.deepEqual(client.instances.get().entries, []);
});

test('five traps in a minute are replaced, the sixth is not', async () => {
  const { client, engines, errors } = await started();
  for (let n = 0; n < 5; n += 1) {
    engines.at(-1).host.trapped('x');
    await nextEngine(100 * 2 ** n);
  }
  assert.equal(engines.length, 6);
  engines.at(-1).host.trapped('x');
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
  const { engines } = await started();
  for (let n = 0; n < 10; n += 1) {
    engines.at(-1).host.trapped('x');
    await nextEngine(60_000);
  }
  assert.equal(engines.length, 11);
});

test('who stops while the next engine is awaited gets none', async () => {
  const { client, engines } = await started();
  engines[0].host.trapped('x');
  client.stop();
  assert.equal(client.connection.get().state, 'stopped');
  await nextEngine(60_000);
  assert.equal(engines.length, 1);
  client.start();
  await settle();
  assert.equal(engines.length, 2);
});

test('who cannot wait gets the next engine at once', async () => {
  const { client, engines } = await started();
  engines[0].host.trapped('x');
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
