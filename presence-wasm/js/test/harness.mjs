// What the tests share: an engine that only remembers what it was told, written to
// docs/sdk-boundary.md, and the few things of a page that a client touches.

import { clientWith } from '../dist/client.js';

/** Lets everything run that waits for the end of this task. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A socket that remembers how it was closed. */
export class FakeSocket {
  onmessage = () => {};
  closed = null;

  close(code, reason) {
    this.closed = { code, reason };
  }
}

export class FakeEngine {
  calls = [];
  updates = [];
  freed = false;
  /** What the next call throws. */
  broken = null;

  constructor(options, host) {
    this.options = options;
    this.host = host;
    for (const name of ['start', 'stop', 'enter', 'leave', 'setCursor', 'setTyping', 'setPresence', 'noteInput', 'retryNow']) {
      this[name] = (...args) => {
        if (this.broken) throw this.broken;
        this.calls.push([name, ...args]);
        if (name === 'start') this.socket = host.openSocket(options.url, ['presence.v1']);
      };
    }
  }

  take() {
    if (this.broken) throw this.broken;
    return this.updates.splice(0);
  }

  serverNow() {
    return 42;
  }

  free() {
    this.freed = true;
  }

  /** Has something to say. */
  say(...updates) {
    this.updates.push(...updates);
    this.host.wake();
  }

  /** The arguments of the last call by that name. */
  last(name) {
    return this.calls.findLast(([called]) => called === name)?.slice(1);
  }

  count(name) {
    return this.calls.filter(([called]) => called === name).length;
  }
}

/** A client with fake engines; all that were made stand in `engines`, the newest last. */
export function fakeClient(options = {}, failures = []) {
  const engines = [];
  const sockets = [];
  let loads = 0;
  const load = async () => {
    loads += 1;
    const failure = failures.shift();
    if (failure) throw failure;
    return async (engineOptions, host) => {
      const engine = new FakeEngine(engineOptions, host);
      engines.push(engine);
      return engine;
    };
  };
  const webSocket = () => {
    sockets.push(new FakeSocket());
    return sockets.at(-1);
  };
  const client = clientWith(load, { url: 'ws://server/ws', webSocket, ...options });
  const errors = [];
  client.onError((error) => errors.push(error));
  return { client, engines, sockets, errors, loads: () => loads, engine: () => engines.at(-1) };
}

/** A member as the engine tells of one; `more` overrides. */
export function member(sessionId, userId, slot, more = {}) {
  return {
    sessionId,
    userId,
    slot,
    name: userId,
    color: `#00000${slot}`,
    status: 'active',
    liveness: 'connected',
    lastActiveAt: 1_000 + slot,
    joinedAt: 500 + slot,
    own: false,
    ...more,
  };
}

export function instance(id, userId, more = {}) {
  return {
    id,
    instanceId: id,
    userId,
    name: userId,
    roles: [],
    scopes: [],
    status: 'active',
    liveness: 'connected',
    reason: 'connect',
    ts: 1_000,
    sessions: [`${id}-tab`],
    own: false,
    ...more,
  };
}

export function instancesUpdate(changed, { whole = false, left = [], truncated = false } = {}) {
  return { kind: 'instances', whole, changed, left, truncated };
}

export function roomUpdate(roomId, changed, { whole = false, left = [], state = 'joined', ...more } = {}) {
  return { kind: 'room', roomId, state, whole, changed, left, ...more };
}
