import { shown } from './stage.mjs';

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, createElement as h, useEffect, useRef } from 'react';
import { hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';

import * as presence from '../dist/react.js';
import { fakeClient, instance, instancesUpdate, member, roomUpdate, selfUpdate, settle, typistsUpdate } from './harness.mjs';

const { PresenceProvider, RoomProvider } = presence;

/** Renders below both providers; `render(children)` renders again. */
function mounted(children, { strict = false, key = 'a' } = {}) {
  const within = (inner, roomKey = key) => h(RoomProvider, { id: 'v', type: 'video', key: roomKey }, inner);
  return shown(children, { within, strict });
}

/** A component that does nothing but read, and remembers what it read. */
function reader(hook) {
  const reads = [];
  return { reads, element: h(() => (reads.push(hook()), null)) };
}

const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

test('StrictMode makes one engine, one start and one enter; a new key none; the end says goodbye', async () => {
  const { element } = reader(() => presence.usePresence());
  const { engines, engine, render, unmount } = await mounted(element, { strict: true });
  await render(element, 'b');
  await later(20);
  assert.equal(engines.length, 1);
  assert.deepEqual(engine.calls.map(([name]) => name).sort(), ['enter', 'setPresence', 'start']);
  await unmount();
  await later(20);
  assert.deepEqual(engine.calls.at(-1), ['leave', 'v']);
  await later(1_050);
  assert.deepEqual(engine.calls.slice(4).map(([name]) => name).sort(), ['setPresence', 'stop']);
});

test('a server renders the initial state, opens nothing and keeps nothing', async () => {
  const { client, loads } = fakeClient();
  const shown = [];
  const App = () => {
    shown.push(presence.usePresence(({ entries }) => entries.length), presence.useOthers((others) => others.length));
    shown.push(presence.useConnection().state, presence.useSelf(), presence.useUserStatus('ana'));
    shown.push(presence.useTyping('comment').others.length, presence.useCursors(useRef(null)).get().size);
    return h('input', presence.useTyping().inputProps);
  };
  const tree = h(PresenceProvider, { client }, h(RoomProvider, { id: 'v', type: 'video' }, h(App)));
  const html = renderToString(tree);
  assert.equal(html, '<input/>');
  assert.deepEqual(shown, [0, 0, 'initial', null, 'offline', 0, 0]);
  await settle();
  assert.equal(loads(), 0);

  // The client is ahead of the server's picture when React takes the page over.
  client.start();
  await settle();
  const root = document.createElement('div');
  root.innerHTML = html;
  const hydrated = await act(async () => hydrateRoot(root, tree));
  await act(settle);
  assert.equal(loads(), 1);
  await act(async () => hydrated.unmount());
  client.stop();
});

test('hooks outside of their provider say what to do', () => {
  const failing = (hook) => () => renderToString(h(() => (hook(), null)));
  assert.throws(failing(() => presence.usePresence()), /<PresenceProvider client=/);
  assert.throws(failing(() => presence.useConnection()), /<PresenceProvider client=/);
  assert.throws(failing(() => presence.useOthers()), /<RoomProvider id=/);
  assert.throws(failing(() => presence.useTyping()), /<RoomProvider id=/);
});

test('a component renders again only for what it selects', async () => {
  const names = reader(() => presence.useOthers((others) => others.map((other) => other.name)));
  const count = reader(() => presence.usePresence(({ entries }) => entries.length));
  const status = reader(() => presence.useUserStatus('ana'));
  const { say } = await mounted(h('div', null, names.element, count.element, status.element));
  const ana = member('s1', 'ana', 1);
  await say(roomUpdate('v', [ana], { whole: true }), instancesUpdate([instance('a', 'ana')], { whole: true }));
  assert.deepEqual(names.reads, [[], ['ana']]);
  assert.deepEqual(count.reads, [0, 1]);
  assert.deepEqual(status.reads, ['offline', 'active']);

  await say(roomUpdate('v', [{ ...ana, lastActiveAt: 9_999 }]));
  await say(instancesUpdate([instance('a', 'ana', { ts: 9_999 })]));
  assert.deepEqual([names.reads.length, count.reads.length, status.reads.length], [2, 2, 2]);
  await say(instancesUpdate([instance('a', 'ana', { status: 'idle' })]));
  assert.deepEqual(status.reads, ['offline', 'active', 'idle']);
  assert.equal(count.reads.length, 2);
});

test('equal lists of an inline selector are the same list in every render', async () => {
  const names = [];
  const Names = () => (names.push(presence.useOthers((others) => others.map((other) => other.name))), null);
  const { say, render } = await mounted(h(Names, { n: 1 }));
  await say(roomUpdate('v', [member('s1', 'ana', 1)], { whole: true }));
  await render(h(Names, { n: 2 }));
  await render(h(Names, { n: 3 }));
  assert.equal(names.length, 4);
  assert.equal(names[3], names[1]);
});

test('useCursors tells of the pointer and never renders', async () => {
  let renders = 0;
  const drawn = [];
  function Surface() {
    renders += 1;
    const surface = useRef(null);
    const media = useRef({ currentTime: 4 });
    const cursors = presence.useCursors(surface, media);
    useEffect(() => cursors.subscribe((all) => drawn.push([...all].map(([id, { x }]) => [id, x]))), [cursors]);
    return h('div', { ref: surface });
  }
  const { engine, say, unmount } = await mounted(h(Surface));
  await say(roomUpdate('v', [member('s1', 'ana', 1)], { whole: true }));
  await say({ kind: 'cursors', roomId: 'v', moves: [1, 13_107, 0, -1] });
  await act(() => later(40));
  assert.deepEqual(drawn.at(-1), [['s1', 0.2]]);
  assert.equal(renders, 1);
  assert.equal(engine.count('setCursor'), 0);
  await unmount();
  assert.deepEqual(engine.last('setCursor'), ['v', NaN, NaN, NaN]);
});

test('useTyping tells, and shows who else types here', async () => {
  const comment = reader(() => presence.useTyping('comment'));
  const { engine, say, unmount } = await mounted(comment.element);
  const { inputProps, start, stop } = comment.reads[0];
  start();
  inputProps.onInput({ currentTarget: { value: 'hi' } });
  stop();
  assert.deepEqual(
    engine.calls.filter(([name]) => name === 'setTyping').map(([, , context]) => context),
    ['comment', 'comment', undefined],
  );
  const ana = member('s1', 'ana', 1, { typing: 'comment' });
  await say(roomUpdate('v', [ana, member('s2', 'bo', 2, { typing: 'reply' })], { whole: true }));
  assert.deepEqual(comment.reads.at(-1).others.map((other) => other.userId), ['ana']);
  assert.equal(comment.reads.at(-1).inputProps, inputProps, 'handlers are the same in every render');
  start();
  await unmount();
  assert.deepEqual(engine.last('setTyping'), ['v', undefined], 'a field that is gone types no more');
});

test('useTypingUsers shows the entries of those who type here, but for our own', async () => {
  const main = reader(() => presence.useTypingUsers('main'));
  const { engine, say, render } = await mounted(main.element);
  assert.deepEqual(engine.last('setPresence'), [true]);
  const ours = instance('me', 'ana', { sessions: ['s1'] });
  const entries = [ours, instance('b', 'bo'), instance('c', 'cy')];
  await say(selfUpdate('ana', 's1'), instancesUpdate(entries, { whole: true }));
  assert.deepEqual(main.reads.at(-1), []);
  await say(typistsUpdate('main', 'c', 'me', 'nobody', 'b'), typistsUpdate('side', 'b'));
  const shown = main.reads.at(-1);
  assert.deepEqual(shown.map(({ name }) => name), ['bo', 'cy']);

  // A key of ours, or another's in another place, changes nothing here.
  await say(typistsUpdate('main', 'c', 'b'), typistsUpdate('side', 'c'));
  await render(main.element);
  assert.equal(main.reads.at(-1), shown);
  await say(instancesUpdate([], { left: ['c'] }));
  assert.deepEqual(main.reads.at(-1).map(({ name }) => name), ['bo']);
  await say(typistsUpdate('main'));
  assert.deepEqual(main.reads.at(-1), []);
});

test('useTypingUsers follows its key', async () => {
  const seen = [];
  const Typists = ({ at }) => (seen.push(presence.useTypingUsers(at).map(({ name }) => name)), null);
  const { say, render } = await mounted(h(Typists, { at: 'main' }));
  await say(instancesUpdate([instance('b', 'bo'), instance('c', 'cy')], { whole: true }));
  await say(typistsUpdate('main', 'b'), typistsUpdate('side', 'c'));
  await render(h(Typists, { at: 'side' }));
  assert.deepEqual(seen.at(-1), ['cy']);
});

test('useSessionTyping tells, by the same handlers in every render, and stops when its field is gone', async () => {
  const main = reader(() => presence.useSessionTyping('main'));
  const { engine, render, unmount } = await mounted(main.element);
  const { inputProps, start, stop } = main.reads[0];
  const told = () => engine.calls.filter(([name]) => name === 'setSessionTyping').map(([, ...words]) => words);
  start();
  inputProps.onInput({ currentTarget: { value: 'hi' } });
  inputProps.onInput({ currentTarget: { value: '' } });
  inputProps.onKeyDown({ key: 'Enter', shiftKey: true });
  inputProps.onKeyDown({ key: 'Enter', shiftKey: false });
  inputProps.onBlur();
  stop();
  assert.deepEqual(told(), [true, true, false, false, false, false].map((is) => ['main', is]));
  await render(main.element);
  assert.equal(main.reads.at(-1), main.reads[0]);
  start();
  await unmount();
  assert.deepEqual(told().at(-1), ['main', false]);
});
