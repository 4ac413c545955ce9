import { shown } from './stage.mjs';

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { act, createElement as h } from 'react';

import * as presence from '../dist/react.js';
import { instance, instancesUpdate, member, roomUpdate, selfUpdate, settle } from './harness.mjs';

const { RoomProvider } = presence;

/** What a hook gives below both providers, in StrictMode: `reads` has it for each render. */
async function reading(hook) {
  const reads = [];
  const Reader = () => (reads.push(hook()), null);
  const within = () => h(RoomProvider, { id: 'v', type: 'video' }, h(Reader, { at: reads.length }));
  const { render, say, ...stage } = await shown(null, { within });
  await say(selfUpdate('ann', 's1'), roomUpdate('v', [member('s1', 'ann', 1)], { whole: true, pictured: true }));
  const posts = () => stage.engine.calls.filter(([name]) => name === 'post').map(([, , text]) => JSON.parse(text));
  return { ...stage, reads, render, say, posts };
}

const watch = (more = {}) => ({ kind: 'watch', roomId: 'v', syncEnabled: false, requests: [], ...more });
const timeline = { isPlaying: false, currentTime: 5, playbackRate: 1, at: 1, operation: 1 };
const [ann, bob] = ['ann', 'bob'].map((userId) => ({ userId, name: userId }));

/** A player that pauses where it is put, and counts who listens to it. */
class StillPlayer extends EventTarget {
  listeners = 0;
  currentTime = 0;
  duration = 60;
  paused = true;
  ended = false;
  seeking = false;
  readyState = 4;
  playbackRate = 1;

  addEventListener(...args) {
    this.listeners += 1;
    super.addEventListener(...args);
  }

  removeEventListener(...args) {
    this.listeners -= 1;
    super.removeEventListener(...args);
  }
}

test('a selection is read from the room and said to it', async () => {
  const { reads, say, posts, unmount } = await reading(presence.useSelection);
  assert.equal(reads.at(-1)[0], null);
  reads.at(-1)[1]({ startTime: 1, endTime: 2 });
  assert.deepEqual(posts().at(-1).data, { startTime: 1, endTime: 2 });
  await say(roomUpdate('v', [member('s1', 'ann', 1, { selection: { startTime: 1, endTime: 2 } })]));
  assert.deepEqual(reads.at(-1)[0], { startTime: 1, endTime: 2 });
  await unmount();
});

test('the newest listener hears what is broadcast, once, and none where none was given', async () => {
  const heard = [];
  let name = 'first';
  const { reads, render, say, posts, unmount } = await reading(() => {
    const own = name;
    presence.useBroadcast();
    return presence.useBroadcast(({ data }) => heard.push([own, data]));
  });
  const update = (data) => ({ kind: 'broadcast', roomId: 'v', userId: 'bob', sessionId: 's2', data });
  await say(update(1));
  name = 'second';
  await render();
  await say(update(2));
  reads.at(-1)('👍');
  assert.deepEqual(posts(), [{ type: 'broadcast', roomId: 'v', data: '👍' }]);
  await unmount();
  assert.deepEqual(heard, [['first', 1], ['second', 2]]);
});

test('who watches is rendered when what they select changed', async () => {
  const { reads, say, unmount } = await reading(() => presence.useWatch(({ controller }) => controller?.name));
  const before = reads.length;
  await say(watch({ syncEnabled: true, timeline }));
  assert.equal(reads.length, before);
  await say(watch({ syncEnabled: true, timeline, controller: bob }));
  assert.equal(reads.at(-1), 'bob');
  await unmount();
});

test('a status and what is hidden are read and set', async () => {
  const { client, reads, say, posts, unmount } = await reading(() => ({
    status: presence.useStatus(),
    setStatus: presence.useSetStatus(),
    privacy: presence.usePrivacy(),
  }));
  assert.equal(reads.at(-1).status, 'offline', 'not known');
  await say(instancesUpdate([instance('i', 'ann', { sessions: ['s1'], status: 'busy' })], { whole: true }));
  assert.equal(reads.at(-1).status, 'busy');
  reads.at(-1).setStatus('active', 'back');
  assert.deepEqual(posts().at(-1), { type: 'setStatus', status: 'active', statusMessage: 'back' });
  const [privacy, setPrivacy] = reads.at(-1).privacy;
  assert.equal(privacy.invisible, false);
  await act(async () => (setPrivacy({ invisible: true }), settle()));
  assert.equal(reads.at(-1).privacy[0].invisible, true);
  assert.equal(client.privacy.get().invisible, true);
  await unmount();
});

test('a player is followed from when it is there to when it is another or gone', async () => {
  const player = { current: null };
  const { reads, render, say, posts, unmount } = await reading(() => presence.usePlayback(player));
  assert.equal(reads.at(-1).state, 'off');
  reads.at(-1).startSync();
  assert.deepEqual(posts(), [], 'there is no player');
  const [first, second] = [new StillPlayer(), new StillPlayer()];
  player.current = first;
  await render();
  assert.ok(first.listeners > 0);
  await say(watch({ syncEnabled: true, timeline, controller: bob }));
  assert.equal(first.currentTime, 5);
  const { state, controller, isController, requests } = reads.at(-1);
  assert.deepEqual([state, controller, isController, requests], ['following', bob, false, []]);
  player.current = second;
  await render();
  await act(settle);
  assert.deepEqual([first.listeners, second.currentTime], [0, 5]);
  await unmount();
  assert.equal(second.listeners, 0);
});

test('a player that another component mounted is found when something is asked of it', async () => {
  const player = { current: null };
  const { reads, say, posts, unmount } = await reading(() => presence.usePlayback(player));
  player.current = new StillPlayer();
  await act(async () => reads.at(-1).startSync());
  assert.deepEqual(posts().map(({ data }) => data.action), ['sync']);
  await say(watch({ syncEnabled: true, timeline, controller: bob }));
  assert.deepEqual([reads.at(-1).state, player.current.currentTime], ['following', 5]);
  await unmount();
  assert.equal(player.current.listeners, 0);
});

test('a player may be given as it is', async () => {
  let player = null;
  const { reads, render, say, unmount } = await reading(() => presence.usePlayback(player));
  await say(watch({ syncEnabled: true, timeline, controller: bob }));
  assert.equal(reads.at(-1).state, 'off');
  player = new StillPlayer();
  await render();
  assert.deepEqual([reads.at(-1).state, player.currentTime], ['following', 5]);
  await unmount();
  assert.equal(player.listeners, 0);
});

test('who has control sees who asks for it, and may give it or end it all', async () => {
  const player = { current: new StillPlayer() };
  const { reads, say, posts, unmount } = await reading(() => presence.usePlayback(player));
  reads.at(-1).startSync();
  assert.deepEqual(posts().at(-1).data.action, 'sync');
  const { currentTime, playbackRate } = player.current;
  const own = { isPlaying: false, currentTime, playbackRate, at: 42, operation: 1 };
  await say(watch({ syncEnabled: true, timeline: own, controller: ann, requests: [bob] }));
  const playback = reads.at(-1);
  assert.deepEqual([playback.state, playback.isController, playback.requests], ['controlling', true, [bob]]);
  playback.grantControl('bob');
  playback.releaseControl();
  playback.requestControl();
  playback.stop();
  assert.deepEqual(
    posts().slice(-4).map(({ type, data }) => [type, data?.toUserId ?? data?.action]),
    [['control_grant', 'bob'], ['control_release', undefined], ['control_request', undefined], ['playback', 'stop']],
  );
  await unmount();
});
