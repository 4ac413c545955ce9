// The clients of kleoz' page, sent to the letter: what they send, and what they read of the answers.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { open } from './harness/raw.mjs';
import { startServer } from './harness/server.mjs';
import { TENTH } from './harness/timing.mjs';
import { visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';

/** "Deduplicación": everything in `params`. */
const connectAsPrinted = (instanceId) => ({
  type: 'connect',
  params: {
    client: {
      id: 'kleoz-web',
      instanceId, // Persistido en localStorage
      version: '1.0.0',
      platform: 'web',
      mode: 'webchat',
    },
  },
});

/** What kleoz' web client sends, which puts `client` beside `type` and says who it is. */
const connectFlat = (instanceId, token) => ({
  type: 'connect',
  token,
  client: {
    id: 'kleoz-web',
    instanceId,
    version: '1.0.0',
    platform: 'web',
    mode: 'webchat',
    host: 'kleoz.example',
  },
});

/** "Estados de Usuario". */
function getUserStatus(entry) {
  const age = Date.now() - entry.ts;
  if (age > 5 * 60 * 1000) return 'offline';
  if (entry.lastInputSeconds && entry.lastInputSeconds > 120) return 'away';
  if (entry.lastInputSeconds && entry.lastInputSeconds > 30) return 'idle';
  return 'active';
}

/** Connects, subscribes, and keeps the list that the page's three events tell of. */
async function kleoz(t, server, connect, door = '/ws') {
  const ws = await open(server.url + door, { t });
  ws.send(connect);
  ws.send({ type: 'subscribe.presence' });
  await ws.next('presence.updated');
  return new Kleoz(ws);
}

class Kleoz {
  ws;

  constructor(ws) {
    this.ws = ws;
  }

  get events() {
    return this.ws.of((data) => data?.type?.startsWith('presence.'));
  }

  /** Without the server's own. */
  get entries() {
    let entries = [];
    for (const event of this.events) {
      if (event.type === 'presence.updated') entries = event.entries;
      if (event.type === 'presence.joined') entries = [...entries, event.entry];
      if (event.type === 'presence.left')
        entries = entries.filter((one) => one.instanceId !== event.instanceId);
    }
    return entries.filter(({ mode }) => mode !== 'gateway');
  }

  get ids() {
    return this.entries.map(({ instanceId }) => instanceId).sort();
  }

  entry(instanceId) {
    return this.entries.find((one) => one.instanceId === instanceId);
  }

  /** What came since, as `joined a`, `left b`, `updated`. */
  story(since = 0) {
    const name = ({ type }) => type.slice('presence.'.length);
    return this.events
      .slice(since)
      .map((event) => [name(event), event.entry?.instanceId ?? event.instanceId].filter(Boolean).join(' '));
  }

  assertNoVersionIsMissing() {
    const versions = this.events.map(({ stateVersion }) => stateVersion);
    assert.deepEqual(
      versions,
      versions.map((_, at) => versions[0] + at),
    );
  }
}

const ask = async (server, path) => {
  const response = await fetch(server.url + path, { headers: { connection: 'close' } });
  assert.equal(response.status, 200);
  return response.json();
};

const list = (server) => ask(server, '/api/presence');

test('who connects as the page prints it is an entry as the page prints it', async (t) => {
  const server = await startServer(t);
  const before = Date.now();
  const id = randomUUID();
  const client = await kleoz(t, server, connectAsPrinted(id));
  const entry = client.entry(id);

  const { host, ip, version, platform, mode, reason } = entry;
  assert.deepEqual(
    { host, ip, version, platform, mode, reason },
    { host: '', ip: '127.0.0.1', version: '1.0.0', platform: 'web', mode: 'webchat', reason: 'connect' },
  );
  assert.ok(entry.ts >= before - 1000 && entry.ts <= Date.now() + 1000, `ts: ${entry.ts}`);
  assert.equal(getUserStatus(entry), 'active');
  assert.ok(!JSON.stringify(entry).includes('null'));
  assert.equal(typeof client.events[0].stateVersion, 'number');
});

test('the flat form says the same, and everything that an entry can hold', async (t) => {
  const server = await startServer(t);
  const id = randomUUID();
  const told = {
    host: 'ann-laptop',
    platform: 'macos',
    deviceFamily: 'Mac',
    modelIdentifier: 'MacBookPro18,1',
    mode: 'ui',
    roles: ['operator', 'node'],
    scopes: ['operator.read'],
    agentId: 'agent-7',
  };
  const connect = connectFlat(id, 'Ann');
  const client = await kleoz(t, server, {
    ...connect,
    lastInputSeconds: 45,
    client: { ...connect.client, ...told },
  });
  const entry = client.entry(id);
  assert.deepEqual(Object.fromEntries(Object.keys(told).map((field) => [field, entry[field]])), told);
  assert.equal(entry.userId, 'Ann');
  assert.ok(entry.lastInputSeconds >= 45 && entry.lastInputSeconds < 60);
  assert.deepEqual([getUserStatus(entry), entry.status], ['idle', 'idle']);
  // "Mostrar usuarios online por agente"
  assert.deepEqual(
    client.entries.filter(({ agentId }) => agentId === 'agent-7'),
    [entry],
  );
});

test('each event has a stateVersion one higher', async (t) => {
  const server = await startServer(t);
  const watcher = await kleoz(t, server, connectAsPrinted('watcher'));
  const [ann, bob] = [
    await kleoz(t, server, connectFlat('ann', 'Ann')),
    await kleoz(t, server, connectFlat('bob', 'Bob')),
  ];
  await bob.ws.close();
  ann.ws.send({ type: 'heartbeat', lastInputSeconds: 200 });
  await until(() => getUserStatus(watcher.entry('ann')), { is: 'away' });
  await kleoz(t, server, connectFlat('cleo', 'Cleo'));
  await until(() => watcher.ids, { is: ['ann', 'cleo', 'watcher'] });

  assert.deepEqual(watcher.story(), [
    'updated',
    'joined ann',
    'joined bob',
    'left bob',
    'updated',
    'joined cleo',
  ]);
  watcher.assertNoVersionIsMissing();
  ann.assertNoVersionIsMissing();

  // Who asks again, as kleoz does after a gap, gets the list at the version where the next event follows on.
  ann.ws.send({ type: 'subscribe.presence' });
  await until(() => ann.story().at(-1), { is: 'updated' });
  assert.deepEqual(ann.ids, watcher.ids);
  assert.equal(ann.events.at(-1).stateVersion, watcher.events.at(-1).stateVersion);
});

/** `WsClient` of kleoz' web client, as far as others see it: what it sends when the socket opens, in order. */
async function webClient(t, server, user, instanceId) {
  const ws = await open(`${server.url}/api/ws?token=${user}`, { t });
  ws.send(connectFlat(instanceId, user));
  ws.send({ type: 'subscribe', sessionKeys: ['agent:main:main'] });
  ws.send({ type: 'subscribe.presence' });
  ws.send({ type: 'subscribe.presence' });
  ws.send({ type: 'ping', ts: Date.now() });
  await ws.next('presence.updated');
  await ws.next('presence.updated');
  return new WebClient(ws);
}

class WebClient {
  ws;

  constructor(ws) {
    this.ws = ws;
  }

  /** Its reducer: replaces with a snapshot, merges what is updated, and never forgets by that. */
  get entries() {
    let entries = [];
    for (const event of this.ws.of((data) => data?.type?.startsWith('presence.'))) {
      const changed = event.type === 'presence.joined' ? [event.entry] : (event.entries ?? []);
      const gone = [event.instanceId, ...changed.map(({ instanceId }) => instanceId)];
      const kept = entries.filter(({ instanceId }) => !gone.includes(instanceId));
      entries = event.type === 'presence.snapshot' ? event.entries : [...kept, ...changed];
    }
    return entries.filter(({ mode }) => mode !== 'gateway');
  }

  /** "Notificar cuando alguien se une" */
  get toasts() {
    return this.ws.of('presence.joined').map((event) => `${event.entry.host} se ha conectado`);
  }

  /** "Mostrar 'escribiendo...' de otros usuarios" */
  typing(sessionKey) {
    const told = this.ws.of('session.typing').filter((event) => event.sessionKey === sessionKey);
    const typing = told.at(-1)?.userIds ?? [];
    return this.entries.filter(({ instanceId }) => typing.includes(instanceId));
  }
}

test('the web client is greeted, sees who comes and goes and who types', async (t) => {
  const server = await startServer(t);
  const ann = await webClient(t, server, 'Ann', 'ann');
  const [greeting] = ann.ws.of('connected');
  assert.deepEqual(greeting, { type: 'connected', wsSessionId: greeting.sessionId, sessionId: greeting.sessionId });
  assert.equal(ann.ws.of('presence.snapshot').length, 2);
  assert.deepEqual(ann.ws.of('error'), []);

  const bob = await webClient(t, server, 'Bob', 'bob');
  await until(() => ann.toasts, { is: ['kleoz.example se ha conectado'] });
  const ids = (entries) => entries.map(({ instanceId }) => instanceId).sort();
  const key = 'agent:main:main';
  bob.ws.send({ type: 'session.typing', sessionKey: key, isTyping: true });
  await until(() => ids(ann.typing(key)), { is: ['bob'] });
  assert.deepEqual(ann.typing('agent:main:other'), []);
  // Who comes later is told of it too.
  const cleo = await webClient(t, server, 'Cleo', 'cleo');
  await until(() => ids(cleo.typing(key)), { is: ['bob'] });
  // It ends by itself.
  await until(() => ids(ann.typing(key)), { is: [], timeout: 10_000 });

  await bob.ws.close();
  await until(() => [ids(ann.entries), ids(cleo.entries)], { is: [['ann', 'cleo'], ['ann', 'cleo']] });
});

test('twenty lost lines of the web client are seen by nobody', async (t) => {
  const server = await startServer(t);
  const watcher = await kleoz(t, server, connectAsPrinted('watcher'), '/api/ws');
  let ann = await webClient(t, server, 'Ann', 'ann');
  await until(() => watcher.ids, { is: ['ann', 'watcher'] });
  const before = watcher.events.length;
  for (let drop = 0; drop < 20; drop += 1) {
    await ann.ws.terminate();
    // Who is back before the server noticed is a second tab for a while, as far as anybody can tell.
    await until(async () => (await ask(server, '/api/stats')).authenticated, { is: 1 });
    ann = await webClient(t, server, 'Ann', 'ann');
  }
  assert.deepEqual(watcher.story(before).filter((event) => event !== 'updated'), []);
  await ann.ws.close();
  await until(() => watcher.story(before).filter((event) => event !== 'updated'), { is: ['left ann'] });
});

test('GET /api/presence says the same as the events', async (t) => {
  const server = await startServer(t);
  const client = await kleoz(t, server, connectAsPrinted('a'));
  await kleoz(t, server, connectFlat('b', 'Bob'));
  await until(() => client.ids, { is: ['a', 'b'] });
  const { entries, gatewayUptime, stateVersion, timestamp } = await list(server);
  const byId = (one, other) => one.instanceId.localeCompare(other.instanceId);
  const own = entries.filter(({ mode }) => mode !== 'gateway');
  assert.deepEqual(own.sort(byId), client.entries.sort(byId));
  assert.ok(gatewayUptime >= 0 && gatewayUptime < 60, `seconds: ${gatewayUptime}`);
  assert.equal(stateVersion, client.events.at(-1).stateVersion);
  assert.ok(Math.abs(timestamp - Date.now()) < 1000, `ms: ${timestamp}`);
});

test('a client that reconnects is not a second one', async (t) => {
  const server = await startServer(t, { config: TENTH });
  const watcher = await kleoz(t, server, connectAsPrinted('watcher'));
  const id = randomUUID();
  const first = await kleoz(t, server, connectFlat(id, 'Ann'));
  await until(() => watcher.ids.length, { is: 2 });
  const before = watcher.events.length;

  await first.ws.terminate();
  // Ids are compared without case, and are shown as they were first written.
  const second = await kleoz(t, server, connectFlat(` ${id.toUpperCase()} `, 'Ann'));
  await until(() => second.ids.length, { is: 2 });
  assert.ok(!watcher.story(before).some((event) => /joined|left/.test(event)), `${watcher.story(before)}`);
  assert.deepEqual(watcher.ids, [id, 'watcher'].sort());

  // Another tab of the same client is the same entry, which goes with its last tab; the line that broke
  // has some time to come back.
  const third = await kleoz(t, server, connectFlat(id, 'Ann'));
  await second.ws.close();
  assert.deepEqual((await list(server)).entries.filter(({ userId }) => userId === 'Ann').length, 1);
  await third.ws.close();
  await until(() => watcher.story(before).filter((event) => event !== 'updated'), { is: [`left ${id}`] });
  assert.deepEqual(watcher.ids, ['watcher']);
  watcher.assertNoVersionIsMissing();

  // Somebody else's client may have chosen the same id.
  const [ann, bob] = [
    await kleoz(t, server, connectFlat('same', 'Ann')),
    await kleoz(t, server, connectFlat('same', 'Bob')),
  ];
  await until(() => watcher.ids, { is: ['same', 'same', 'watcher'] });
  await ann.ws.close();
  await until(async () => (await list(server)).entries.map(({ userId }) => userId).sort(), {
    is: (users) => users.includes('Bob') && !users.includes('Ann'),
  });
  assert.ok(bob.ws.isOpen);
});

test('a command line is served and not listed', async (t) => {
  const server = await startServer(t);
  const watcher = await kleoz(t, server, connectAsPrinted('watcher'));
  const { params } = connectAsPrinted('tool');
  const tool = await kleoz(t, server, {
    type: 'connect',
    params: { client: { ...params.client, mode: 'cli' } },
  });
  assert.deepEqual(tool.ids, ['watcher']);
  await kleoz(t, server, connectAsPrinted('after'));
  await until(() => watcher.story(), { is: ['updated', 'joined after'] });
});

test('a page and a kleoz client see each other', async (t) => {
  const server = await startServer(t);
  const client = await kleoz(t, server, connectFlat('laptop', 'Kleo'));
  const ann = await visit(t, await launch(t), server.url, 'Ann');
  await until(() => client.entries.length, { is: 2 });
  const entry = client.entries.find(({ userId }) => userId === 'Ann');
  const { instanceId } = await ann.self();
  assert.deepEqual(
    {
      instanceId: entry.instanceId,
      mode: entry.mode,
      deviceFamily: typeof entry.deviceFamily,
      status: getUserStatus(entry),
    },
    { instanceId, mode: 'ui', deviceFamily: 'string', status: 'active' },
  );

  const row = await ann.entry('Kleo');
  assert.deepEqual(row, {
    user: 'Kleo',
    instanceId: 'laptop',
    status: 'active',
    liveness: 'connected',
    sessions: 1,
  });
  const shown = await ann.page.getByTestId('instance').filter({ hasText: 'Kleo' }).textContent();
  assert.match(shown, /kleoz\.example/);

  client.ws.send({ type: 'heartbeat', lastInputSeconds: 45 });
  await until(async () => (await ann.entry('Kleo')).status, { is: 'idle' });

  await client.ws.close();
  await until(() => ann.users(), { is: ['Ann'] });
  const other = await kleoz(t, server, connectAsPrinted('other'));
  await ann.leave();
  await until(() => other.ids, { is: ['other'] });
});
