// The widget of HtmlGraph's page: it brings no token, asks for nothing, and comes back after three seconds.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { openFixture, post } from './harness/fixtures.mjs';
import { open } from './harness/raw.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { stays, until } from './harness/wait.mjs';

const browser = await launch(shared());

const tool = (cost_tokens, more = {}) => ({ type: 'tool_execute', tool_name: 'Bash', cost_tokens, ...more });
const report = (server, agent, event, headers) => post(server, `/api/agents/${agent}/events`, event, headers);

async function dashboard(t, server) {
  const context = await browser.newContext();
  t.after(() => context.close());
  const page = await openFixture(t, context, server.url, 'dashboard');
  const errors = [];
  page.on('pageerror', (error) => errors.push(error.message));
  return {
    page,
    errors,
    connection: () => page.locator('#connection').textContent(),
    /** Each card's status and what stands on it. */
    cards: () =>
      page.locator('.agent-card').evaluateAll((cards) =>
        cards.map((card) => [
          card.className.split(' ')[1],
          ...[...card.children].map(({ textContent }) => textContent),
        ]),
      ),
    totals: async () => (await page.locator('b').allTextContents()).map(Number),
    seen: (what) => page.evaluate((name) => window.seen[name], what),
  };
}

test('the widget shows every agent at once, and what each does next, in all tabs', async (t) => {
  const server = await startServer(t);
  await report(server, 'claude-1', tool(1500, { feature_id: 'feat-aa1f17eb', session_id: 'sess-abc123' }));
  await report(server, 'gemini-2', { type: 'activity' });
  const tabs = [await dashboard(t, server), await dashboard(t, server)];
  // What is not known yet prints as nothing, and not as "null".
  const both = [
    ['active', 'claude-1', 'feat-aa1f17eb', 'Bash', 'sess-abc123', '1', '1500'],
    ['active', 'gemini-2', 'none', '', '', '0', '0'],
  ];
  for (const tab of tabs) await until(tab.cards, { is: both });

  await report(server, 'claude-1', tool(500));
  await report(server, 'gemini-2', { type: 'session_end' });
  await report(server, 'codex-3', { type: 'session_start', session_id: 's' });
  const three = [
    ['active', 'claude-1', 'feat-aa1f17eb', 'Bash', 'sess-abc123', '2', '2000'],
    ['offline', 'gemini-2', 'none', '', '', '0', '0'],
    ['active', 'codex-3', 'none', '', 's', '0', '0'],
  ];
  for (const tab of tabs) {
    await until(tab.cards, { is: three });
    assert.deepEqual(await tab.totals(), [2, 0, 1, 2000]);
    assert.deepEqual(tab.errors, []);
    const others = (await tab.seen('messages')).filter(({ type }) => type !== 'presence_update');
    assert.deepEqual(others, []);
  }
});

test('an agent that reports nothing becomes idle, and one that has gone stays so', async (t) => {
  const server = await startServer(t, { config: { timing: { agent_idle_after: 1000 } } });
  const tab = await dashboard(t, server);
  await report(server, 'claude-1', tool(1));
  await report(server, 'gemini-2', { type: 'offline' });
  await until(tab.totals, { is: [0, 1, 1, 1] });
  await stays(tab.totals, { for: 1500, is: [0, 1, 1, 1] });
  await report(server, 'claude-1', tool(1));
  await until(async () => (await tab.totals())[0], { is: 1 });
});

test('the widget comes back after kill -9 and shows the counters that were', async (t) => {
  const server = await startServer(t);
  const tab = await dashboard(t, server);
  for (let n = 0; n < 3; n += 1) await report(server, 'claude-1', tool(100), { 'Idempotency-Key': `k${n}` });
  const card = ['active', 'claude-1', 'none', 'Bash', '', '3', '300'];
  await until(tab.cards, { is: [card] });
  // At most the last second is lost.
  await stays(tab.cards, { for: 1500, is: [card] });
  await server.kill9();
  await until(tab.connection, { is: 'closed' });
  await server.start();
  await until(tab.connection, { is: 'connected', timeout: 15_000 });
  const again = async () => (await tab.seen('messages')).filter(({ agent_id }) => agent_id === 'claude-1').length;
  await until(again, { is: (count) => count >= 2 });
  assert.deepEqual(await tab.cards(), [card]);
  const { repeated } = await report(server, 'claude-1', tool(100), { 'Idempotency-Key': 'k1' });
  assert.equal(repeated, 1, 'a retry behind the restart counts once');
  await report(server, 'claude-1', tool(100));
  await until(tab.cards, { is: [['active', 'claude-1', 'none', 'Bash', '', '4', '400']] });
  assert.deepEqual(tab.errors, []);
});

test('the other page of HtmlGraph says subscribe, and hears of features', async (t) => {
  const server = await startServer(t);
  const ws = await open(`${server.url}/ws/broadcasts`, { t });
  ws.send('subscribe');
  const { client_id, ...subscribed } = await ws.next('subscribed');
  assert.equal(typeof client_id, 'string');
  assert.deepEqual(subscribed, { type: 'subscribed', message: 'Connected to broadcast channel' });
  ws.send('ping');
  await ws.next('pong');
  const headers = { 'X-Agent-ID': 'claude-1', 'X-Session-ID': 'sess-1' };
  const path = '/api/broadcast/features/feat-123/status';
  const { old_status, clients_notified } = await post(server, path, { new_status: 'in_progress' }, headers);
  assert.deepEqual({ old_status, clients_notified }, { old_status: null, clients_notified: 1 });
  const told = await ws.next('broadcast_event');
  assert.deepEqual([told.event_type, told.resource_id, told.payload.new_status], [
    'feature_updated',
    'feat-123',
    'in_progress',
  ]);
  assert.equal((await ws.next('presence_update')).presence.current_feature_id, 'feat-123');
});

test('the eleventh dashboard is told why it is closed, and the ten go on', async (t) => {
  const server = await startServer(t);
  const ten = [];
  for (let n = 0; n < 10; n += 1) ten.push(await open(`${server.url}/ws/broadcasts`, { t }));
  await report(server, 'claude-1', tool(1));
  for (const ws of ten) await ws.next('presence_update');
  const eleventh = await open(`${server.url}/ws/broadcasts`, { t });
  assert.equal((await eleventh.next('error')).error.code, 'too_many_dashboards');
  const { code, reason } = await eleventh.closed;
  assert.deepEqual({ code, reason }, { code: 1008, reason: 'too many dashboards' });
  assert.deepEqual(eleventh.of('presence_update'), []);
  await report(server, 'claude-1', tool(1));
  for (const ws of ten) await ws.next('presence_update');
});
