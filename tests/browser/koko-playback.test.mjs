// The boxes under "Playback Sync Testing" of koko's page, by their names there.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CONTROL_REQUEST, event, HEARTBEAT, member, PLAYBACK, settle, two } from './harness/koko.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';

const server = await startServer(shared());

const near = (a, b, what) => assert.ok(Math.abs(a - b) < 0.5, `${what}: ${a} is not about ${b}`);

describe('Playback Sync Testing', () => {
  /** Ann drives from 45.5 s on, and John hears of it. */
  async function synced(t) {
    const all = await two(t, server);
    all.ann.ws.send(all.here.at(PLAYBACK));
    const { data, ...told } = await event(all.john, 'playback_synced');
    assert.deepEqual(told, {
      type: 'playback_synced',
      roomId: all.here.roomId,
      userId: all.ann.userId,
      sessionId: all.ann.sessionId,
    });
    return { ...all, data };
  }

  test('Sync play/pause', async (t) => {
    const { here, ann, john, data } = await synced(t);
    const { isPlaying, currentTime, playbackRate, action, syncEnabled, controller } = data;
    assert.deepEqual(
      { isPlaying, playbackRate, action, syncEnabled, controller },
      { isPlaying: true, playbackRate: 1, action: 'sync', syncEnabled: true, controller: ann.userId },
    );
    near(currentTime, 45.5, 'where it begins');
    assert.ok(Math.abs(data.serverTime - Date.now()) < 10_000);

    ann.ws.send(here.playback('pause', { currentTime: 46 }));
    const paused = (await event(john, 'playback_synced')).data;
    assert.deepEqual([paused.isPlaying, paused.currentTime, paused.action], [false, 46, 'pause']);
    assert.ok(paused.operationId > data.operationId);
    ann.ws.send(here.playback('play'));
    const playing = (await event(john, 'playback_synced')).data;
    assert.equal(playing.isPlaying, true);
    near(playing.currentTime, 46, 'from where it paused');
    ann.ws.send(here.playback('rate', { playbackRate: 2 }));
    assert.equal((await event(john, 'playback_synced')).data.playbackRate, 2);
    await settle(ann);
    assert.deepEqual(ann.ws.of('playback_synced'), [], 'nobody is told of what their own player did');
  });

  test('Sync seek', async (t) => {
    const { here, ann, john } = await synced(t);
    ann.ws.send(here.playback('seek', { currentTime: 120.25 }));
    const sought = (await event(john, 'playback_synced')).data;
    assert.deepEqual([sought.action, sought.isPlaying], ['seek', true]);
    near(sought.currentTime, 120.25, 'where it was sought');
    // Who comes late lands where the others are.
    const { room: shown } = await member(t, server, here.named('cleo'), here.join);
    assert.deepEqual([shown.syncEnabled, shown.controller], [true, ann.userId]);
    const { isPlaying, currentTime, serverTime, playbackRate } = shown.playback;
    assert.deepEqual([isPlaying, playbackRate], [true, 1]);
    near(currentTime - sought.currentTime, (serverTime - sought.serverTime) / 1000, 'what passed meanwhile');
    ann.ws.send(here.playback('seek', { currentTime: -1 }));
    const { error } = await ann.ws.next('error');
    assert.deepEqual([error.code, error.field], ['out_of_range', 'data.currentTime']);
  });

  test('Control transfer', async (t) => {
    const { here, ann, john } = await synced(t);
    john.ws.send(here.at(CONTROL_REQUEST));
    const asked = await event(ann, 'control_requested');
    assert.deepEqual([asked.userId, asked.data], [john.userId, { requesterName: john.userId }]);
    const grant = here.at({ type: 'control_grant' }, { toUserId: john.userId });
    john.ws.send(grant);
    assert.equal((await john.ws.next('error')).error.code, 'not_in_control');
    ann.ws.send(grant);
    const granted = { toUserId: john.userId, controllerName: john.userId, fromUserId: ann.userId };
    for (const client of [ann, john]) {
      const { userId, data } = await event(client, 'control_granted');
      assert.deepEqual([userId, data], [ann.userId, granted]);
    }
    // Now he drives, and she does not.
    john.ws.send(here.playback('seek', { currentTime: 200 }));
    assert.equal((await event(ann, 'playback_synced')).userId, john.userId);
    ann.ws.send(here.playback('seek', { currentTime: 10 }));
    await event(john, 'status_changed', { where: ({ data }) => data.desynced === 'elsewhere' });
    assert.equal(john.ws.of('playback_synced').length, 1, 'what she does is her own');
    // And when he goes, it passes on.
    await john.ws.close();
    const { userId, data } = await event(ann, 'control_granted');
    assert.deepEqual([userId, data], [ann.userId, { toUserId: ann.userId, controllerName: ann.userId }]);
  });

  test('Desync handling', async (t) => {
    const { here, ann, john } = await synced(t);
    john.ws.send(here.playback('pause', { currentTime: 46 }));
    const { userId, sessionId, data } = await event(ann, 'status_changed', { where: ({ data }) => data.desynced });
    assert.deepEqual([userId, sessionId], [john.userId, john.sessionId]);
    assert.deepEqual([data.isWatching, data.desynced], [true, 'paused']);
    assert.deepEqual(data.playbackState, { isPlaying: false, currentTime: 46, playbackRate: 1 });
    const viewer = async (name) => {
      const { users, playback } = (await member(t, server, here.named(name), here.join)).room;
      return { playback, john: users.find((user) => user.userId === john.userId) };
    };
    assert.equal((await viewer('cleo')).john.desynced, 'paused');

    // He rejoins: where the room is by now, and at its speed.
    const { playback } = await viewer('dora');
    const passed = (Date.now() - playback.serverTime) / 1000;
    john.ws.send(here.playback('play', { currentTime: playback.currentTime + passed }));
    const isBack = ({ userId, data }) => userId === john.userId && data.isWatching && !data.desynced;
    await event(ann, 'status_changed', { where: isBack });
    const { john: shown, playback: now } = await viewer('eve');
    assert.equal(shown.desynced, undefined);
    near(shown.playbackState.currentTime, now.currentTime, 'who follows is where the room is');
    assert.deepEqual(ann.ws.of('playback_synced'), [], 'nothing of this moved the others');
    // A stalled player says so itself.
    john.ws.send(here.playback('play', { stalled: true }));
    await event(ann, 'status_changed', { where: ({ data }) => data.desynced === 'stalled' });
    john.ws.send(HEARTBEAT);
    await john.ws.next('pong');
    assert.deepEqual(john.ws.of('error'), []);
  });
});
