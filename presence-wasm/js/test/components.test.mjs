import { shown } from './stage.mjs';

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, createElement as h } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';

import { PresenceList, StatusIndicator } from '../dist/components.js';
import { PresenceProvider, useAgentPresence, useJoined, useLeft, usePresence } from '../dist/react.js';
import { getUserStatus } from '../dist/status.js';
import { fakeClient, instance, instancesUpdate, selfUpdate } from './harness.mjs';

async function mounted(t, children) {
  const stage = await shown(children, { strict: false });
  t.after(stage.unmount);
  return stage;
}

/** An element as text and marks: what is there without any stylesheet. */
const rendered = (element) => {
  const page = document.createElement('div');
  page.innerHTML = renderToString(element);
  return page.firstChild;
};

test('each status has a word, a colour and a shape of its own', () => {
  const seen = { words: new Set(), shapes: new Set(), colors: new Set() };
  const all = ['active', 'idle', 'away', 'busy', 'reviewing', 'offline'].map((status) => ({ status }));
  for (const props of [...all, { status: 'active', liveness: 'suspect' }]) {
    const indicator = rendered(h(StatusIndicator, props));
    const svg = indicator.querySelector('svg');
    assert.equal(svg.getAttribute('aria-hidden'), 'true', 'the word is said, and not twice');
    assert.equal(indicator.querySelectorAll('[style]').length, 0, 'a strict policy lets no inline style through');
    seen.words.add(indicator.textContent.trim());
    seen.shapes.add(svg.innerHTML);
    seen.colors.add(svg.getAttribute('color'));
  }
  assert.deepEqual([...seen.words], ['Active', 'Idle', 'Away', 'Busy', 'Reviewing', 'Offline', 'Not answering']);
  assert.equal(seen.shapes.size, 7);
  assert.equal(seen.colors.size, 6, 'who does not answer is as grey as who is gone');
  for (const color of seen.colors) assert.match(color, /^var\(--presence-[a-z]+, #[0-9a-f]{6}\)$/);
});

test('a silent line says more than the last status, a known one less', () => {
  const word = (props) => rendered(h(StatusIndicator, props)).textContent.trim();
  assert.equal(word({ status: 'active', liveness: 'gone' }), 'Offline');
  assert.equal(word({ status: 'busy', liveness: 'suspect' }), 'Not answering');
  assert.equal(word({ status: 'busy', liveness: 'connected' }), 'Busy');
  assert.equal(word({ status: 'idle', label: 'Inactivo' }), 'Inactivo');
});

test('a compact mark has its word as a name', () => {
  const mark = rendered(h(StatusIndicator, { status: 'idle', compact: true }));
  assert.deepEqual(
    ['role', 'aria-label', 'title', 'data-status'].map((name) => mark.getAttribute(name)),
    ['img', 'Idle', 'Idle', 'idle'],
  );
  assert.equal(mark.textContent, '');
});

test('the list shows who is here, in words that read well without a stylesheet', async (t) => {
  const { page, say, client } = await mounted(t, h(PresenceList));
  assert.equal(page.textContent, 'Nobody is here');
  const ann = instance('a', 'ann', { host: 'ann-laptop', deviceFamily: 'Mac', mode: 'webchat' });
  await say(instancesUpdate([ann, instance('b', 'bo', { status: 'idle', mode: 'ui' })], { whole: true }));
  const list = page.querySelector('ul');
  assert.deepEqual([list.getAttribute('role'), list.getAttribute('aria-label')], ['list', 'Who is here']);
  const words = () => [...page.querySelectorAll('li')].map((item) => item.textContent.trim().replace(/\s+/g, ' '));
  assert.deepEqual(words(), ['Active ann-laptop Mac webchat', 'Idle bo ui']);
  const item = page.querySelector('li');
  assert.deepEqual(
    ['.host', '.device', '.mode'].map((of) => item.querySelector(of).textContent),
    ['ann-laptop', 'Mac', 'webchat'],
  );

  await say(instancesUpdate([{ ...ann, liveness: 'suspect' }]));
  assert.deepEqual(words()[0], 'Not answering ann-laptop Mac webchat');
  assert.equal(page.querySelector('li'), item, 'a row that changes stays the element it was');
  await say(instancesUpdate([], { left: ['a', 'b'] }));
  assert.equal(page.textContent, 'Nobody is here');
  assert.equal(client.instances.get().entries.length, 0);
});

test('the list takes a filter, its own items, a name and words for nobody', async (t) => {
  const renderItem = ({ name }) => h('b', null, name);
  const props = { filter: ({ mode }) => mode !== 'gateway', renderItem, label: 'Quién está', empty: 'Nadie' };
  const { page, say } = await mounted(t, h(PresenceList, props));
  await say(instancesUpdate([instance('g', '', { mode: 'gateway' })], { whole: true }));
  assert.equal(page.textContent, 'Nadie');
  await say(instancesUpdate([instance('a', 'ann')]));
  assert.equal(page.querySelector('ul').outerHTML.replace(/ (class|data-\w+)="[^"]*"/g, ''), '<ul role="list" aria-label="Quién está"><li><b>ann</b></li></ul>');
});

test('a server renders the empty list, and the page takes it over', async (t) => {
  const { client } = fakeClient();
  const tree = h(PresenceProvider, { client }, h(PresenceList));
  const page = document.createElement('div');
  page.innerHTML = renderToString(tree);
  assert.equal(page.textContent, 'Nobody is here');
  const root = await act(async () => hydrateRoot(page, tree));
  t.after(() => act(async () => root.unmount()));
});

test('those with an agent are the web chats that name it, in one list until one of them changes', async (t) => {
  const reads = [];
  const Reader = ({ agent }) => (reads.push(useAgentPresence(agent)), null);
  const { say, render } = await mounted(t, h(Reader, { agent: 'max' }));
  const chat = (id, more) => instance(id, id, { mode: 'webchat', agentId: 'max', ...more });
  const others = [chat('b', { mode: 'ui' }), chat('c', { agentId: 'moritz' }), chat('d', { agentId: undefined })];
  await say(instancesUpdate([chat('a'), ...others], { whole: true }));
  assert.deepEqual(reads.at(-1).map(({ id }) => id), ['a']);
  const { length } = reads;
  await say(instancesUpdate([chat('c', { agentId: 'moritz', status: 'idle' })]));
  assert.equal(reads.length, length, 'nobody of theirs changed');
  await render(h(Reader, { agent: 'max', again: true }));
  assert.equal(reads.at(-1), reads[length - 1]);
  await render(h(Reader, { agent: 'moritz' }));
  assert.deepEqual(reads.at(-1).map(({ id, status }) => [id, status]), [['c', 'idle']]);
});

test('who comes and goes is heard of, by the newest listener, while the component is mounted', async (t) => {
  const heard = [];
  const Toasts = ({ word }) => {
    useJoined((entry) => heard.push(`${word} +${entry.id}`));
    useLeft((entry) => heard.push(`${word} -${entry.id}`));
    return null;
  };
  const { say, render, engine } = await mounted(t, h(Toasts, { word: 'one' }));
  assert.deepEqual(engine.last('setPresence'), [true], 'to hear of them is to listen');
  await say(instancesUpdate([instance('a', 'ann')], { whole: true }));
  assert.deepEqual(heard, [], 'who is here already did not come');
  await say(instancesUpdate([instance('b', 'bo')]));
  const asked = engine.count('setPresence');
  await render(h(Toasts, { word: 'two' }));
  assert.equal(engine.count('setPresence'), asked, 'a new listener is no new wish');
  await say(instancesUpdate([], { left: ['a'] }));
  assert.deepEqual(heard, ['one +b', 'two -a']);
  await render(null);
  await say(instancesUpdate([instance('c', 'cy')]));
  assert.equal(heard.length, 2);
});

test('the age of an entry that a hook gave is by the clock of its server', async (t) => {
  const statuses = [];
  const Reader = () => (usePresence().entries.forEach((entry) => statuses.push(getUserStatus(entry))), null);
  const { say } = await mounted(t, h(Reader));
  // The engine of these tests says that it is 42, once it knows.
  await say(selfUpdate('ann', 's0'));
  await say(instancesUpdate([instance('a', 'ann', { ts: 40, lastInputAt: 41 })], { whole: true }));
  await say(instancesUpdate([instance('a', 'ann', { ts: 42 - 300_001, lastInputAt: 41 })]));
  await say(instancesUpdate([instance('a', 'ann', { ts: 40, lastInputAt: 42 - 30_001 })]));
  assert.deepEqual(statuses, ['active', 'offline', 'idle']);
  assert.equal(getUserStatus(instance('a', 'ann', { ts: 40 })), 'offline', 'by this clock, it is long ago');
});
