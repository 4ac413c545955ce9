// Agents and notifications, as React shows them.

import { shown } from './stage.mjs';

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, createElement as h } from 'react';
import { renderToString } from 'react-dom/server';

import { AgentWidget, Notifications } from '../dist/components.js';
import * as presence from '../dist/react.js';
import { agent, agentsUpdate, chatUpdate, fakeClient, lineUpdate, notificationUpdate, selfUpdate, settle } from './harness.mjs';

async function mounted(t, children) {
  const stage = await shown(children);
  t.after(stage.unmount);
  await stage.say(selfUpdate('ann', 's1'), lineUpdate('online'));
  const texts = (selector) => [...stage.page.querySelectorAll(selector)].map(({ textContent }) => textContent.trim());
  return { ...stage, texts };
}

const subscriptions = (engine) =>
  engine.calls.filter(([name]) => name === 'post').map(([, , text]) => JSON.parse(text).type);

test('many hooks ask once, and read what they name', async (t) => {
  const reads = [];
  const Reader = () => {
    const { agents, connected } = presence.useAgents();
    const first = presence.useAgent('a');
    const tools = presence.useAgents((snapshot) => snapshot.agents.reduce((sum, { tools }) => sum + tools, 0));
    reads.push({ agents, connected, first, tools });
    return null;
  };
  const { say, engine, render } = await mounted(t, h(Reader));
  assert.deepEqual(reads[0], { agents: [], connected: false, first: undefined, tools: 0 });
  await say(agentsUpdate(agent('b', { tools: 2 }), agent('a')));
  const { agents, ...rest } = reads.at(-1);
  assert.deepEqual(agents.map(({ agentId }) => agentId), ['a', 'b']);
  assert.deepEqual(rest, { connected: true, first: agents[0], tools: 2 });
  const count = reads.length;
  await say(agentsUpdate(agent('b', { tools: 2 }), agent('a')));
  assert.equal(reads.length, count, 'what says the same renders nothing');
  await render(h(Reader));
  assert.equal(reads.at(-1).agents, agents);
  assert.deepEqual(subscriptions(engine), ['subscribe.agents']);
});

test('a conversation, a user and notifications, each with its hook', async (t) => {
  const reads = [];
  const Reader = () => {
    const { notifications, dismiss } = presence.useNotifications();
    const said = presence.useChat('main');
    const bob = presence.useUserAvailability('bob');
    reads.push({ notifications: notifications.length, said: said.map(({ content }) => content), bob, dismiss });
    return null;
  };
  const { say } = await mounted(t, h(Reader));
  await say(notificationUpdate('1'), chatUpdate('main', '1'), chatUpdate('side', '2', 'not here'));
  await say({ kind: 'user_presence', userId: 'bob', status: 'busy', at: 1 });
  const { dismiss, ...last } = reads.at(-1);
  assert.deepEqual(last, { notifications: 1, said: ['hello'], bob: 'busy' });
  assert.equal(dismiss, reads[0].dismiss);
  await act(async () => (dismiss('1'), settle()));
  assert.equal(reads.at(-1).notifications, 0);
});

test('the widget counts agents and tokens, and has a card for each', async (t) => {
  const { say, texts, page } = await mounted(t, h(AgentWidget));
  assert.deepEqual(texts('.presence-empty'), ['Waiting for agent activity…']);
  await say(
    agentsUpdate(
      agent('claude-1', { tokens: 150_000, tools: 42, featureId: 'feat-7', lastTool: 'Bash', activity: 'pushing' }),
      agent('gemini-2', { status: 'idle', tokens: 2 }),
      agent('old', { status: 'offline' }),
      agent('other'),
    ),
  );
  assert.deepEqual(texts('.presence-total dt'), ['Active agents', 'Idle agents', 'Offline agents', 'Total cost']);
  assert.deepEqual(texts('.presence-total dd'), ['2', '1', '1', '150,002 tokens in their sessions']);
  assert.deepEqual(texts('.presence-agent strong'), ['claude-1', 'other', 'gemini-2', 'old']);
  assert.deepEqual(texts('.presence-agent .presence-status'), ['Active', 'Active', 'Idle', 'Offline']);
  const facts = (id) => texts(`[data-agent="${id}"] [data-fact]`).slice(0, 4);
  assert.deepEqual(facts('claude-1'), ['Feature feat-7', 'Last tool Bash', 'Tools 42', 'Tokens 150,000']);
  assert.deepEqual(facts('gemini-2'), ['Feature –', 'Last tool –', 'Tools 0', 'Tokens 2']);
  assert.deepEqual(texts('[data-agent="claude-1"] .presence-agent-activity'), ['pushing']);
  assert.equal(page.querySelectorAll('[style]').length, 0, 'a strict policy lets no inline style through');
});

test('the widget shows of whom it is asked to, in other words', async (t) => {
  const words = { title: 'Agenten', tools: 'Werkzeuge', age: () => 'eben' };
  const { say, texts, page } = await mounted(t, h(AgentWidget, { filter: ({ agentId }) => agentId !== 'b', words }));
  await say(agentsUpdate(agent('a'), agent('b')));
  assert.deepEqual(texts('.presence-agent strong'), ['a']);
  assert.equal(texts('.presence-total dd')[0], '1');
  assert.equal(page.querySelector('section').getAttribute('aria-label'), 'Agenten');
  assert.deepEqual(texts('[data-fact="tools"] dt'), ['Werkzeuge']);
  assert.deepEqual(texts('time'), ['eben']);
});

test('the widget says how its line is', async (t) => {
  const { say, texts, page } = await mounted(t, h(AgentWidget));
  const line = () => [texts('[role="status"]')[0], page.querySelector('section').dataset.connected];
  assert.deepEqual(line(), ['Connecting…', 'false']);
  await say(agentsUpdate());
  assert.deepEqual(line(), ['Connected', 'true']);
  await say(lineUpdate('waiting'));
  assert.deepEqual(line(), ['Connecting…', 'false']);
  await say(lineUpdate('refused'));
  assert.deepEqual(line(), ['Not connected', 'false']);
});

test('a page that reads out by itself how the line is has the widget only show it', async (t) => {
  const { texts } = await mounted(t, h(AgentWidget, { silentLine: true }));
  assert.deepEqual(texts('.presence-agents-line'), ['Connecting…']);
  assert.deepEqual(texts('[role="status"]'), []);
});

test('ages go on by themselves, all with one timer, which ends with the last of them', async (t) => {
  const widget = await mounted(t, h(AgentWidget));
  t.mock.timers.enable({ apis: ['setInterval'] });
  const age = () => widget.texts('time');
  const at = 1_000_000;
  let now = at;
  widget.engine.serverNow = () => now;
  const clears = t.mock.method(globalThis, 'clearInterval');
  await widget.say(agentsUpdate(agent('a', { lastActivity: at }), agent('b', { lastActivity: at - 60_000 })));
  assert.deepEqual(age(), ['now', '1 min ago']);
  now += 30_000;
  await act(async () => t.mock.timers.tick(1_000));
  assert.deepEqual(age(), ['30 s ago', '1 min ago']);
  const before = clears.mock.callCount();
  await widget.say(agentsUpdate());
  assert.equal(clears.mock.callCount(), before + 1);
});

test('errors and warnings are alerts, the rest is told in a pause; both wait in the page', async (t) => {
  const { say, texts, page } = await mounted(t, h(Notifications));
  assert.equal(page.querySelectorAll('[role="alert"], [role="status"]').length, 2);
  const levels = ['info', 'success', 'warning', 'error'];
  await say(...levels.map((level) => notificationUpdate(level, { level })));
  assert.deepEqual(texts('[role="alert"] p'), ['Warning message warning', 'Error message error']);
  assert.deepEqual(texts('[role="status"] p'), ['Info message info', 'Success message success']);
});

test('no more is shown than there is room for, and what is shown stays', async (t) => {
  const { say, texts, page } = await mounted(t, h(Notifications, { max: 2 }));
  await say(...['1', '2', '3'].map((id) => notificationUpdate(id)));
  assert.deepEqual(texts('.presence-toast p'), ['Info message 1', 'Info message 2']);
  assert.deepEqual(texts('.presence-toasts-more span'), ['1 more']);
  await say(notificationUpdate('4', { level: 'error' }));
  // What would come back later would be read out again.
  assert.deepEqual(texts('.presence-toast p'), ['Error message 4', 'Info message 1', 'Info message 2']);
  await act(async () => (page.querySelector('[data-notification="1"] button').click(), settle()));
  assert.deepEqual(texts('.presence-toast p'), ['Error message 4', 'Info message 2'], 'there is no room for another one');
  await act(async () => (page.querySelector('.presence-toasts-more button').click(), settle()));
  assert.deepEqual(texts('.presence-toast'), []);
});

const press = (element, key) =>
  act(async () => {
    element.dispatchEvent(new window.KeyboardEvent('keydown', { key, bubbles: true }));
    await settle();
  });

test('a button and Escape dismiss one, and the keyboard goes to the next', async (t) => {
  const { say, texts, page } = await mounted(t, h(Notifications));
  await say(...['1', '2', '3'].map((id) => notificationUpdate(id)));
  const button = (id) => page.querySelector(`[data-notification="${id}"] button`);
  await act(async () => button('1').focus());
  await press(button('1'), 'a');
  await press(button('1'), 'Escape');
  assert.deepEqual(texts('.presence-toast p'), ['Info message 2', 'Info message 3']);
  assert.equal(document.activeElement, button('2'));
  await act(async () => (button('3').click(), settle()));
  assert.equal(document.activeElement, button('2'), 'what another button does takes it from nobody');
  await press(button('2'), 'Escape');
  assert.deepEqual(texts('.presence-toast'), []);
});

test('what was at the keyboard before has it again after the last', async (t) => {
  const field = () => document.querySelector('input');
  const { say, page } = await mounted(t, [h('input', { key: 'field' }), h(Notifications, { key: 'all' })]);
  for (const how of ['Escape', '.presence-toast button', '.presence-toasts-more button']) {
    const ids = how === 'Escape' ? ['1'] : [`${how} 1`, `${how} 2`];
    await say(...ids.map((id) => notificationUpdate(id)));
    await act(async () => field().focus());
    const before = how === 'Escape' ? '.presence-toast button' : how;
    while (page.querySelector(before)) {
      const button = page.querySelector(before);
      await act(async () => button.focus());
      if (how === 'Escape') await press(button, how);
      else await act(async () => (button.click(), settle()));
    }
    assert.equal(document.activeElement, field(), how);
  }
});

test('what is no error goes by itself, but not while somebody is at it or nobody looks', async (t) => {
  const { say, texts, page } = await mounted(t, h(Notifications, { duration: 100 }));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let time = 0;
  t.mock.method(performance, 'now', () => time);
  const pass = (ms) =>
    act(async () => {
      time += ms;
      t.mock.timers.tick(ms);
      await settle();
    });
  const section = page.querySelector('section');
  const button = (id) => page.querySelector(`[data-notification="${id}"] button`);
  const point = (type) => act(async () => section.dispatchEvent(new window.Event(type, { bubbles: true })));
  const shown = () => texts('.presence-toast p').length;
  await say(notificationUpdate('1'), notificationUpdate('2', { level: 'error' }), notificationUpdate('3'));
  await pass(60);
  await point('pointerover');
  await pass(500);
  assert.equal(shown(), 3, 'the pointer is on them');
  await point('pointerout');
  await pass(39);
  assert.equal(shown(), 3, 'the time before counts');
  await act(async () => button('3').focus());
  await pass(500);
  assert.equal(shown(), 3, 'the keyboard is on one of them');
  await act(async () => document.activeElement.blur());
  Object.defineProperty(document, 'hidden', { configurable: true, value: true });
  t.after(() => delete document.hidden);
  await act(async () => document.dispatchEvent(new window.Event('visibilitychange')));
  await pass(500);
  assert.equal(shown(), 3, 'nobody looks');
  delete document.hidden;
  await act(async () => document.dispatchEvent(new window.Event('visibilitychange')));
  await pass(1);
  assert.deepEqual(texts('.presence-toast p'), ['Error message 2']);
  await pass(100_000);
  assert.equal(shown(), 1);

  await say(notificationUpdate('4'), notificationUpdate('5'));
  // A pointer leaves the focus on what it pressed, as no keyboard does.
  button('4').matches = () => false;
  await act(async () => button('4').focus());
  await act(async () => (button('4').click(), settle()));
  assert.equal(document.activeElement, document.body);
  await pass(100);
  assert.deepEqual(texts('.presence-toast p'), ['Error message 2']);
});

test('what stays until it is dismissed has all its time when it is to go by itself', async (t) => {
  const { say, texts, render } = await mounted(t, h(Notifications, { duration: 0 }));
  t.mock.timers.enable({ apis: ['setTimeout'] });
  t.mock.method(performance, 'now', () => 0);
  await say(notificationUpdate('1'));
  await render(h(Notifications, { duration: 100 }));
  const pass = (ms) => act(async () => (t.mock.timers.tick(ms), await settle()));
  await pass(99);
  assert.equal(texts('.presence-toast').length, 1);
  await pass(1);
  assert.equal(texts('.presence-toast').length, 0);
});

test('a server renders that nothing is known', () => {
  const { client, loads } = fakeClient();
  const app = h(presence.PresenceProvider, { client }, h(AgentWidget), h(Notifications));
  const page = document.createElement('div');
  page.innerHTML = renderToString(app);
  assert.match(page.textContent, /Active agents0.*Waiting for agent activity…/);
  assert.equal(page.querySelectorAll('.presence-toast, .presence-agent').length, 0);
  assert.equal(loads(), 0);
});
