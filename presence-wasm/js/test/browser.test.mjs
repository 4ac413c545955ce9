// What the browser does for an engine, against a browser that is made up.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { browser } from '../dist/engine/browser.js';
import { FakeEngine, FakeSocket, locks, provide, settle } from './harness.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

/** An engine and its host. `call` puts off what comes while a call is on the stack, as the driver does. */
function made({ openSocket, held = {} } = {}) {
  const sockets = [];
  const world = { sockets, held, wakes: 0, busy: false };
  const call = (act) => {
    if (world.busy) return queueMicrotask(() => call(act));
    world.busy = true;
    try {
      act(world.engine);
    } finally {
      world.busy = false;
    }
  };
  const open = () => (sockets.push(new FakeSocket()), sockets.at(-1));
  const needs = { openSocket: openSocket ?? open, wake: () => (world.wakes += 1), closed: (reason) => (world.reason = reason), call, hear: call };
  world.host = browser(needs, held);
  world.engine = new FakeEngine('{}', undefined, world.host);
  world.calls = world.engine.calls;
  return world;
}

test('a socket is opened for binary messages, and what it says is told', () => {
  const world = made();
  const { host, sockets, calls } = world;
  assert.equal(host.openSocket(), true);
  const [socket] = sockets;
  assert.equal(socket.binaryType, 'arraybuffer');
  socket.says('open');
  socket.says('message', { data: Uint8Array.of(1, 2, 3).buffer });
  socket.says('message', { data: 'a text' });
  socket.says('error');
  socket.says('close', { code: 4500, reason: 'replaced' });
  assert.deepEqual(calls, [['opened'], ['said', Uint8Array.of(1, 2, 3)], ['closed', 4500]]);
  assert.equal(world.reason, 'replaced');
});

test('a socket that cannot be made is no error', () => {
  const throwing = () => {
    throw new SyntaxError('bad address');
  };
  assert.equal(made({ openSocket: throwing }).host.openSocket(), false);
  assert.equal(made({ openSocket: () => ({}) }).host.openSocket(), false, 'nothing to listen to');
});

test('an abandoned socket is silent, and only the last one is spoken to', () => {
  const { host, sockets, calls } = made();
  const silent = (socket) => {
    socket.says('open');
    socket.says('message', { data: new ArrayBuffer(1) });
    socket.says('close', { code: 1000 });
    assert.deepEqual(calls, []);
  };
  host.openSocket();
  host.openSocket();
  silent(sockets[0]);
  host.send(Uint8Array.of(1));
  host.closeSocket(4801);
  assert.deepEqual(sockets.map(({ sent, closed }) => [sent.length, closed]), [[0, null], [1, 4801]]);
  silent(sockets[1]);
  host.send(Uint8Array.of(2));
  host.closeSocket(1000);
  assert.deepEqual([sockets[1].sent.length, sockets[1].closed], [1, 4801]);
});

test('a failed attempt at a socket abandons the older one, too', () => {
  const sockets = [new FakeSocket()];
  const { host, calls } = made({ openSocket: () => sockets.shift() });
  const [socket] = sockets;
  assert.equal(host.openSocket(), true);
  assert.equal(host.openSocket(), false);
  socket.says('open');
  assert.deepEqual(calls, []);
});

test('an error of a socket is always heard: Node’s `ws` throws one that nobody hears', async () => {
  const { EventEmitter } = await import('node:events');
  const emitter = new EventEmitter();
  const socket = {
    addEventListener: (name, listener) => emitter.on(name, listener),
    removeEventListener: (name, listener) => emitter.off(name, listener),
    close: () => emitter.emit('error', new Error('closed before the connection was established')),
  };
  const { host } = made({ openSocket: () => socket });
  host.openSocket();
  host.closeSocket(1000);
  emitter.emit('error', new Error('late'));
});

test('a message is copied, and swallowed by a socket that throws', () => {
  const { host, sockets } = made();
  host.send(Uint8Array.of(1));
  host.openSocket();
  const memory = Uint8Array.of(0, 1, 2, 3);
  host.send(memory.subarray(1, 3));
  memory.fill(9);
  assert.deepEqual(sockets[0].sent, [Uint8Array.of(1, 2)]);
  assert.equal(sockets[0].sent[0].buffer.byteLength, 2);
  sockets[0].send = sockets[0].close = () => {
    throw new Error('closing');
  };
  host.send(memory);
  host.closeSocket(1000);
});

test('what happens while the engine is busy is told later, unless it closed the line since', async () => {
  const socket = new FakeSocket();
  socket.send = () => socket.says('message', { data: new ArrayBuffer(1) });
  const world = made({ openSocket: () => socket });
  world.host.openSocket();
  world.busy = true;
  world.host.send(Uint8Array.of(1));
  socket.says('open');
  world.busy = false;
  assert.deepEqual(world.calls, []);
  await settle();
  assert.deepEqual(world.calls.map(([name]) => name), ['said', 'opened']);

  world.busy = true;
  socket.says('close', { code: 1006 });
  world.host.closeSocket(1000);
  world.busy = false;
  await settle();
  assert.equal(world.calls.length, 2);
});

test('one timer, which forgets an earlier one', () => {
  const { host, calls } = made();
  host.setTimer(100);
  host.setTimer(200);
  mock.timers.tick(199);
  assert.deepEqual(calls, []);
  mock.timers.tick(1);
  assert.deepEqual(calls, [['due']]);
  host.setTimer(0);
  mock.timers.tick(1);
  assert.equal(calls.length, 2);
  host.setTimer(100);
  host.setTimer(-1);
  mock.timers.tick(1_000);
  assert.equal(calls.length, 2);
});

test('clocks and chance', (t) => {
  const { host } = made();
  assert.ok(Math.abs(host.wallClock() - Date.now()) < 1_000);
  assert.ok(Math.abs(host.monotonicClock() - performance.now()) < 1_000);
  const drawn = Array.from({ length: 100 }, host.random);
  assert.ok(drawn.every((bits) => Number.isInteger(bits) && bits >= 0 && bits < 2 ** 32));
  assert.ok(new Set(drawn).size > 90 && drawn.some((bits) => bits >= 2 ** 31));
  provide(t, { performance: undefined });
  assert.ok(Math.abs(host.monotonicClock() - Date.now()) < 1_000);
});

test('waking is passed on', () => {
  const world = made();
  world.host.wake();
  assert.equal(world.wakes, 1);
});

/** A storage that remembers. */
function store() {
  const rows = new Map();
  return {
    rows,
    getItem: (key) => rows.get(key) ?? null,
    setItem: (key, value) => rows.set(key, value),
    removeItem: (key) => rows.delete(key),
  };
}

test('storage lasts or ends with the tab', (t) => {
  const [local, session] = [store(), store()];
  provide(t, { localStorage: local, sessionStorage: session });
  const { host } = made();
  host.write(true, 'a', '1');
  host.write(false, 'b', '');
  assert.deepEqual([[...local.rows], [...session.rows]], [[['a', '1']], [['b', '']]]);
  assert.equal(host.read(true, 'a'), '1');
  assert.equal(host.read(false, 'a'), undefined);
  assert.equal(host.read(false, 'b'), '');
  host.write(true, 'a');
  host.write(false, 'b', undefined);
  assert.deepEqual([local.rows.size, session.rows.size], [0, 0]);
});

test('storage that is missing, forbidden or full is no error', (t) => {
  const { host } = made();
  const isSilent = () => {
    assert.equal(host.read(true, 'a'), undefined);
    host.write(true, 'a', '1');
    host.write(false, 'a');
  };
  const refusing = () => {
    throw new Error('SecurityError');
  };
  provide(t, { localStorage: undefined, sessionStorage: undefined });
  isSilent();
  provide(t, { localStorage: refusing, sessionStorage: refusing });
  isSilent();
  const full = { getItem: refusing, setItem: refusing, removeItem: refusing };
  provide(t, { localStorage: full, sessionStorage: full });
  isSilent();
});

test('locks are granted or refused, and held until the end', async (t) => {
  const shared = locks();
  provide(t, { navigator: { locks: shared } });
  const [one, other] = [made(), made()];
  assert.equal(one.host.canLock(), true);
  one.host.unlock();
  one.host.lock('tab');
  assert.deepEqual(one.calls, [], 'never at once');
  await settle();
  other.host.lock('tab');
  await settle();
  assert.deepEqual([one.calls, other.calls], [[['locked', true]], [['locked', false]]]);
  other.host.unlock();
  await settle();
  assert.equal(shared.taken.size, 1, 'not what another holds');
  one.host.unlock();
  await settle();
  assert.equal(shared.taken.size, 0);
  one.host.unlock();
  other.host.lock('tab');
  await settle();
  assert.deepEqual(other.calls.at(-1), ['locked', true]);
});

test('an engine may end a lock as soon as it hears of it', async (t) => {
  const shared = locks();
  provide(t, { navigator: { locks: shared } });
  const { host, engine } = made();
  engine.locked = () => host.unlock();
  host.lock('tab');
  await settle();
  assert.equal(shared.taken.size, 0);
});

test('the lock stays when its engine fails, and the next engine can end it', async (t) => {
  const shared = locks();
  provide(t, { navigator: { locks: shared } });
  const first = made();
  first.host.lock('tab');
  await settle();
  first.host.abandon();
  await settle();
  assert.deepEqual([...shared.taken], ['tab']);
  made({ held: first.held }).host.unlock();
  await settle();
  assert.equal(shared.taken.size, 0);
});

test('a lock that is granted too late is not kept', async (t) => {
  const shared = locks();
  provide(t, { navigator: { locks: shared } });
  const { host, calls } = made();
  host.lock('tab');
  host.abandon();
  await settle();
  assert.deepEqual([calls.length, shared.taken.size], [0, 0]);
});

test('without locks there are none, and one that may not be asked for is gone on without', async (t) => {
  const { host, calls } = made();
  provide(t, { navigator: undefined });
  assert.equal(host.canLock(), false);
  provide(t, { navigator: {} });
  assert.equal(host.canLock(), false);
  host.lock('tab');
  provide(t, { navigator: { locks: { request: () => Promise.reject(new Error('no origin')) } } });
  host.lock('tab');
  await settle();
  assert.deepEqual(calls, [['locked', true]]);
});

/** A page whose events come out of two targets, and which counts who listens. */
function page(t) {
  const counted = () => {
    const target = new EventTarget();
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    let listeners = 0;
    return {
      count: () => listeners,
      add: (...args) => ((listeners += 1), assert.equal(args[2].capture, true), addEventListener.apply(target, args)),
      remove: (...args) => ((listeners -= 1), removeEventListener.apply(target, args)),
      says: (type, more) => target.dispatchEvent(Object.assign(new Event(type), more)),
    };
  };
  const [window, document] = [counted(), counted()];
  const state = { visibilityState: 'visible', addEventListener: document.add, removeEventListener: document.remove };
  globalThis.addEventListener = window.add;
  globalThis.removeEventListener = window.remove;
  t.after(() => {
    delete globalThis.addEventListener;
    delete globalThis.removeEventListener;
  });
  provide(t, { document: state });
  return { window, document, state };
}

test('the page’s events are told while they are watched', (t) => {
  const { window, document, state } = page(t);
  const { host, calls } = made();
  window.says('keydown');
  host.watch(true);
  const told = (says) => (says(), calls.splice(0));
  for (const name of ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart']) {
    assert.deepEqual(told(() => window.says(name)), [['touched']], name);
  }
  assert.deepEqual(told(() => window.says('online')), [['online']]);
  for (const persisted of [true, false]) {
    assert.deepEqual(told(() => window.says('pagehide', { persisted })), [['putAway', persisted]]);
    assert.deepEqual(told(() => window.says('pageshow', { persisted })), [['broughtBack', persisted]]);
  }
  assert.deepEqual(told(() => document.says('visibilitychange')), [['looked', false]]);
  state.visibilityState = 'hidden';
  assert.deepEqual(told(() => document.says('visibilitychange')), [['looked', true]]);
  assert.deepEqual(told(() => document.says('resume')), [['looked', true]]);

  assert.deepEqual(told(() => host.watch(true)), [['looked', true]], 'it was hidden before anybody watched');
  assert.deepEqual(told(() => window.says('wheel')), [['touched']], 'watched once');
  host.watch(false);
  host.watch(false);
  for (const name of ['pointerdown', 'online', 'pagehide']) window.says(name);
  document.says('resume');
  assert.deepEqual(calls, []);
  assert.deepEqual([window.count(), document.count()], [0, 0]);
});

test('without a page there is nothing to watch', (t) => {
  const listened = t.mock.fn();
  provide(t, { addEventListener: () => listened });
  made().host.watch(true);
  made().host.watch(false);
  assert.equal(listened.mock.callCount(), 0, 'a worker hears events as well');
});

test('an abandoned engine is let go of', (t) => {
  const { window } = page(t);
  const { host, sockets, calls } = made();
  host.openSocket();
  host.setTimer(100);
  host.watch(true);
  host.abandon();
  assert.equal(sockets[0].closed, 4801);
  sockets[0].says('close', { code: 4801 });
  window.says('keydown');
  mock.timers.tick(1_000);
  assert.deepEqual(calls, []);
  assert.equal(host.openSocket(), false);
  assert.equal(sockets.length, 1);
});
