// The server's clock as a page knows it may jump, a server may begin anew, and a player may fail: the loop goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { state, watching } from './screening.mjs';

const MINUTE = 60_000;

for (const [who, minutes] of [['ann', 60], ['ann', -60], ['bob', 60], ['bob', -60], ['bob', 2]]) {
  test(`${who}'s clock is ${minutes} min off for a moment`, async (t) => {
    const all = await watching(t);
    const { world, screening, ann, bob } = all;
    const { clock } = all[who];
    ann.video.play();
    await world.pass(3_000);
    all[who].clock = clock + minutes * MINUTE;
    // A word by the wrong clock.
    ann.video.currentTime += 0.4;
    await world.pass(1_500);
    all[who].clock = clock;
    // Seeks that did not help have it wait.
    await world.pass(8_000);
    assert.ok(screening.off(bob) < 0.05, `bob is off by ${screening.off(bob)} after that`);
    ann.video.currentTime = 200;
    await world.pass(4_000);
    assert.ok(screening.place > 200 && screening.off(ann) < 0.06, `ann is off by ${screening.off(ann)}`);
    assert.ok(screening.off(bob) < 0.05, `bob is off by ${screening.off(bob)}`);
    bob.video.pause();
    await world.pass(1_000);
    assert.equal(bob.self.get().watching.desync, 'paused');
    ann.video.pause();
    await world.pass(1_000);
    assert.equal(screening.watch.timeline.isPlaying, false);
    assert.equal(state(bob).state, 'following');
  });
}

test('a room that begins anew counts anew, and is followed', async (t) => {
  const { world, screening, bob } = await watching(t);
  const { timeline } = screening.watch;
  assert.equal(timeline.operation, 1);
  screening.watch = { ...screening.watch, timeline: { ...timeline, currentTime: 90 } };
  screening.tell();
  await world.pass(2_000);
  assert.equal(bob.video.currentTime, 90);
});

test('a player that fails once is looked at again', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  const complaints = [];
  const complain = (error) => complaints.push(error.message);
  t.mock.method(globalThis, 'queueMicrotask', (act) => Promise.resolve().then(act).catch(complain));
  ann.video.play();
  await world.pass(2_000);
  const { serverNow } = bob.room;
  bob.room.serverNow = () => {
    bob.room.serverNow = serverNow;
    throw new Error('broken');
  };
  await world.pass(200);
  assert.deepEqual(complaints, ['broken']);
  ann.video.currentTime = 100;
  await world.pass(3_000);
  assert.ok(screening.off(bob) < 0.05);
});
