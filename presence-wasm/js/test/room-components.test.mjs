import { shown } from './stage.mjs';

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { act, createElement as h, Profiler, useRef } from 'react';
import { renderToString } from 'react-dom/server';

import { AvatarStack, LiveCursors, TimelineCursors, TypingIndicator, WatchTogether } from '../dist/components.js';
import { PresenceProvider, RoomProvider } from '../dist/react.js';
import { fakeClient, member, roomUpdate, selfUpdate, settle } from './harness.mjs';

const ME = member('s0', 'Me', 0);
const JANE = member('s1', 'Jane', 1);
const TOM = member('s2', 'Tom', 2);
const SARAH = member('s3', 'Sarah', 3);
const MIKE = member('s4', 'Mike', 4);

/** A room with these members, in which `children` are shown; this page is `s0`. */
async function inRoom(t, children, members = [ME]) {
  let commits = 0;
  const within = (inner) =>
    h(RoomProvider, { id: 'v', type: 'video' }, h(Profiler, { id: 'all', onRender: () => (commits += 1) }, inner));
  const stage = await shown(children, { within });
  t.after(stage.unmount);
  const { page, say } = stage;
  await say(selfUpdate('Me', 's0'), roomUpdate('v', members, { whole: true }), ONLINE);
  return {
    ...stage,
    commits: () => commits,
    changed: (...changed) => say(roomUpdate('v', changed)),
    left: (...left) => say(roomUpdate('v', [], { left })),
    words: (selector) => [...page.querySelectorAll(selector)].map(words),
    press: (name) => act(async () => (button(page, name).click(), settle())),
  };
}

const ONLINE = { kind: 'connection', connection: { state: 'online', attempt: 0, since: 0 } };
const words = (element) => element.textContent.trim().replace(/\s+/g, ' ');
const button = (page, name) => {
  const found = [...page.querySelectorAll('button')].filter((one) => words(one) === name);
  assert.equal(found.length, 1, `one button "${name}" in ${page.innerHTML}`);
  return found[0];
};
const buttons = (page) => [...page.querySelectorAll('button')].map(words);
const frame = () => act(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));

test('the stack shows one face per user, this page’s first, and counts the rest', async (t) => {
  const second = member('s9', 'Jane', 9, { status: 'idle' });
  const { page, changed, left, words } = await inRoom(t, h(AvatarStack), [JANE, second, TOM, { ...ME, joinedAt: 9_000 }]);
  const names = () => [...page.querySelectorAll('.presence-avatar')].map((face) => face.getAttribute('aria-label'));
  assert.deepEqual(names(), ['Me (you), active', 'Jane, active', 'Tom, active']);
  assert.deepEqual(words('.presence-face'), ['M', 'J', 'T']);
  assert.deepEqual(
    [...page.querySelectorAll('.presence-user')].map(({ dataset }) => dataset.sessions),
    ['s0', 's1 s9', 's2'],
  );
  assert.deepEqual(buttons(page), []);

  await changed(SARAH, { ...TOM, liveness: 'suspect', statusMessage: 'at lunch' });
  assert.deepEqual(names(), ['Me (you), active', 'Jane, active', 'Tom, not answering: at lunch']);
  assert.deepEqual(buttons(page), ['+1 more']);
  await left('s1', 's9');
  assert.deepEqual(names().length, 3);
  assert.deepEqual(buttons(page), [], 'there is room for all again');
});

test('a picture is shown, and initials where it does not load', async (t) => {
  const { page, changed } = await inRoom(t, h(AvatarStack), [{ ...ME, name: 'Ann van Dyke', image: '/ann.png' }]);
  const picture = page.querySelector('img');
  assert.deepEqual([picture.getAttribute('src'), picture.alt], ['/ann.png', '']);
  await act(async () => picture.dispatchEvent(new window.Event('error')));
  assert.equal(page.querySelector('.presence-face').textContent, 'AD');
  await changed({ ...ME, name: 'Ann van Dyke', image: '/other.png' });
  assert.equal(page.querySelector('img').getAttribute('src'), '/other.png', 'another picture may load');
});

test('the rest closes when the keyboard goes elsewhere, and its Escape is nobody else’s', async (t) => {
  const outside = document.body.appendChild(document.createElement('button'));
  t.after(() => outside.remove());
  const { page, press } = await inRoom(t, h(AvatarStack, { max: 1 }), [ME, JANE, TOM]);
  const list = () => page.querySelector('.presence-popover');
  const focus = (element) => act(async () => element.focus());
  await press('+2 more');
  await focus(button(page, '+2 more'));
  await focus(list());
  assert.notEqual(list(), null);
  await act(async () => list().blur());
  assert.notEqual(list(), null, 'another window has the keyboard');
  await focus(list());
  await focus(outside);
  assert.equal(list(), null);

  let heard = 0;
  const hear = () => (heard += 1);
  document.addEventListener('keydown', hear);
  t.after(() => document.removeEventListener('keydown', hear));
  const escape = () => new window.KeyboardEvent('keydown', { key: 'Escape', bubbles: true });
  await press('+2 more');
  await act(async () => list().dispatchEvent(escape()));
  assert.deepEqual([list(), heard], [null, 0]);
  await act(async () => button(page, '+2 more').dispatchEvent(escape()));
  assert.equal(heard, 1, 'closed, it leaves it to others');
});

test('the rest opens on a click, and closes by Escape, by a click elsewhere, and when nobody is left in it', async (t) => {
  const outside = document.body.appendChild(document.createElement('p'));
  t.after(() => outside.remove());
  const members = [ME, JANE, { ...TOM, status: 'busy', statusMessage: 'on the phone' }, SARAH];
  const { page, press, left, changed } = await inRoom(t, h(AvatarStack, { max: 2 }), members);
  const more = button(page, '+2 more');
  const list = () => page.querySelector('.presence-popover');
  assert.deepEqual([more.getAttribute('aria-expanded'), list()], ['false', null]);

  await press('+2 more');
  assert.equal(more.getAttribute('aria-controls'), list().id);
  assert.equal(more.getAttribute('aria-expanded'), 'true');
  assert.deepEqual([...list().children].map(words), ['T Tom Busy on the phone', 'S Sarah Active']);

  const escape = new window.KeyboardEvent('keydown', { key: 'Escape', bubbles: true });
  await act(async () => list().dispatchEvent(escape));
  assert.deepEqual([list(), document.activeElement], [null, more], 'the keyboard is where it was');

  await press('+2 more');
  await act(async () => list().dispatchEvent(new window.Event('pointerdown', { bubbles: true })));
  assert.notEqual(list(), null);
  await act(async () => outside.dispatchEvent(new window.Event('pointerdown', { bubbles: true })));
  assert.equal(list(), null);

  await press('+2 more');
  await left('s2', 's3');
  assert.deepEqual(buttons(page), []);
  await changed(TOM);
  assert.equal(list(), null, 'nobody opened it');
});

/** A surface of 200 by 100 pixels with the layer in it. */
function Surface({ media }) {
  const surface = useRef(null);
  return h('div', { ref: surface, className: 'surface' }, h(LiveCursors, { surface, media }));
}

const moves = (...rows) => ({ kind: 'cursors', roomId: 'v', moves: rows.flat() });
const at = (slot, x, y, seconds) => [slot, ...[x, y].map((part) => (part === null ? -1 : Math.round(part * 65_535))), seconds === undefined ? -1 : seconds * 1_000];

test('cursors are drawn in their members’ colours, without a React render for any move', async (t) => {
  const { page, engine, commits, changed, left } = await inRoom(t, h(Surface), [ME, JANE, TOM]);
  const before = commits();
  const drawn = () =>
    [...page.querySelectorAll('.presence-cursor')].map(({ dataset, textContent, style }) => [
      dataset.user,
      textContent,
      style.transform,
      style.getPropertyValue('--presence-color'),
    ]);
  for (let n = 0; n <= 50; n += 1) engine.say(moves(at(1, n / 50, 0.2), at(0, 0.5, 0.5)));
  await frame();
  assert.deepEqual(drawn(), [['Jane', 'Jane', 'translate(100.000cqw, 20.000cqh)', '#000001']], 'nobody sees their own');
  const [jane] = page.querySelectorAll('.presence-cursor');
  engine.say(moves(at(1, 0.4, 0.4), at(2, null, null, 12)));
  await frame();
  assert.equal(page.querySelector('.presence-cursor'), jane, 'it moves, and is not made anew');
  assert.equal(drawn().length, 1, 'a moment is no place');
  assert.equal(commits(), before);

  await changed({ ...JANE, name: 'Jane Smith', liveness: 'suspect' });
  await frame();
  assert.deepEqual([jane.textContent, jane.dataset.liveness], ['Jane Smith', 'suspect']);
  engine.say(moves(at(2, 0.1, 0.1), [1, -1, -1, -1]));
  await frame();
  assert.deepEqual(drawn().map(([user]) => user), ['Tom'], 'what points nowhere is gone');
  engine.say(moves(at(2, null, null, 13)));
  await frame();
  assert.deepEqual(drawn(), [], 'and what has only a moment left');
  engine.say(moves(at(2, 0.1, 0.1)));
  await frame();
  assert.equal(drawn().length, 1);
  await left('s2');
  await frame();
  assert.deepEqual(drawn(), []);
});

test('the own pointer over the surface is told, with the moment that the medium plays', async (t) => {
  const { page, engine } = await inRoom(t, h(Surface, { media: { current: { currentTime: 7.5 } } }));
  const surface = page.querySelector('.surface');
  surface.getBoundingClientRect = () => ({ left: 0, top: 0, width: 200, height: 100 });
  const pointer = Object.assign(new window.Event('pointermove'), { clientX: 50, clientY: 50 });
  surface.dispatchEvent(pointer);
  assert.deepEqual(engine.last('setCursor'), ['v', 0.25, 0.5, 7.5]);
});

test('a timeline has a mark for each of the others who is at a moment, and moves it without a render', async (t) => {
  const { page, engine, commits, render } = await inRoom(t, h(TimelineCursors, { duration: 60 }), [ME, JANE, TOM]);
  const before = commits();
  engine.say(moves(at(1, 0.1, 0.1, 15), at(2, 0.1, 0.1), at(0, 0, 0, 3)));
  await frame();
  const [jane, ...others] = page.querySelectorAll('.presence-moment');
  assert.deepEqual(others, [], 'who is only at a place has no moment');
  assert.deepEqual(
    [jane.style.insetInlineStart, jane.getAttribute('aria-label'), jane.tabIndex, jane.getAttribute('role')],
    ['25.000%', 'Jane, 0:15', 0, 'img'],
  );
  assert.equal(jane.querySelector('.presence-moment-initials').textContent, 'J');
  engine.say(moves(at(1, 0.1, 0.1, 90)));
  await frame();
  assert.equal(jane.style.insetInlineStart, '100.000%', 'a mark stays on the timeline');
  assert.equal(commits(), before);

  const picked = [];
  await render(h(TimelineCursors, { duration: 60, onPick: (...args) => picked.push(args) }));
  await frame();
  page.querySelector('button.presence-moment').click();
  assert.deepEqual(picked.map(([seconds, { name }]) => [seconds, name]), [[90, 'Jane']]);
  await render(h(TimelineCursors, { duration: NaN }));
  await frame();
  assert.equal(page.querySelectorAll('.presence-moment').length, 0, 'no length, no places');
});

test('selections are ranges with names, and stay within the medium', async (t) => {
  const selected = { ...JANE, selection: { startTime: 15, endTime: 30 } };
  const { page, changed } = await inRoom(t, h(TimelineCursors, { duration: 60 }), [ME, selected]);
  const ranges = () =>
    [...page.querySelectorAll('.presence-selection')].map((one) => [
      one.getAttribute('aria-label'),
      one.style.insetInlineStart,
      one.style.width,
    ]);
  assert.deepEqual(ranges(), [['Selection of Jane, 0:15 to 0:30', '25%', '25%']]);
  await changed(JANE, { ...ME, selection: { startTime: 45, endTime: 90 } });
  assert.deepEqual(ranges(), [['Your selection, 0:45 to 1:30', '75%', '25%']]);
});

test('who types is said in one sentence, where they type, and not without a line', async (t) => {
  const { page, changed, say } = await inRoom(t, h(TypingIndicator, { context: 'comment' }), [ME, JANE, TOM, SARAH]);
  const line = page.querySelector('.presence-typing');
  assert.deepEqual([line.getAttribute('aria-live'), line.textContent], ['polite', '']);
  await changed({ ...JANE, typing: 'reply' }, { ...ME, typing: 'comment' });
  assert.equal(line.textContent, '', 'elsewhere, or oneself');
  for (const [typists, sentence] of [
    [[JANE], 'Jane is typing…'],
    [[JANE, TOM], 'Jane and Tom are typing…'],
    [[JANE, TOM, SARAH], '3 people are typing…'],
  ]) {
    await changed(...typists.map((one) => ({ ...one, typing: 'comment' })));
    assert.equal(line.textContent, sentence);
  }
  assert.equal(line.querySelector('.presence-dots').getAttribute('aria-hidden'), 'true');
  await say({ kind: 'connection', connection: { state: 'waiting', attempt: 1, since: 0 } });
  assert.equal(line.textContent, '');
});

const watching = (desync) => ({ isPlaying: true, currentTime: 1, playbackRate: 1, at: 0, ...(desync && { desync }) });

/** What `usePlayback` gives, and what was done to it. */
function playback(more = {}) {
  const done = [];
  const acts = ['rejoin', 'requestControl', 'releaseControl', 'grantControl', 'startSync', 'stop'];
  const doing = Object.fromEntries(acts.map((name) => [name, (...args) => void done.push([name, ...args])]));
  const state = { state: 'off', drift: 0, controller: null, isController: false, requests: [] };
  return { ...state, ...doing, ...more, done };
}

const person = ({ userId }) => ({ userId, name: userId });

test('the panel counts who is in sync, and says of each viewer how they watch', async (t) => {
  const members = [
    { ...ME, watching: watching() },
    { ...JANE, watching: watching() },
    { ...SARAH, watching: watching('paused') },
    { ...TOM, watching: watching(), liveness: 'suspect' },
    MIKE,
  ];
  const given = playback({ state: 'following', controller: person(JANE) });
  const { page, words, changed } = await inRoom(t, h(WatchTogether, { playback: given }), members);
  assert.deepEqual(words('.presence-watch-count'), ['Viewers synced: 2/4']);
  assert.deepEqual(words('.presence-viewer'), [
    '● Jane (controlling)',
    '● Me you (synced)',
    '○ Tom (not answering)',
    '○ Sarah (desynced – paused)',
  ]);
  await changed({ ...SARAH, sessionId: 's8', slot: 8, watching: watching() });
  assert.deepEqual(words('.presence-watch-count'), ['Viewers synced: 3/4']);
  assert.equal(page.querySelector('section').getAttribute('aria-labelledby'), page.querySelector('h3').id);
});

test('each state has its buttons, and each button does one thing', async (t) => {
  const [me, jane] = [person(ME), person(JANE)];
  const { page, render, press } = await inRoom(t, null);
  for (const [state, presses] of [
    [{ state: 'off' }, { 'Watch together': ['startSync'] }],
    [{ state: 'off', controller: jane }, { 'Request control': ['requestControl'] }],
    [{ state: 'off', controller: me, isController: true }, { 'Watch together': ['startSync'], 'Release control': ['releaseControl'] }],
    [{ state: 'following', controller: jane }, { 'Request control': ['requestControl'] }],
    [{ state: 'following', controller: null }, { 'Request control': ['requestControl'] }],
    [{ state: 'following', controller: jane, requests: [me] }, { 'Take request back': ['releaseControl'] }],
    [{ state: 'controlling', controller: me, isController: true }, { Stop: ['stop'], 'Release control': ['releaseControl'] }],
    [
      { state: 'controlling', controller: me, isController: true, requests: [jane, person(TOM)] },
      {
        Stop: ['stop'],
        'Release control': ['releaseControl'],
        'Grant to Jane': ['grantControl', 'Jane'],
        'Grant to Tom': ['grantControl', 'Tom'],
      },
    ],
    [
      { state: 'desynced', reason: 'paused', controller: jane },
      { 'Request control': ['requestControl'], Rejoin: ['rejoin'] },
    ],
    [{ state: 'blocked', controller: jane }, { 'Request control': ['requestControl'], 'Click to play': ['rejoin'] }],
  ]) {
    const given = playback(state);
    await render(h(WatchTogether, { playback: given }));
    assert.deepEqual(buttons(page), Object.keys(presses), JSON.stringify(state));
    for (const name of Object.keys(presses)) await press(name);
    assert.deepEqual(given.done, Object.values(presses));
  }
});

test('what changes is said in regions that were there before', async (t) => {
  const { page, render } = await inRoom(t, h(WatchTogether, { playback: playback({ state: 'following' }) }));
  const regions = [...page.querySelectorAll('[role=status]')];
  assert.deepEqual(regions.map(words), ['', '']);
  const more = { state: 'desynced', reason: 'stalled', requests: [person(TOM)], controller: person(JANE) };
  await render(h(WatchTogether, { playback: playback(more) }));
  assert.deepEqual(regions.map(words), ['Tom asks for control.', 'You are out of sync: loading.Rejoin']);
});

test('a button that goes leaves the keyboard in the panel', async (t) => {
  const { page, render } = await inRoom(t, h(WatchTogether, { playback: playback() }));
  button(page, 'Watch together').focus();
  await render(h(WatchTogether, { playback: playback({ state: 'controlling', isController: true, controller: person(ME) }) }));
  assert.equal(document.activeElement, page.querySelector('section'));
  document.activeElement.blur();
  await render(h(WatchTogether, { playback: playback() }));
  assert.equal(document.activeElement, document.body, 'it is not taken from elsewhere');
});

test('words can be the app’s own', async (t) => {
  const own = { title: 'Ver juntos', synced: (count, of) => `${count} de ${of}`, request: 'Pedir el control' };
  const given = playback({ state: 'following', controller: person(JANE) });
  const { words } = await inRoom(t, h(WatchTogether, { playback: given, words: own }), [ME, JANE]);
  assert.deepEqual([words('h3'), words('.presence-watch-count'), words('button')].flat(), ['Ver juntos', '1 de 1', 'Pedir el control']);
});

test('a server renders all of them, and no inline style that a strict policy would strip', () => {
  const { client } = fakeClient();
  const parts = [h(AvatarStack), h(TypingIndicator), h(WatchTogether, { playback: playback() })];
  const inner = h('div', null, ...parts.map((part, key) => h('div', { key }, part)));
  const html = renderToString(h(PresenceProvider, { client }, h(RoomProvider, { id: 'v', type: 'video' }, inner)));
  assert.match(html, /Watch together/);
  assert.doesNotMatch(html, / style=/);
});

test('the stylesheet has rules for every class that the components use', () => {
  const source = (name) => readFileSync(new URL(`../src/${name}`, import.meta.url), 'utf8');
  const files = ['avatar-stack.tsx', 'face.tsx', 'cursor-nodes.ts', 'moment-nodes.ts', 'timeline-cursors.tsx', 'typing-indicator.tsx', 'watch-together.tsx'];
  const sheet = readFileSync(new URL('../dist/components.css', import.meta.url), 'utf8');
  const used = new Set(files.flatMap((name) => [...source(name).matchAll(/class(?:Name)?\s?=\s?["'](presence-[\w-]+)/g)].map(([, one]) => one)));
  assert.ok(used.size > 20, 'classes are found');
  const plain = ['presence-cursors', 'presence-moments', 'presence-typing-words'];
  for (const name of used) assert.ok(plain.includes(name) || sheet.includes(`.${name}`), name);
});
