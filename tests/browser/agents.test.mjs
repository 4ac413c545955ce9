// Agents that report, and what is said to people, as the demo page shows both.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { launch } from './harness/chromium.mjs';
import { open } from './harness/raw.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';

const browser = await launch(shared());

async function post(server, path, body, headers = {}) {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  assert.equal(answer.status, 200, JSON.stringify(told));
  return told;
}

const report = (server, agent, ...events) => post(server, `/api/agents/${agent}/events`, { events });

/** The cards as they are shown, by agent; ages are left out. */
const cards = ({ page }) =>
  page.locator('.presence-agent').evaluateAll((all) =>
    Object.fromEntries(
      all.map((card) => {
        const facts = [...card.querySelectorAll('[data-fact]')].map(({ dataset, children }) => [dataset.fact, children[1].textContent]);
        const { lastActivity: _, ...rest } = Object.fromEntries(facts);
        const activity = card.querySelector('.presence-agent-activity').textContent;
        return [card.dataset.agent, { status: card.dataset.status, activity, ...rest }];
      }),
    ),
  );

const totals = ({ page }) =>
  page.locator('.presence-total dd').evaluateAll((all) => all.map(({ firstChild }) => firstChild.textContent));

const toasts = ({ page }) => page.locator('.presence-toast p').allTextContents();
const show = ({ page }, tab) => page.getByTestId(`tab-${tab}`).click();

test('a fleet that one page starts works on the cards of both, until it is stopped', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob');
  for (const visitor of [ann, bob]) await show(visitor, 'agents');
  await until(() => bob.page.locator('.presence-agents').getAttribute('data-connected'), { is: 'true' });
  await ann.page.getByTestId('start-fleet').focus();
  await ann.page.keyboard.press('Enter');
  const atWork = (all) => Object.values(all).filter(({ status, tools }) => status === 'active' && Number(tools) > 0);
  await until(() => cards(bob), { is: (all) => atWork(all).length === 4, timeout: 30_000 });
  await ann.page.getByTestId('stop-fleet').click();
  const isOver = (all) => Object.values(all).every(({ status }) => status === 'offline');
  await until(() => cards(bob), { is: isOver });
  const shown = await cards(bob);
  await until(() => cards(ann), { is: shown });
  assert.deepEqual((await totals(ann)).slice(0, 3), ['0', '0', '4']);
  assert.deepEqual(await totals(ann), await totals(bob));
  const { agents } = await (await fetch(`${server.url}/api/presence`)).json();
  for (const { agent_id, total_tools_executed, total_cost_tokens } of agents) {
    const { tools, tokens } = shown[agent_id];
    assert.deepEqual([tools, tokens.replaceAll(',', '')], [`${total_tools_executed}`, `${total_cost_tokens}`]);
  }
  assert.deepEqual([...ann.errors, ...bob.errors], []);
});

test('who leaves the page takes the fleet along', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob');
  for (const visitor of [ann, bob]) await show(visitor, 'agents');
  await ann.page.getByTestId('start-fleet').click();
  await until(() => cards(bob), { is: (all) => Object.values(all).filter(({ status }) => status === 'active').length === 4 });
  await ann.page.goto('about:blank');
  await until(() => cards(bob), { is: (all) => Object.values(all).every(({ status }) => status === 'offline') });
});

test('a fleet waits for a server that does not answer, and works on as the same agents', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  await show(ann, 'agents');
  await ann.page.getByTestId('start-fleet').click();
  const atWork = (all) => Object.values(all).filter(({ status }) => status === 'active').length === 4;
  const before = Object.keys(await until(() => cards(ann), { is: atWork }));
  const refused = ann.page.waitForEvent('requestfailed', (request) => request.url().endsWith('/events'));
  await server.kill9();
  await refused;
  await server.restart();
  await ann.page.waitForResponse((answer) => answer.url().endsWith('/events') && answer.ok());
  await until(() => cards(ann), { is: atWork, timeout: 30_000 });
  assert.equal(await ann.page.locator('.fleet-state').textContent(), '');
  await ann.page.getByTestId('stop-fleet').click();
  await ann.page.getByTestId('start-fleet').click();
  await until(() => cards(ann), { is: atWork });
  assert.deepEqual(Object.keys(await cards(ann)).sort(), before.sort());
});

test('what an agent reports is on its card as reported, also after a kill -9 of the server', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  await show(ann, 'agents');
  const work = { type: 'tool_execute', tool_name: 'Bash', cost_tokens: 150_000, feature_id: 'feat-7', session_id: 's' };
  await report(server, 'claude-1', { ...work, activity: 'pushing' });
  const expected = { status: 'active', activity: 'pushing', feature: 'feat-7', lastTool: 'Bash', tools: '1', tokens: '150,000' };
  await until(() => cards(ann), { is: { 'claude-1': expected } });
  assert.deepEqual(await totals(ann), ['1', '0', '0', '150,000']);

  await server.kill9();
  const connected = () => ann.page.locator('.presence-agents').getAttribute('data-connected');
  await until(connected, { is: 'false' });
  await server.restart();
  // The new server is asked anew, without anybody's doing.
  await until(connected, { is: 'true', timeout: 20_000 });
  await report(server, 'gemini-2', { type: 'session_start', session_id: 'g' });
  await until(async () => Object.keys(await cards(ann)), { is: (ids) => ids.includes('gemini-2') });
});

test('the lines for a terminal report as they stand there', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  await show(ann, 'agents');
  const [, url, type, body] = /^curl (\S+) -H 'content-type: (\S+)' -d '(.*)'$/.exec(await ann.page.getByTestId('command-agent-curl').textContent());
  await fetch(url, { method: 'POST', headers: { 'content-type': type }, body });
  const expected = { status: 'active', activity: 'pushing', feature: '–', lastTool: 'Bash', tools: '1', tokens: '1,200' };
  await until(() => cards(ann), { is: { 'my-agent': expected } });
  const [program, ...words] = (await ann.page.getByTestId('command-report').textContent()).split(' ');
  assert.equal(program, 'presence-server');
  const built = process.env.PRESENCE_SERVER ?? fileURLToPath(new URL('../../target/debug/presence-server', import.meta.url));
  await promisify(execFile)(built, [...words, '--strict']);
  await until(() => cards(ann), { is: { 'my-agent': { ...expected, tools: '2', tokens: '2,400' } } });
});

test('a notification is shown on all pages, or on those of one, until it is dismissed', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob');
  await show(ann, 'messages');
  const notify = async (to, level, message) => {
    await ann.page.getByTestId('notify-user').fill(to);
    await ann.page.getByTestId('notify-level').selectOption(level);
    await ann.page.getByTestId('notify-message').fill(message);
    await ann.page.getByTestId('notify-message').press('Enter');
  };
  await notify('', 'error', 'The build failed.');
  for (const visitor of [ann, bob]) await until(() => toasts(visitor), { is: ['Error The build failed.'] });
  await notify('Bob', 'warning', 'The disk is full.');
  await until(() => toasts(bob), { is: ['Error The build failed.', 'Warning The disk is full.'] });
  // By keyboard.
  await bob.page.locator('.presence-toast button').first().focus();
  await bob.page.keyboard.press('Escape');
  await until(() => toasts(bob), { is: ['Warning The disk is full.'] });
  await bob.page.keyboard.press('Enter');
  await until(() => toasts(bob), { is: [] });
  assert.deepEqual(await toasts(ann), ['Error The build failed.']);
});

test('a notification that is dismissed by mouse keeps no other, and the keyboard is where it was after the last', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const content = ann.page.getByTestId('chat-content');
  await show(ann, 'messages');
  const notify = (level, message) => post(server, '/api/broadcast/notification', { level, message });
  for (const message of ['first', 'second']) await notify('info', message);
  await until(() => toasts(ann), { is: ['Info first', 'Info second'] });
  await content.focus();
  await ann.page.locator('.presence-toast button').first().click();
  await ann.page.mouse.move(0, 0);
  await until(() => toasts(ann), { is: [], timeout: 20_000 });

  await notify('error', 'third');
  await until(() => toasts(ann), { is: ['Error third'] });
  await content.focus();
  await ann.page.locator('.presence-toast button').click();
  await until(() => toasts(ann), { is: [] });
  assert.equal(await content.evaluate((field) => field === document.activeElement), true);
});

test('notifications lie over no form: on the tab of messages at the other edge', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  await post(server, '/api/broadcast/notification', { level: 'error', message: 'Here' });
  await until(() => toasts(ann), { is: ['Error Here'] });
  const isRight = () => ann.page.locator('.presence-toast').evaluate((toast) => toast.getBoundingClientRect().left > innerWidth / 2);
  for (const tab of ['room', 'instances', 'agents']) {
    await show(ann, tab);
    assert.equal(await isRight(), true, tab);
  }
  await show(ann, 'messages');
  assert.equal(await isRight(), false);
});

test('a notification for who is away is shown once they are back, and not again', async (t) => {
  const server = await startServer(t);
  const notify = (message) => post(server, '/api/broadcast/notification', { level: 'error', message, userId: 'Zoe' });
  assert.equal((await notify('While you were away')).kept, 1);
  const zoe = await visit(t, browser, server.url, 'Zoe');
  await until(() => toasts(zoe), { is: ['Error While you were away'] });
  await zoe.page.reload();
  await zoe.online();
  // What comes after it would stand below it.
  await notify('Now');
  await until(() => toasts(zoe), { is: ['Error Now'] });
});

test('a conversation, and what agents say of themselves, reach the other page', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob');
  for (const visitor of [ann, bob]) await show(visitor, 'messages');
  await ann.page.getByTestId('chat-content').fill('Who takes the parser?');
  await ann.page.keyboard.press('Enter');
  const said = ({ page }) => page.getByTestId('chat').locator('p').allTextContents();
  await until(() => said(bob), { is: ['Ann Who takes the parser?'] });
  await until(() => said(ann), { is: ['You Who takes the parser?'] });
  await until(() => ann.page.getByTestId('chat-content').inputValue(), { is: '' });

  await ann.page.getByRole('button', { name: 'Tell', exact: true }).click();
  const notice = bob.page.getByTestId('agent-notices').locator('li');
  await until(() => notice.locator('strong').allTextContents(), { is: ['CLOUD_ASSISTANT'] });
  assert.equal(await notice.locator('progress').getAttribute('value'), '50');
  await show(bob, 'agents');
  await until(async () => (await cards(bob))['CLOUD_ASSISTANT'], { is: (card) => card?.activity === 'Analyzing code' });
});

test('a conversation shows what comes last, unless its reader looks at what came before', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const log = ann.page.getByTestId('chat');
  const say = (content) => post(server, '/api/broadcast/chat', { conversationId: 'conv-123', content, sender: 'Bob' });
  const count = () => log.locator('li').count();
  const isAtEnd = () => log.evaluate((list) => list.scrollHeight > list.clientHeight && list.scrollHeight - list.clientHeight - list.scrollTop < 2);
  // Also while another tab is shown.
  for (let i = 0; i < 30; i += 1) await say(`line ${i}`);
  await until(count, { is: 30 });
  await show(ann, 'messages');
  await until(isAtEnd, { is: true });
  await say('line 30');
  await until(count, { is: 31 });
  assert.equal(await isAtEnd(), true);
  await log.evaluate((list) => new Promise((done) => {
    list.addEventListener('scroll', done, { once: true });
    list.scrollTop = 40;
  }));
  await say('line 31');
  await until(count, { is: 32 });
  assert.equal(await log.evaluate((list) => list.scrollTop), 40);
  // What is said here is shown, and once.
  const content = ann.page.getByTestId('chat-content');
  await content.fill('mine');
  for (const key of ['Enter', 'Enter', 'n']) await content.press(key);
  await until(count, { is: 33 });
  await until(isAtEnd, { is: true });
  await say('the last');
  await until(() => log.locator('p').allTextContents().then((all) => all.slice(-2)), { is: ['You mine', 'Bob the last'] });
  assert.equal(await content.inputValue(), 'n');
  // What did not go comes back.
  await ann.page.route('**/api/broadcast/chat', (route) => route.abort());
  await content.fill('lost');
  await content.press('Enter');
  await until(() => ann.page.locator('.chat .said-told').textContent(), { is: 'The server does not answer.' });
  assert.equal(await content.inputValue(), 'lost');
});

test('on a narrow screen nothing is cut off', async (t) => {
  const server = await startServer(t);
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  t.after(() => context.close());
  const ann = await visit(t, context, server.url, 'Ann');
  const long = 'an-agent-with-a-name-that-is-far-too-long-for-any-telephone';
  await report(server, long, { type: 'tool_execute', tool_name: 'x'.repeat(200), activity: 'y '.repeat(100) });
  await post(server, '/api/broadcast/notification', { level: 'error', message: 'z'.repeat(500) });
  for (const tab of ['agents', 'messages']) {
    await show(ann, tab);
    await until(async () => Object.keys(await cards(ann)), { is: [long] });
    await until(async () => (await toasts(ann)).length, { is: 1 });
    assert.equal(await ann.page.evaluate(() => document.documentElement.scrollWidth), 360, tab);
  }
  await show(ann, 'agents');
  await report(server, long, { type: 'tool_execute', cost_tokens: 123_456_789_012 });
  await until(() => totals(ann), { is: ['1', '0', '0', '123,456,789,012'] });
  const boxes = ann.page.locator('.presence-total, .presence-agent dt');
  assert.deepEqual(await boxes.evaluateAll((all) => all.filter((box) => box.scrollWidth > box.clientWidth).length), 0);
});
