import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { FakeSocket, fakeClient, instance, instancesUpdate, provide, selfUpdate, settle } from './harness.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const online = { kind: 'connection', connection: { state: 'online', attempt: 1, since: 5 } };

test('nothing is loaded before the first start, and then one engine is made', async () => {
  const { client, engines, loads } = fakeClient();
  assert.equal(client.connection.get().state, 'initial');
  assert.equal(client.serverNow() > 1e12, true, 'the own clock, until the server is known');
  await settle();
  assert.equal(loads(), 0);

  client.start();
  client.start();
  assert.equal(client.connection.get().state, 'connecting');
  await settle();
  assert.equal(engines.length, 1);
  assert.deepEqual(engines[0].calls, [['start']]);
  engines[0].say(selfUpdate('ann', 's1'));
  await settle();
  assert.equal(client.serverNow(), 42);
});

test('what the engine says while it is made is not lost', async () => {
  const { client, engines } = fakeClient({ webSocket: () => (engines[0]?.say(online), new FakeSocket()) });
  client.start();
  await settle();
  assert.equal(client.connection.get().state, 'online');
});

test('views are shown frozen, and the same one while nothing changed', async () => {
  const { client, engine } = fakeClient();
  client.start();
  await settle();
  engine().say(online, selfUpdate('u', 's'));
  await settle();
  const [shown, self] = [client.connection.get(), client.self.get()];
  assert.deepEqual(self, { userId: 'u', name: 'u', sessionId: 's', instanceId: 'i' });
  assert.ok(Object.isFrozen(shown) && Object.isFrozen(self));
  engine().say(online, selfUpdate('u', 's'));
  await settle();
  assert.equal(client.connection.get(), shown);
  assert.equal(client.self.get(), self);
});

test('what a message brings is shown before the next turn, and what a call brings after it', async () => {
  const sockets = [];
  const { client, engine } = fakeClient({ webSocket: () => (sockets.push(new FakeSocket()), sockets.at(-1)) });
  client.start();
  await settle();
  const fake = engine();
  fake.said = () => fake.say(online);
  sockets.at(-1).says('message', { data: new ArrayBuffer(1) });
  assert.equal(client.connection.get().state, 'online');
  fake.say({ ...online, connection: { ...online.connection, state: 'waiting' } });
  assert.equal(client.connection.get().state, 'online', 'the app is in the middle of something');
  await settle();
  assert.equal(client.connection.get().state, 'waiting');
});

test('an instance is our own when our session is one of its', async () => {
  const { client, engine } = fakeClient();
  client.start();
  await settle();
  const entries = [instance('a', 'ana', { sessions: ['s1', 's2'] }), instance('b', 'ana'), instance('c', 'bo')];
  engine().say(selfUpdate('ana', 's2'), instancesUpdate(entries, { whole: true }));
  await settle();
  const shown = client.instances.get().entries.map(({ id, own }) => [id, own]);
  assert.deepEqual(shown, [['a', true], ['b', false], ['c', false]]);
  assert.deepEqual(client.users.get().map(({ userId, own }) => [userId, own]), [['ana', true], ['bo', false]]);
});

test('what is told before it is known who we are is nobody’s own', async () => {
  const { client, engine } = fakeClient();
  client.start();
  await settle();
  engine().say(instancesUpdate([instance('a', 'ana', { sessions: [] })], { whole: true }));
  await settle();
  assert.equal(client.instances.get().entries[0].own, false);
});

test('one batch of updates is one notification', async () => {
  const { client, engine } = fakeClient();
  client.start();
  await settle();
  let heard = 0;
  client.instances.subscribe(() => (heard += 1));
  for (const id of ['a', 'b', 'c']) engine().say(instancesUpdate([instance(id, 'u')]));
  await settle();
  assert.equal(heard, 1);
  assert.equal(client.instances.get().entries.length, 3);
});

test('the list is heard while somebody listens, and a second longer', async () => {
  const { client, engine } = fakeClient();
  client.start();
  await settle();
  assert.equal(engine().count('setPresence'), 0);
  const one = client.users.subscribe(() => {});
  const two = client.instances.subscribe(() => {});
  assert.deepEqual(engine().calls.at(-1), ['setPresence', true]);
  one();
  two();
  const three = client.onJoined(() => {});
  mock.timers.tick(5_000);
  three();
  mock.timers.tick(999);
  assert.equal(engine().count('setPresence'), 1);
  mock.timers.tick(1);
  assert.deepEqual(engine().calls.at(-1), ['setPresence', false]);
});

test('users are merged from their instances', async () => {
  const { client, engine } = fakeClient();
  client.start();
  client.users.subscribe(() => {});
  await settle();
  assert.equal(client.status('ana'), 'offline');
  const gateway = instance('g', 'gateway', { mode: 'gateway' });
  const phone = instance('p', 'ana', { status: 'away', liveness: 'suspect', lastInputAt: 7 });
  const laptop = instance('l', 'ana', { status: 'idle', lastInputAt: 9 });
  engine().say(instancesUpdate([gateway, phone, instance('b', 'bo'), laptop], { whole: true, truncated: true }));
  await settle();
  const [ana, bo] = client.users.get();
  assert.equal(client.users.get().length, 2);
  assert.equal(client.instances.get().truncated, true);
  const { status, liveness, lastInputAt, instances } = ana;
  assert.deepEqual({ status, liveness, lastInputAt }, { status: 'idle', liveness: 'connected', lastInputAt: 9 });
  assert.deepEqual(instances, [phone, laptop].map((entry) => ({ ...entry, own: false })));
  assert.equal(client.status('ana'), 'idle');

  engine().say(instancesUpdate([{ ...phone, status: 'busy' }]));
  await settle();
  assert.equal(client.status('ana'), 'busy', 'set by hand wins');
  assert.equal(client.users.get()[1], bo, 'who did not change is the same object');
});

test('joins and leaves are told, but not who was here before', async () => {
  const { client, engine } = fakeClient();
  const told = [];
  client.onJoined((entry) => told.push(`+${entry.id}`));
  client.onLeft((entry) => told.push(`-${entry.id}`));
  client.start();
  await settle();
  const [a, b, c] = ['a', 'b', 'c'].map((id) => instance(id, id));
  engine().say(instancesUpdate([a, b], { whole: true }));
  engine().say(instancesUpdate([c], { left: ['a'] }));
  engine().say(instancesUpdate([{ ...b, ts: 9 }]));
  engine().say(instancesUpdate([{ ...c }, { ...a }], { whole: true }));
  await settle();
  assert.deepEqual(told, ['+c', '-a', '+a', '-b']);
});

test('what is retained stays connected through a remount, and stops a second after the last', async () => {
  const { client, engine, engines } = fakeClient();
  const first = client.retain();
  first();
  const second = client.retain();
  await settle();
  mock.timers.tick(5_000);
  assert.equal(engine().count('stop'), 0);
  second();
  second();
  mock.timers.tick(999);
  assert.equal(engine().count('stop'), 0);
  mock.timers.tick(1);
  assert.deepEqual(engine().calls, [['start'], ['stop']]);
  client.retain();
  assert.equal(engines.length, 1, 'the engine is kept');
  assert.deepEqual(engine().calls.at(-1), ['start']);
});

test('stop is at once and for all, start outlives who only retained', async () => {
  const { client, engine } = fakeClient();
  const release = client.retain();
  client.start();
  await settle();
  release();
  mock.timers.tick(5_000);
  assert.equal(engine().count('stop'), 0);
  client.retain();
  client.stop();
  client.stop();
  assert.equal(engine().count('stop'), 1);
  client.retryNow();
  assert.equal(engine().count('retryNow'), 0, 'who stopped does not retry');
  client.start();
  client.retryNow();
  client.noteInput();
  assert.deepEqual(engine().calls.slice(-3), [['start'], ['retryNow'], ['noteInput']]);
});

test('stopping while the engine loads leaves none running', async () => {
  const { client, engines } = fakeClient();
  client.start();
  client.stop();
  assert.equal(client.connection.get().state, 'stopped');
  await settle();
  assert.equal(engines.length, 0);
  client.start();
  client.stop();
  client.start();
  await settle();
  assert.equal(engines.length, 1);
  assert.deepEqual(engines[0].calls, [['start']]);
});

test('the address is derived from the page', async () => {
  for (const [url, page, expected] of [
    [undefined, 'https://app.example/some/page?x#y', 'wss://app.example/ws'],
    [undefined, 'http://127.0.0.1:3000/', 'ws://127.0.0.1:3000/ws'],
    ['/live/ws', 'https://app.example/', 'wss://app.example/live/ws'],
    ['https://api.example/ws', undefined, 'wss://api.example/ws'],
    ['ws://api.example/ws', 'https://app.example/', 'ws://api.example/ws'],
  ]) {
    globalThis.location = page && { href: page };
    const { client, sockets } = fakeClient({ url });
    client.start();
    await settle();
    delete globalThis.location;
    assert.equal(sockets[0].url, expected);
    assert.deepEqual(sockets[0].protocols, ['presence.v1']);
  }
});

test('an engine is told who and what this client is', async (t) => {
  const privacy = { presence: true, invisible: false, cursor: true };
  const browse = (userAgent) => provide(t, { navigator: { userAgent } });
  const told = async (options) => {
    const { client, engine } = fakeClient(options);
    client.start();
    await settle();
    client.stop();
    const { tokens, info, sessionId } = engine();
    return { tokens, info, sessionId };
  };
  browse(undefined);
  assert.deepEqual(await told({}), { tokens: [undefined], info: { mode: 'webchat', privacy }, sessionId: undefined });
  browse('Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0');
  const guessed = { host: 'Firefox on Linux', platform: 'linux', deviceFamily: 'Linux' };
  assert.deepEqual((await told({ host: undefined })).info, { ...guessed, mode: 'webchat', privacy });
  const app = { clientId: 'app', version: '1', mode: 'ui', agentId: 'a' };
  const given = { ...app, host: 'desk', platform: 'web', deviceFamily: 'TV' };
  assert.deepEqual(await told({ token: 't', ...given }), { tokens: ['t'], info: { ...given, privacy }, sessionId: undefined });
});

test('refusals are told', async () => {
  const { client, engine, errors } = fakeClient();
  client.start();
  await settle();
  engine().say({ kind: 'refused', about: 'cursor', refusal: { code: 'bad_field', message: 'm', retryable: false } });
  await settle();
  assert.equal(errors[0].name, 'RefusedError');
  assert.equal(errors[0].about, 'cursor');
  assert.equal(errors[0].refusal.code, 'bad_field');
});

test('why the server closed the line is told in its words, and not of a line that just broke', async () => {
  const { client, sockets, engine } = fakeClient();
  client.start();
  await settle();
  const line = (state, more) => ({ kind: 'connection', connection: { state, attempt: 0, since: 1, ...more } });
  const ends = async (code, reason, state) => {
    sockets.at(-1).says('close', { code, reason });
    engine().say(line(state, { closeCode: code }));
    await settle();
    return client.connection.get().closeReason;
  };
  assert.equal(await ends(4501, 'unauthorized', 'refused'), 'unauthorized');
  assert.equal(await ends(1006, '', 'waiting'), undefined);
  assert.equal(await ends(1012, 'service restart', 'waiting'), 'service restart');
  engine().say(line('online'));
  await settle();
  assert.equal('closeReason' in client.connection.get(), false);
  client.stop();
});
