// What a page says of itself and in rooms, and what it hears of others: statuses, privacy, selections, broadcasts, and
// what is watched together.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { JSDOM } from 'jsdom';

import { clientWith } from '../dist/client.js';
import { fakeClient, member, provide, roomUpdate, selfUpdate, settle } from './harness.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 }));
afterEach(() => mock.timers.reset());

async function started(options) {
  const fake = fakeClient(options);
  fake.client.start();
  await settle();
  return fake;
}

async function entered(options) {
  const fake = await started(options);
  const room = fake.client.room('video_1', { type: 'video' });
  const leave = room.enter();
  return { ...fake, room, leave };
}

/** What an engine was given to say, with where. */
const posts = ({ engine }) => engine().calls.filter(([name]) => name === 'post').map(([, room, text]) => [room, JSON.parse(text)]);

const greeting = (resumed) => [
  { ...selfUpdate('ann', 's1'), resumed },
  { kind: 'connection', connection: { state: 'online', since: 1, attempt: 0 } },
];

const watchUpdate = (more = {}) => ({
  kind: 'watch',
  roomId: 'video_1',
  syncEnabled: true,
  controller: { userId: 'ann', name: 'Ann' },
  timeline: { isPlaying: true, currentTime: 5, playbackRate: 1, at: 1, operation: 1 },
  requests: [],
  ...more,
});

/** The engine fails, and another takes over. */
async function replace(fake) {
  fake.engine().broken = new Error('trap');
  fake.client.noteInput();
  mock.timers.tick(1_000);
  await settle();
}

test('what a room is told is said as the JSON doors have it', async () => {
  const fake = await entered();
  const { room } = fake;
  fake.engine().say(...greeting(false));
  await settle();
  room.setSelection({ startTime: 1, endTime: 2.5 });
  room.broadcast({ type: 'reaction', emoji: '👍' });
  room.playback({ action: 'seek', isPlaying: true, currentTime: 12.5, playbackRate: 1 });
  room.requestControl();
  room.grantControl('bob');
  room.releaseControl();
  const said = (type, data) => ['video_1', { type, roomId: 'video_1', ...(data !== undefined && { data }) }];
  assert.deepEqual(posts(fake), [
    said('selection', { startTime: 1, endTime: 2.5 }),
    said('broadcast', { type: 'reaction', emoji: '👍' }),
    said('playback', { action: 'seek', isPlaying: true, currentTime: 12.5, playbackRate: 1, serverTime: 42 }),
    said('control_request'),
    said('control_grant', { toUserId: 'bob' }),
    said('control_release'),
  ]);
});

test('what no server would take is not sent: it would close the line', async () => {
  const fake = await entered();
  assert.throws(() => fake.room.broadcast('x'.repeat(9_000)), RangeError);
  assert.deepEqual(posts(fake), []);
});

test('a room without an id says nothing: it would be the session’s', async () => {
  const fake = await started();
  const room = fake.client.room(' ', { type: 'video' });
  room.enter();
  room.broadcast(1);
  room.setSelection({ startTime: 1, endTime: 2 });
  assert.deepEqual(posts(fake), []);
});

test('a selection is said again whenever the room shows itself, until the room is left', async () => {
  const fake = await entered();
  const { room, leave } = fake;
  const shown = async (pictured, ...members) => {
    fake.engine().say(roomUpdate('video_1', members, { pictured }));
    await settle();
    return posts(fake).splice(0).length;
  };
  assert.equal(await shown(true, member('s1', 'ann', 1)), 0, 'there is none');
  room.setSelection({ startTime: 1, endTime: 2 });
  assert.equal(await shown(false, member('s1', 'ann', 1)), 1);
  assert.equal(await shown(true), 2);
  room.setSelection(null);
  assert.equal(await shown(true), 4, 'that there is none, too');
  assert.deepEqual(posts(fake).at(-1), ['video_1', { type: 'selection', roomId: 'video_1', data: null }]);
  await replace(fake);
  assert.equal(await shown(true), 1, 'a new engine');
  leave();
  mock.timers.tick(1);
  room.setSelection({ startTime: 1, endTime: 2 });
  room.enter();
  assert.equal(await shown(true, member('s1', 'ann', 1)), 1, 'of before it was left nothing is known');
});

test('a selection from before a reload goes', async () => {
  const fake = await entered();
  fake.engine().say(...greeting(true));
  const selection = { startTime: 1, endTime: 2 };
  fake.engine().say(roomUpdate('video_1', [member('s1', 'ann', 1, { selection })], { whole: true, pictured: true }));
  await settle();
  assert.deepEqual(posts(fake), [['video_1', { type: 'selection', roomId: 'video_1', data: null }]]);
});

test('broadcasts are heard as they were said', async () => {
  const { room, engine } = await entered();
  const heard = [];
  const unhear = room.onBroadcast((said) => heard.push(said));
  const update = { kind: 'broadcast', roomId: 'video_1', userId: 'bob', sessionId: 's2', data: [1, { a: null }] };
  engine().say(update);
  await settle();
  unhear();
  engine().say(update);
  await settle();
  assert.deepEqual(heard, [update]);
  for (const piece of [heard[0], heard[0].data, heard[0].data[1]]) assert.ok(Object.isFrozen(piece), 'all hear the same');
});

test('what is watched is shown frozen, and its pieces stay while they say the same', async () => {
  const { room, engine } = await entered();
  assert.deepEqual(room.watch.get(), { syncEnabled: false, controller: null, timeline: null, requests: [] });
  const bob = { userId: 'bob', name: 'Bob' };
  engine().say(watchUpdate({ requests: [bob] }));
  await settle();
  const first = room.watch.get();
  for (const piece of [first, first.controller, first.timeline, first.requests, first.requests[0]]) {
    assert.ok(Object.isFrozen(piece));
  }
  let told = 0;
  room.watch.subscribe(() => (told += 1));
  engine().say(watchUpdate({ requests: [bob] }));
  await settle();
  assert.deepEqual([room.watch.get() === first, told], [true, 0]);
  engine().say(watchUpdate({ requests: [bob, { userId: 'tom', name: 'Tom' }] }));
  await settle();
  const { controller, timeline, requests } = room.watch.get();
  assert.equal(told, 1);
  assert.ok(controller === first.controller && timeline === first.timeline && requests[0] === first.requests[0]);
  assert.deepEqual(Object.keys(room.watch.get()), ['syncEnabled', 'controller', 'timeline', 'requests']);
});

test('what was watched is forgotten where it is not known any more', async () => {
  const { room, leave, engine } = await entered();
  const refusal = { code: 'presence_off', message: 'm', retryable: true };
  for (const [name, update, isKept] of [
    ['the server took the session up again', greeting(true), true],
    ['another life of the server', greeting(false), false],
    ['refused', [roomUpdate('video_1', [], { state: 'refused', refusal })], false],
  ]) {
    engine().say(watchUpdate());
    await settle();
    engine().say(...update);
    await settle();
    assert.equal(room.watch.get().syncEnabled, isKept, name);
  }
  engine().say(watchUpdate());
  await settle();
  leave();
  mock.timers.tick(1);
  assert.equal(room.watch.get().syncEnabled, false, 'left');
});

test('a status is said at once, and again to who does not know it', async () => {
  const fake = await started();
  const said = () => posts(fake).map(([, { type, ...more }]) => (assert.equal(type, 'setStatus'), more));
  fake.engine().say(...greeting(false));
  await settle();
  fake.client.setStatus('busy', 'lunch');
  assert.deepEqual(said(), [{ status: 'busy', statusMessage: 'lunch' }]);
  fake.engine().say(...greeting(true));
  await settle();
  assert.equal(said().length, 2, 'it may have been lost with the line');
  mock.timers.tick(61_000);
  fake.engine().say(...greeting(true));
  await settle();
  assert.equal(said().length, 2, 'another page may have said something newer');
  fake.engine().say(...greeting(false));
  await settle();
  assert.equal(said().length, 3, 'a server that knows nothing of us');
});

test('a status that is said while the line is down is said when it is up, however long that takes', async () => {
  const fake = await started();
  fake.client.room('a', { type: 'video' }).setStatus('reviewing');
  mock.timers.tick(600_000);
  fake.engine().say(...greeting(true));
  await settle();
  assert.deepEqual(posts(fake).at(-1), ['', { type: 'setStatus', status: 'reviewing' }]);
});

test('what a person hides is hidden from the first word on, and from every engine', async () => {
  const fake = await started({ privacy: { invisible: true } });
  const hidden = { presence: true, invisible: true, cursor: true };
  assert.deepEqual(fake.engine().info.privacy, hidden);
  assert.deepEqual(fake.client.privacy.get(), hidden);
  fake.client.setPrivacy({ invisible: false, cursor: false });
  const shown = { presence: true, invisible: false, cursor: false };
  assert.deepEqual(fake.client.privacy.get(), shown);
  assert.ok(Object.isFrozen(fake.client.privacy.get()));
  assert.deepEqual(posts(fake), [['', { type: 'privacy', data: shown }]]);
  const order = fake.engine().calls.map(([name]) => name);
  assert.ok(order.indexOf('post') < order.indexOf('setInfo'), 'rooms are asked for again behind it');
  assert.deepEqual(JSON.parse(fake.engine().last('setInfo')[0]).privacy, shown);
  await replace(fake);
  assert.deepEqual(fake.engine().info.privacy, shown);
});

test('the server’s clock goes on as it went until the next engine knows it', async () => {
  const hour = 3_600_000;
  const fake = await started();
  const runs = (engine) => (engine.serverNow = () => Date.now() + engine.ahead);
  assert.equal(fake.client.serverNow(), Date.now(), 'nobody knows it yet');
  runs(Object.assign(fake.engine(), { ahead: hour }));
  fake.engine().say(...greeting(false));
  await settle();
  fake.engine().broken = new Error('trap');
  fake.client.noteInput();
  mock.timers.tick(50);
  assert.equal(fake.client.serverNow(), Date.now() + hour, 'nobody asked before');
  mock.timers.tick(50);
  await settle();
  runs(Object.assign(fake.engine(), { ahead: 0 }));
  assert.equal(fake.client.serverNow(), Date.now() + hour, 'a new engine has the page’s');
  fake.engine().ahead = hour + 7;
  fake.engine().say(...greeting(true));
  await settle();
  assert.equal(fake.client.serverNow(), Date.now() + hour + 7);
});

test('what was chosen in a tab to be hidden stays so when its page is reloaded', async (t) => {
  const { window } = new JSDOM('', { url: 'https://app.example/' });
  provide(t, { sessionStorage: window.sessionStorage });
  const options = { privacy: { invisible: false, cursor: false } };
  const first = await started(options);
  first.client.setPrivacy({ invisible: true, presence: undefined });
  const second = await started({ ...options, privacy: { ...options.privacy, presence: true } });
  const hidden = { presence: true, invisible: true, cursor: false };
  assert.deepEqual(second.client.privacy.get(), hidden, 'shown at once');
  assert.deepEqual(second.engine().info.privacy, hidden, 'said with the first word');
  assert.deepEqual(second.client.privacy.initial, { ...hidden, invisible: false }, 'as a server rendered it');
  const third = await started({ privacy: { cursor: true } });
  assert.deepEqual(third.client.privacy.get(), { ...hidden, cursor: true }, 'what was not chosen is as it is asked for');
  third.client.setPrivacy({ invisible: false });
  assert.equal((await started({ privacy: { invisible: true } })).client.privacy.get().invisible, false);
});

test('a storage that is forbidden, or holds anything, is no error', async (t) => {
  const forbidden = () => {
    throw new Error('SecurityError');
  };
  for (const text of ['', 'null', '7', '"abc"', '{"invisible":"yes","more":true}', '[true]', undefined]) {
    const storage = { getItem: () => text, setItem: forbidden };
    provide(t, { sessionStorage: text === undefined ? forbidden : storage });
    const fake = await started();
    const usual = { presence: true, invisible: false, cursor: true };
    assert.deepEqual(fake.engine().info.privacy, usual, text);
    fake.client.setPrivacy({ invisible: true });
    assert.deepEqual(fake.client.privacy.get(), { ...usual, invisible: true }, text);
  }
});

test('a server that renders keeps nothing of anybody', (t) => {
  const { window } = new JSDOM('', { url: 'https://app.example/' });
  provide(t, { sessionStorage: window.sessionStorage });
  clientWith(undefined, {}).setPrivacy({ invisible: true });
  assert.equal(window.sessionStorage.length, 0);
  window.sessionStorage.setItem('presence.privacy', '{"invisible":true}');
  assert.equal(clientWith(undefined, {}).privacy.get().invisible, false);
});

test('a status that no server would take is neither kept nor said again', async () => {
  const fake = await started();
  const said = () => posts(fake).map(([, { status }]) => status);
  fake.engine().say(...greeting(false));
  await settle();
  fake.client.setStatus('busy');
  assert.throws(() => fake.client.setStatus('reviewing', 'x'.repeat(100_000)), RangeError);
  fake.engine().say(...greeting(false));
  await settle();
  assert.deepEqual(said(), ['busy', 'busy'], 'the one before holds');
  const refused = (retryable, about = 'setStatus') => ({ kind: 'refused', about, refusal: { code: 'c', message: 'm', retryable } });
  fake.engine().say(refused(true), refused(false, 'privacy'), ...greeting(false));
  await settle();
  assert.deepEqual(said(), ['busy', 'busy', 'busy']);
  fake.engine().say(refused(false), ...greeting(false));
  await settle();
  assert.equal(said().length, 3, 'it would be refused at each return');
  assert.equal(fake.errors.length, 3);
});

test('a selection is two moments, and one that cannot be said is not kept', async () => {
  const fake = await entered();
  const { room } = fake;
  room.setSelection({ startTime: 1, endTime: 2, note: 'x'.repeat(9_000) });
  const first = ['video_1', { type: 'selection', roomId: 'video_1', data: { startTime: 1, endTime: 2 } }];
  assert.deepEqual(posts(fake), [first]);
  assert.throws(() => room.setSelection({ startTime: 3n, endTime: 4 }), TypeError);
  assert.throws(() => room.setSelection({ startTime: 'x'.repeat(9_000), endTime: 4 }), RangeError);
  fake.engine().say(roomUpdate('video_1', [member('s1', 'ann', 1)], { pictured: true }));
  await settle();
  assert.deepEqual(posts(fake), [first, first]);
});

test('an update that cannot be applied is told, and the next ones are applied', async () => {
  const fake = await entered();
  fake.engine().say({ kind: 'room', roomId: 'video_1' }, ...greeting(false), watchUpdate());
  await settle();
  assert.equal(fake.client.self.get().userId, 'ann');
  assert.equal(fake.room.watch.get().syncEnabled, true);
  assert.equal(fake.errors.length, 1);
  assert.ok(fake.errors[0] instanceof TypeError);
});
