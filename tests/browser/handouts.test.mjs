// What the engine hands out is what its generated types say. The real engine plays against the real
// server until it has handed out every kind of object with every field; all of them are written down as
// literals, and TypeScript, which is strict about literals, says whether they are of those types.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { boot } from '../../presence-wasm/js/dist/engine/boot.js';
import { browser } from '../../presence-wasm/js/dist/engine/browser.js';
import { PRESENCE, START, STOP } from '../../presence-wasm/js/dist/types.gen.js';
import { nodeSocket, open } from './harness/raw.mjs';
import { own } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { TENTH } from './harness/timing.mjs';
import { until } from './harness/wait.mjs';

const PACKAGE = fileURLToPath(new URL('../../presence-wasm/js/', import.meta.url));
const TYPES = join(PACKAGE, 'src/types.gen.ts');

/** What stands in a type and cannot come from an engine, with the reason. */
const NEVER = {
  fields: [],
  ConnectionState: ['initial'], // The package shows it before there is an engine.
};

/** An engine as the package has it, of which everything is kept that it hands out. */
async function engine(t, server, { token: name, canAsk = false, ...info }) {
  const make = await boot();
  const updates = [];
  const host = browser(
    {
      openSocket: () => nodeSocket(`${server.url.replace('http', 'ws')}/ws`, ['presence.v1']),
      closed: () => {},
      wake: () => queueMicrotask(() => updates.push(...JSON.parse(made.take()))),
      call: (act) => act(made),
      hear: (act) => act(made),
    },
    {},
  );
  const made = await make(JSON.stringify(info), undefined, host);
  made.setToken(name, canAsk);
  own(t, () => made.tell(STOP, 0));
  const of = (kind, holds = () => true) => updates.filter((update) => update.kind === kind && holds(update));
  return {
    updates,
    engine: made,
    start: () => made.tell(START, 0),
    of,
    /** Waits for an update of a kind for which something holds. */
    hands: (kind, holds) => until(() => of(kind, holds).at(-1), { what: `an update ${kind} where ${holds}` }),
  };
}

/** A development server reads a token that looks like a JWT. */
function token(claims) {
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
}

/** Everything that can be handed out, with four clients and a restart. */
async function everything(t) {
  const server = await startServer(t, { config: { ...TENTH, limits: { users_per_room: 2 } } });
  const ann = await engine(t, server, {
    token: token({ sub: 'ann', name: 'Ann', image: '/ann.png' }),
    clientId: 'test',
    version: '1.0.0',
    mode: 'ui',
    host: 'Ann’s machine',
    agentId: 'agent-7',
    platform: 'linux',
    deviceFamily: 'Linux',
  });
  ann.start();
  await ann.hands('connection', ({ connection }) => connection.state === 'online');
  ann.engine.tell(PRESENCE, 1);
  await ann.hands('instances', ({ whole }) => whole);
  ann.engine.enter('r', 'project');
  await ann.hands('room', ({ state, changed }) => state === 'joined' && changed.length === 1);

  const bob = await open(`${server.url}/ws`, { t });
  bob.send({
    type: 'connect',
    token: 'bob',
    client: {
      instanceId: 'bob',
      modelIdentifier: 'MacBookPro18,1',
      deviceId: 'd-1',
      text: 'Node: bob',
      tags: ['kitchen'],
      roles: ['operator'],
      scopes: ['operator.read'],
    },
  });
  await ann.hands('instances', ({ changed }) => changed.some(({ modelIdentifier }) => modelIdentifier));
  bob.send({ type: 'join', roomId: 'r', roomType: 'project' });
  await ann.hands('room', ({ changed }) => changed.some(({ userId }) => userId === 'bob'));
  for (const data of [{ x: 0.25, y: 0.5 }, { x: 0.5, y: 0.5, timestamp: 12.5 }, { timestamp: 13 }, {}]) {
    const before = ann.of('cursors').length;
    bob.send({ type: 'cursor', roomId: 'r', data });
    await until(() => ann.of('cursors').length > before);
  }
  bob.send({ type: 'typing', roomId: 'r', data: { isTyping: true, context: 'comment' } });
  await ann.hands('room', ({ changed }) => changed.some(({ typing }) => typing === 'comment'));
  bob.send({ type: 'session.typing', sessionKey: 'agent:main', isTyping: true });
  await ann.hands('typists', ({ instanceIds }) => instanceIds.includes('bob'));
  bob.send({ type: 'heartbeat', status: 'busy' });
  await ann.hands('room', ({ changed }) => changed.some(({ status }) => status === 'busy'));

  await together(ann, bob);
  await feeds(ann, server);

  const cleo = await engine(t, server, { token: 'cleo' });
  cleo.engine.enter('r', 'project');
  cleo.start();
  await cleo.hands('room', ({ state }) => state === 'refused');
  await cleo.hands('refused', ({ about }) => about === 'join');
  ann.engine.setTyping('r', 'x'.repeat(100));
  await ann.hands('refused', ({ refusal }) => refusal.field === 'data.context');

  await bob.close();
  await ann.hands('room', ({ left }) => left.length === 1);
  await ann.hands('instances', ({ left }) => left.length === 1);

  await server.restart();
  await ann.hands(
    'connection',
    ({ connection }) => connection.state === 'waiting' && connection.closeCode === 1012,
  );
  await until(() => ann.updates.at(-1) && ann.of('connection').at(-1).connection.state, { is: 'online' });
  await ann.hands('room', ({ whole }) => whole);
  ann.engine.leave('r');
  ann.engine.tell(STOP, 0);
  await ann.hands('connection', ({ connection }) => connection.state === 'stopped');

  const fay = await engine(t, server, { token: 'a\u0001b' });
  fay.start();
  await fay.hands('connection', ({ connection }) => connection.state === 'refused');

  const dan = await engine(t, server, { canAsk: true });
  dan.start();
  await dan.hands('token', ({ reason }) => reason === 'start');
  dan.engine.setToken('dan', true);
  await dan.hands('self', ({ self }) => self.userId === 'dan');
  return [ann, cleo, fay, dan].flatMap(({ updates }) => updates);
}

/** What people do in a room besides pointing and typing. */
async function together(ann, bob) {
  const say = (message) => bob.send({ roomId: 'r', ...message });
  say({ type: 'setStatus', status: 'reviewing', statusMessage: 'the third scene' });
  await ann.hands('instances', ({ changed }) => changed.some(({ statusMessage }) => statusMessage));
  say({ type: 'selection', data: { startTime: 1, endTime: 2.5 } });
  say({ type: 'playback', data: { action: 'sync', isPlaying: true, currentTime: 3.25, playbackRate: 1.5 } });
  await ann.hands('watch', ({ timeline }) => timeline);
  const post = (message) => ann.engine.post('r', JSON.stringify({ roomId: 'r', ...message }));
  post({ type: 'playback', data: { action: 'pause' } });
  await ann.hands('room', ({ changed }) => changed.some(({ watching }) => watching?.desync));
  post({ type: 'control_request' });
  await ann.hands('watch', ({ requests }) => requests.length > 0);
  say({ type: 'broadcast', data: { emoji: '👍' } });
  await ann.hands('broadcast');
  for (let n = 0; n < 20; n += 1) post({ type: 'broadcast', data: n });
  await ann.hands('refused', ({ refusal }) => refusal.retryAfterMs);
}

/** What is told whatever room one is in. */
async function feeds(ann, server) {
  const post = async (path, body, headers = {}) => {
    const answer = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    assert.equal(answer.status, 200, `${path}: ${await answer.text()}`);
  };
  const work = { tool_name: 'Bash', cost_tokens: 7, session_id: 's', feature_id: 'f', activity: 'pushing' };
  await post('/api/agents/a/events', { type: 'tool_execute', ...work });
  // More than are shown at once.
  const others = Array.from({ length: 150 }, (_, number) => `/api/agents/b-${number}/events`);
  await Promise.all(others.map((path) => post(path, { type: 'session_start' })));
  for (const feed of ['agents', 'messages']) ann.engine.post('', JSON.stringify({ type: `subscribe.${feed}` }));
  await ann.hands('agents', ({ agents, more }) => more && agents.some(({ activity }) => activity));
  await ann.hands('agents', ({ more }) => !more);
  const by = { 'x-agent-id': 'a', 'x-session-id': 's' };
  for (const status of ['todo', 'done']) await post('/api/broadcast/features/f/status', { new_status: status }, by);
  await ann.hands('feature', ({ oldStatus }) => oldStatus === 'todo');
  await ann.hands('agent');
  await post('/api/broadcast/agent-status', { agentName: 'a', state: 'working', currentTask: 'tests', progress: 45 });
  await ann.hands('agent_status', ({ progress }) => progress === 45);
  await post('/api/broadcast/chat', { conversationId: 'c', content: 'hello', sender: 'LEAD' });
  await ann.hands('chat_message');
  await post('/api/broadcast/notification', { level: 'success', message: 'done' });
  await ann.hands('notification');
  await ann.hands('user_presence', ({ userId }) => userId === 'ann');
}

/** The object types and unions of words that the file declares. */
async function declared() {
  const source = (await readFile(TYPES, 'utf8')).replaceAll(/\/\*[^]*?\*\//g, '');
  const objects = new Map();
  for (const [, name, body] of source.matchAll(/export type (\w+) = \{([^]*?)\};/g)) {
    const fields = [...body.matchAll(/(\w+)(\??): (?:Array<)?("?\w+"?)/g)];
    objects.set(
      name,
      new Map(fields.map(([, field, optional, of]) => [field, { optional: optional === '?', of }])),
    );
  }
  const words = new Map();
  for (const [, name, body] of source.matchAll(/export type (\w+) = ("[^;]*);/g)) {
    words.set(
      name,
      [...body.matchAll(/"([^"]+)"/g)].map(([, word]) => word),
    );
  }
  return { objects, words };
}

test('every kind of object that the engine hands out is of its generated type', async (t) => {
  const updates = await everything(t);

  const { objects, words } = await declared();
  const seen = new Set();
  const walk = (type, value) => {
    for (const [field, { of }] of objects.get(type)) {
      if (value[field] === undefined) continue;
      seen.add(`${type}.${field}`);
      const items = Array.isArray(value[field]) ? value[field] : [value[field]];
      for (const item of items) {
        if (objects.has(of)) walk(of, item);
        if (words.has(of)) seen.add(`${of} ${item}`);
      }
    }
  };
  for (const update of updates) {
    const [type] = [...objects].find(([, fields]) => fields.get('kind')?.of === `"${update.kind}"`) ?? [];
    assert.ok(type, `no type has the kind ${update.kind}`);
    walk(type, update);
  }
  const fields = [...objects].flatMap(([type, all]) => [...all.keys()].map((field) => `${type}.${field}`));
  assert.deepEqual(
    fields.filter((field) => !seen.has(field)),
    NEVER.fields,
    'fields that nobody has seen',
  );
  for (const type of ['ConnectionState', 'RoomState']) {
    const unseen = words.get(type).filter((word) => !seen.has(`${type} ${word}`));
    assert.deepEqual(unseen, NEVER[type] ?? [], `words of ${type} that nobody has seen`);
  }

  await compile(t, updates);
});

/** Fails with TypeScript's words if a literal is not of the type it should be. */
async function compile(t, updates) {
  const dir = await mkdtemp(join(tmpdir(), 'presence-handouts-'));
  own(t, () => rm(dir, { recursive: true }));
  const lines = [
    `import type { EngineUpdate } from ${JSON.stringify(TYPES)};`,
    ...updates.map((update, at) => `export const update${at}: EngineUpdate = ${literal(update)};`),
  ];
  await writeFile(join(dir, 'handouts.ts'), `${lines.join('\n')}\n`);
  const options = {
    target: 'es2022',
    module: 'esnext',
    moduleResolution: 'bundler',
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    exactOptionalPropertyTypes: true,
    types: [],
  };
  await writeFile(
    join(dir, 'tsconfig.json'),
    JSON.stringify({ compilerOptions: options, files: ['handouts.ts'] }),
  );
  // The one that the package is built with.
  const require = createRequire(join(PACKAGE, 'package.json'));
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, '-p', dir, '--pretty', 'false'], {
    encoding: 'utf8',
  });
  const culprits = [...stdout.matchAll(/handouts\.ts\((\d+),/g)].map(([, line]) =>
    lines[line - 1].slice(0, 1000),
  );
  assert.equal(status, 0, [stdout, stderr, ...new Set(culprits)].join('\n'));
}

/** The value as TypeScript would have it written; a property that is there and undefined stays there. */
function literal(value) {
  if (value instanceof Float64Array) return `new Float64Array([${[...value].map(literal).join(', ')}])`;
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value).map(([key, field]) => `${JSON.stringify(key)}: ${literal(field)}`);
    return `{ ${fields.join(', ')} }`;
  }
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
