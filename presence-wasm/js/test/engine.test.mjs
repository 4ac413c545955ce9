// The engine as it is shipped, under Node: it needs no page, only somebody who opens its socket.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { before, test } from 'node:test';

const glue = new URL('../dist/engine/glue.js', import.meta.url);
before(() => assert.ok(existsSync(glue), 'the engine is not built: run `cargo xtask build` first'));

const methods = [
  ...['start', 'stop', 'enter', 'leave', 'setCursor', 'setTyping', 'setPresence'],
  ...['noteInput', 'retryNow', 'take', 'serverNow', 'free'],
];

/** Lets the engine ask the page what it must, and what it waits for come. */
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

class Socket extends EventTarget {
  close(code) {
    this.closed = code;
  }
}

async function made(options = {}) {
  const { boot } = await import('../dist/engine/boot.js');
  const asked = [];
  const host = {
    wakes: 0,
    wake: () => (host.wakes += 1),
    openSocket: (...args) => (asked.push(args), (host.socket = new Socket())),
    trapped: (message) => assert.fail(message),
  };
  const engine = await (await boot())({ url: 'ws://server/ws', ...options }, host);
  return { engine, host, asked };
}

test('it has the methods that the package calls', async () => {
  const { createGlue } = await import('../dist/engine/glue.js');
  const { PresenceEngine } = createGlue();
  for (const method of methods) assert.equal(typeof PresenceEngine.prototype[method], 'function', method);
  assert.notEqual(createGlue().PresenceEngine, PresenceEngine, 'each has a state of its own');
});

test('it connects when started, wakes, and says goodbye', async () => {
  const { engine, host, asked } = await made();
  assert.deepEqual(asked, []);
  engine.start();
  await later();
  assert.deepEqual(asked, [['ws://server/ws', ['presence.v1']]]);
  assert.equal(host.wakes, 1);
  assert.deepEqual(engine.take().map(({ kind, connection }) => [kind, connection.state]), [['connection', 'connecting']]);
  assert.deepEqual(engine.take(), []);
  engine.enter('video_1', 'video');
  engine.setCursor('video_1', 0.5, undefined, 3);
  engine.setTyping('video_1', '');
  engine.setTyping('video_1');
  const [room] = engine.take();
  assert.deepEqual([room.kind, room.roomId, room.state, room.changed], ['room', 'video_1', 'joining', []]);
  engine.stop();
  assert.equal(host.socket.closed, 1000);
  assert.equal(engine.take().at(-1).connection.state, 'stopped');
  engine.free();
});

test('it refuses what cannot be by an error, and lives on', async () => {
  const { engine } = await made();
  assert.throws(() => engine.enter(' ', 'video'), (error) => Object.getPrototypeOf(error) === Error.prototype);
  assert.throws(() => engine.enter('a', 'movie'), /room type `movie`/);
  engine.enter('a', 'video');
  engine.free();
});

test('engines share nothing', async () => {
  const [one, two] = [await made(), await made()];
  one.engine.start();
  one.engine.free();
  two.engine.start();
  await later();
  assert.equal(one.asked.length <= 1, true);
  assert.equal(two.asked.length, 1);
  assert.equal(Math.abs(two.engine.serverNow() - Date.now()) < 5_000, true);
  two.engine.free();
});
