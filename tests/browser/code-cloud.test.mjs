// The clients of Code Cloud's page: what they send is what is printed there, and so is what they read.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { launch, launchLifecycle } from './harness/chromium.mjs';
import { openFixture, post, serveScript } from './harness/fixtures.mjs';
import { killGroup } from './harness/guard.mjs';
import { startProxy } from './harness/proxy.mjs';
import { open, RawClient } from './harness/raw.mjs';
import { own, shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { TENTH } from './harness/timing.mjs';
import { stays, until } from './harness/wait.mjs';

const browser = await launch(shared());

const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const ONLINE = { type: 'user_presence', data: 'online' };

const STATUS = {
  agentName: 'CLOUD_ASSISTANT',
  state: 'working',
  currentTask: 'Processing webhook event',
  progress: 45,
};
const CHAT = {
  conversationId: 'conv-123',
  messageId: 'msg-456',
  content: 'Task completed successfully!',
  sender: 'ENGINEERING_LEAD_SUPERVISOR',
  timestamp: '2025-12-26T13:00:00.000Z',
};
const NOTIFICATION = { level: 'success', message: 'All tests passed!' };

const broadcast = (server, what, body) => post(server, `/api/broadcast/${what}`, body);

/** What a client is told of a user, oldest first. */
const told = (ws, user) =>
  ws.of('user_presence', ({ data }) => data.userId === user).map(({ data }) => data.status);

test('the client for Node hears every kind of message in its envelope', async (t) => {
  const server = await startServer(t, { config: { timing: { ping_every: 500 } } });
  const ws = await open(`${server.url}/ws?token=test-token`, { t });
  ws.send(ONLINE);
  const auth = await ws.next('auth');
  assert.match(auth.timestamp, ISO);
  assert.deepEqual([auth.data.success, auth.data.userId], [true, 'test-token']);
  await until(() => told(ws, 'test-token'), { is: ['online'] });

  await broadcast(server, 'agent-status', STATUS);
  await broadcast(server, 'chat', CHAT);
  await broadcast(server, 'notification', NOTIFICATION);
  for (const [type, data] of [
    ['agent_status', STATUS],
    ['chat_message', CHAT],
    ['notification', NOTIFICATION],
  ]) {
    const message = await ws.next(type);
    assert.match(message.timestamp, ISO);
    const read = Object.fromEntries(Object.keys(data).map((name) => [name, message.data[name]]));
    assert.deepEqual(read, data, type);
  }
  // The server's own, every second of the line's pings; and the answer to the client's.
  await ws.next('ping');
  ws.send({ type: 'pong' });
  ws.send({ type: 'ping' });
  assert.match((await ws.next('pong')).timestamp, ISO);
  ws.send('{ not json');
  const error = await ws.next('error');
  assert.equal(error.data.error, 'Invalid message format');
  assert.equal(error.error.code, 'bad_json');
});

test('a status that is said is told to all, and who did not sign in hears nothing', async (t) => {
  const server = await startServer(t);
  const nobody = await open(`${server.url}/ws`, { t });
  assert.equal((await nobody.next('auth')).data.success, false);
  const ann = await open(`${server.url}/ws?token=ann`, { t });
  const bob = await open(`${server.url}/ws?token=bob`, { t });
  await until(() => told(ann, 'bob'), { is: ['online'] });
  for (const status of ['busy', 'away', 'offline', 'online']) {
    bob.send({ type: 'user_presence', data: status });
    await until(() => told(ann, 'bob').at(-1), { is: status });
  }
  assert.deepEqual(told(ann, 'bob'), ['online', 'busy', 'away', 'offline', 'online']);
  bob.send({ type: 'user_presence', data: 'sleeping' });
  assert.equal((await bob.next('error')).error.field, 'data');
  await broadcast(server, 'notification', NOTIFICATION);
  await ann.next('notification');
  nobody.send({ type: 'ping' });
  await nobody.next('pong');
  assert.deepEqual(
    nobody.all.map(({ type }) => type),
    ['auth', 'pong'],
  );
});

test('the class for browsers shows what it is told, and again behind a restart', async (t) => {
  const server = await startServer(t);
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await openFixture(t, context, server.url, 'cloud-agents', { token: 'ann' });
  const text = (id) => page.locator(`#${id}`).textContent();
  const items = (id) => page.locator(`#${id} li`).allTextContents();
  await until(() => items('people'), { is: ['ann online'] });
  await broadcast(server, 'agent-status', STATUS);
  await broadcast(server, 'chat', CHAT);
  await broadcast(server, 'notification', NOTIFICATION);
  await until(() => text('agent'), { is: 'CLOUD_ASSISTANT working Processing webhook event 45' });
  await until(() => items('chat'), { is: ['ENGINEERING_LEAD_SUPERVISOR: Task completed successfully!'] });
  await until(() => items('toasts'), { is: ['success: All tests passed!'] });
  await page.evaluate(() => window.setPresence('busy'));
  await until(() => items('people'), { is: ['ann online', 'ann busy'] });

  // What is said meanwhile waits, also for the server's own return.
  await page.close();
  const { kept } = await broadcast(server, 'notification', { ...NOTIFICATION, message: 'later', userId: 'bob' });
  assert.equal(kept, 1);
  await server.restart();
  const later = await openFixture(t, context, server.url, 'cloud-agents', { token: 'bob' });
  const toasts = () => later.locator('#toasts li').allTextContents();
  await until(toasts, { is: ['success: later'] });
  await server.restart();
  await until(() => later.evaluate(() => window.all.filter(({ type }) => type === 'auth').length), { is: 2 });
  await broadcast(server, 'notification', { ...NOTIFICATION, userId: 'bob' });
  await until(async () => (await toasts()).at(-1), { is: 'success: All tests passed!' });
  // Who went before it was certain that he was told is told again, by the same id.
  const ids = await later.evaluate(() =>
    window.all.filter(({ data }) => data?.message === 'later').map(({ data }) => data.id),
  );
  assert.equal(new Set(ids).size, 1);
});

test('the hook for React shows what it is told, once, and says goodbye when it is unmounted', async (t) => {
  const server = await startServer(t, { config: TENTH });
  const address = await serveScript(t, 'cloud-dashboard');
  const bob = await open(`${server.url}/ws?token=bob`, { t });
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(`${error}`));
  await page.goto(`${address}/?${new URLSearchParams({ server: new URL(server.url).host, token: 'ann' })}`);
  const text = (id) => page.locator(`#${id}`).textContent();
  const alerts = () =>
    page.locator('[class^=alert-]').evaluateAll((all) => all.map((alert) => [alert.className, alert.textContent]));
  await until(() => text('status'), { is: 'Status: 🟢 Connected' });
  await until(() => told(bob, 'ann'), { is: ['online'] });
  assert.equal(await text('agent'), 'Agent: ');

  await broadcast(server, 'agent-status', STATUS);
  await until(() => text('agent'), { is: 'Agent: working' });
  const levels = ['info', 'success', 'warning', 'error'];
  for (const level of levels) await broadcast(server, 'notification', { ...NOTIFICATION, level });
  await broadcast(server, 'notification', { level: 'info', message: 'for Ann', userId: 'ann' });
  await broadcast(server, 'notification', { level: 'info', message: 'for Bob', userId: 'bob' });
  await broadcast(server, 'agent-status', { ...STATUS, state: 'stopped' });
  await until(() => text('agent'), { is: 'Agent: stopped' });
  const each = [...levels.map((level) => [`alert-${level}`, NOTIFICATION.message]), ['alert-info', 'for Ann']];
  assert.deepEqual(await alerts(), each);
  await page.getByRole('button', { name: 'Busy' }).click();
  await until(() => told(bob, 'ann'), { is: ['online', 'busy'] });

  // It answers no ping that it can read, and is not taken for gone, nor told anything again.
  await stays(() => text('status'), { is: 'Status: 🟢 Connected', for: TENTH.timing.gone_after + 1000 });
  assert.deepEqual(await alerts(), each);
  await page.evaluate(() => window.unmount());
  const all = ['online', 'busy', 'offline'];
  await until(() => told(bob, 'ann'), { is: all });
  await stays(() => told(bob, 'ann'), { is: all, for: 2 * TENTH.timing.reconnect_grace });
  assert.deepEqual(errors, []);
});

test('the lines for wscat, as they are typed there', async (t) => {
  const server = await startServer(t);
  // As wscat opens it: with what `ws` offers by itself, compression among it.
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws?token=test-123`);
  const client = new RawClient(socket);
  own(t, () => client.terminate());
  assert.equal((await client.next('auth')).data.success, true);
  client.send('{"type":"ping"}');
  await client.next('pong');
  // Who is online already is told nothing new.
  client.send({ type: 'user_presence', data: 'away' });
  client.send('{"type":"user_presence","data":"online"}');
  await until(() => told(client, 'test-123'), { is: ['online', 'away', 'online'] });
  assert.deepEqual(client.of('error'), []);
});

/** However a user's last tab dies, the others are told once, and only then. */
describe('offline is told once', { concurrency: true }, () => {
  async function watched(t) {
    const server = await startServer(t, { config: TENTH });
    const bob = await open(`${server.url}/ws?token=bob`, { t });
    return { server, bob };
  }

  async function once(bob, { timeout }) {
    await until(() => told(bob, 'ann'), { is: ['online', 'offline'], timeout });
    await stays(() => told(bob, 'ann'), { is: ['online', 'offline'], for: 2 * TENTH.timing.reconnect_grace });
  }

  test('when it is closed', async (t) => {
    const { server, bob } = await watched(t);
    const { context } = await launchLifecycle(t);
    const first = await openFixture(t, context, server.url, 'cloud-agents', { token: 'ann' });
    const second = await openFixture(t, context, server.url, 'cloud-agents', { token: 'ann' });
    for (const page of [first, second]) {
      await until(() => page.evaluate(() => window.all.some(({ type }) => type === 'auth')));
    }
    await until(() => told(bob, 'ann'), { is: ['online'] });
    await first.close();
    await stays(() => told(bob, 'ann'), { is: ['online'], for: 2 * TENTH.timing.reconnect_grace });
    await second.close();
    await once(bob, { timeout: 4000 });
  });

  test('when the browser is killed', async (t) => {
    const { server, bob } = await watched(t);
    const { context, pid } = await launchLifecycle(t);
    await openFixture(t, context, server.url, 'cloud-agents', { token: 'ann' });
    await until(() => told(bob, 'ann'), { is: ['online'] });
    killGroup(pid);
    await once(bob, { timeout: 6000 });
  });

  test('when its line is cut', async (t) => {
    const { server, bob } = await watched(t);
    const proxy = await startProxy(t, server.port);
    const context = await browser.newContext();
    t.after(() => context.close());
    await openFixture(t, context, proxy.url, 'cloud-agents', { token: 'ann' });
    await until(() => told(bob, 'ann'), { is: ['online'] });
    proxy.swallow();
    await proxy.assertStopped({ tried: ['up'] });
    await once(bob, { timeout: TENTH.timing.gone_after + 4000 });
  });
});
