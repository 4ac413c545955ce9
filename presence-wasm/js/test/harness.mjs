// What the tests share: an engine that only remembers what it was told, written to
// docs/sdk-boundary.md, and the few things of a page that a client touches.

import assert from 'node:assert/strict';

import { clientWith } from '../dist/client.js';
import * as signals from '../dist/types.gen.js';

/** Lets everything run that waits for the end of this task. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Gives the world something for the time of a test; a function is what reading it calls. */
export function provide(t, things) {
  for (const [name, value] of Object.entries(things)) {
    const before = Object.getOwnPropertyDescriptor(globalThis, name);
    const given = typeof value === 'function' ? { get: value } : { value };
    Object.defineProperty(globalThis, name, { configurable: true, ...given });
    t.after(() => (before ? Object.defineProperty(globalThis, name, before) : delete globalThis[name]));
  }
}

/** Web Locks, as far as they are used: one holder per name. */
export function locks() {
  const taken = new Set();
  return {
    taken,
    async request(name, { ifAvailable }, answer) {
      assert.equal(ifAvailable, true);
      await undefined;
      if (taken.has(name)) return answer(null);
      taken.add(name);
      try {
        return await answer({ name });
      } finally {
        taken.delete(name);
      }
    },
  };
}

/** A socket that remembers what was done to it, and says what it is told to. */
export class FakeSocket extends EventTarget {
  closed = null;
  sent = [];

  constructor(url, protocols) {
    super();
    Object.assign(this, { url, protocols });
  }

  send(message) {
    this.sent.push(message);
  }

  close(code) {
    this.closed = code;
  }

  says(type, more) {
    this.dispatchEvent(Object.assign(new Event(type), more));
  }
}

/** What the engine is told by number, under the names that the tests read. */
const SIGNALS = new Map([
  [signals.START, ['start']],
  [signals.STOP, ['stop']],
  [signals.PRESENCE, ['setPresence', Boolean]],
  [signals.INPUT, ['noteInput']],
  [signals.RETRY, ['retryNow']],
  [signals.OPENED, ['opened']],
  [signals.CLOSED, ['closed', Number]],
  [signals.DUE, ['due']],
  [signals.TOUCHED, ['touched']],
  [signals.LOOKED, ['looked', Boolean]],
  [signals.ONLINE, ['online']],
  [signals.PUT_AWAY, ['putAway', Boolean]],
  [signals.BROUGHT_BACK, ['broughtBack', Boolean]],
  [signals.LOCKED, ['locked', Boolean]],
]);

/** Calls what stands for the signal in an engine of a test. */
function tell(engine, signal, detail) {
  const [name, as] = SIGNALS.get(signal);
  assert.equal(typeof detail, 'number', 'only numbers cross the boundary');
  return as ? engine[name](as(detail)) : engine[name]();
}

const WISHES = ['start', 'stop', 'enter', 'leave', 'setCursor', 'setTyping', 'setSessionTyping', 'post', 'setInfo'];
WISHES.push('setPresence', 'noteInput', 'retryNow');
const EVENTS = ['opened', 'said', 'closed', 'due', 'touched', 'looked', 'online', 'putAway', 'broughtBack', 'locked'];

export class FakeEngine {
  calls = [];
  /** What came by `setToken`. */
  tokens = [];
  updates = [];
  freed = false;
  /** What every call throws. */
  broken = null;
  busy = false;

  constructor(info, sessionId, host) {
    Object.assign(this, { info: JSON.parse(info), sessionId, host });
    for (const name of [...WISHES, ...EVENTS]) {
      this[name] = (...args) =>
        this.#while(() => {
          this.calls.push([name, ...args]);
          if (name === 'start') host.openSocket();
        });
    }
  }

  tell(signal, detail) {
    tell(this, signal, detail);
  }

  setToken(token, canAsk) {
    assert.equal(typeof canAsk, 'boolean');
    this.#while(() => void this.tokens.push(canAsk ? [token] : token));
  }

  take() {
    this.rows = [];
    const written = this.updates.splice(0).map(({ moves, ...update }) => {
      if (!moves) return update;
      const from = this.rows.length;
      return { ...update, from, to: this.rows.push(...moves) };
    });
    return this.#while(() => JSON.stringify(written));
  }

  moves() {
    return this.#while(() => new Uint8Array(new Float64Array(this.rows).buffer));
  }

  serverNow() {
    return this.#while(() => 42);
  }

  free() {
    assert.equal(this.busy, false, 'freed while it was called');
    this.freed = true;
  }

  /** Has something to say; cursors with their rows in `moves`. */
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

  #while(act) {
    assert.equal(this.busy, false, 'called while it was called');
    if (this.broken) throw this.broken;
    this.busy = true;
    try {
      return act();
    } finally {
      this.busy = false;
    }
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
    return async (...args) => {
      const engine = new FakeEngine(...args);
      engines.push(engine);
      return engine;
    };
  };
  const webSocket = (...args) => {
    sockets.push(new FakeSocket(...args));
    return sockets.at(-1);
  };
  const client = clientWith(load, { url: 'ws://server/ws', webSocket, ...options });
  const errors = [];
  client.onError((error) => errors.push(error));
  return { client, engines, sockets, errors, loads: () => loads, engine: () => engines.at(-1) };
}

/** Who the page is. */
export function selfUpdate(userId, sessionId) {
  return { kind: 'self', self: { userId, name: userId, sessionId, instanceId: 'i' } };
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
    ...more,
  };
}

export function instancesUpdate(changed, { whole = false, left = [], truncated = false } = {}) {
  return { kind: 'instances', whole, changed, left, truncated };
}

/** Who types in a conversation. */
export function typistsUpdate(sessionKey, ...instanceIds) {
  return { kind: 'typists', sessionKey, instanceIds };
}

export function roomUpdate(roomId, changed, { whole = false, left = [], state = 'joined', ...more } = {}) {
  return { kind: 'room', roomId, state, whole, changed, left, ...more };
}

/** How the line is. */
export function lineUpdate(state) {
  return { kind: 'connection', connection: { state, since: 1, attempt: 0 } };
}

/** An agent as the engine tells of one; `more` overrides. */
export function agent(agentId, more = {}) {
  return { agentId, status: 'active', lastActivity: 1_000, tools: 0, tokens: 0, ...more };
}

export function agentsUpdate(...agents) {
  return { kind: 'agents', agents };
}

export function notificationUpdate(id, more = {}) {
  return { kind: 'notification', id, level: 'info', message: `message ${id}`, at: 1_000, ...more };
}

export function chatUpdate(conversationId, messageId, content = 'hello') {
  return { kind: 'chat_message', conversationId, messageId, content, sender: 'LEAD', at: 1_000 };
}
