// Players in hidden pages: a browser pauses what nobody sees or hears, and that is no person's doing.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { FakePage, state, watching } from './screening.mjs';

/** Both play for two seconds, in one page. */
async function playing(t) {
  const page = new FakePage(t);
  const all = await watching(t);
  all.ann.video.play();
  await all.world.pass(2_000);
  return { ...all, page };
}

test('a driver whose browser pauses it pauses nobody, and is where the room is when shown', async (t) => {
  const { world, screening, ann, bob, page } = await playing(t);
  const words = screening.saidBy(ann).length;
  page.set(true);
  ann.video.pause();
  await world.pass(20_000);
  assert.equal(ann.video.paused, true, 'it is left as the browser wants it');
  assert.equal(screening.watch.timeline.isPlaying, true);
  assert.equal(bob.video.paused, false);
  assert.equal(state(ann).state, 'controlling');
  assert.equal(screening.saidBy(ann).length, words);
  const expected = screening.place + 3;
  page.set(false);
  await world.pass(3_000);
  assert.ok(Math.abs(screening.place - expected) < 0.1, 'the room goes on where it was');
  assert.ok(!ann.video.paused && screening.off(ann) < 0.06, `ann is off by ${screening.off(ann)}`);
  ann.video.currentTime = 300;
  await world.pass(2_000);
  assert.ok(screening.place > 300, 'and drives as before');
});

test('who was paused unseen drives as soon as it is back: it has the others wait if it has no data', async (t) => {
  const { world, ann, bob, page } = await playing(t);
  page.set(true);
  ann.video.pause();
  await world.pass(3_000);
  page.set(false);
  await world.pass(3_000);
  ann.video.stall(3_000);
  await world.pass(2_000);
  assert.equal(bob.video.paused, true);
});

test('a person plays what the browser did not play on', async (t) => {
  const { world, screening, ann, bob, page } = await playing(t);
  page.set(true);
  bob.video.pause();
  await world.pass(6_000);
  ann.video.pause();
  await world.pass(1_000);
  page.set(false);
  await world.pass(3_000);
  assert.deepEqual([screening.watch.timeline.isPlaying, state(bob).state], [false, 'following']);
  void bob.video.play();
  await world.pass(1_000);
  assert.equal(state(bob).reason, 'playing');
});

test('a viewer whose browser pauses it is not shown apart, and follows again when shown', async (t) => {
  const { world, screening, ann, bob, page } = await playing(t);
  page.set(true);
  bob.video.pause();
  await world.pass(10_000);
  assert.deepEqual([bob.video.paused, state(bob).state], [true, 'following']);
  assert.equal(bob.self.get().watching.desync, undefined);
  page.set(false);
  // The browser plays it on by itself.
  void bob.video.play();
  await world.pass(4_000);
  assert.equal(state(bob).state, 'following');
  assert.ok(screening.off(bob) < 0.05 && screening.off(ann) < 0.06);
  assert.equal(screening.saidBy(bob).length, 1);
});

test('a pause is the browser\'s, too, if the page is shown again before its event comes', async (t) => {
  const { world, screening, ann, page } = await playing(t);
  page.set(true);
  ann.video.pause();
  page.set(false);
  await world.pass(2_000);
  assert.deepEqual([ann.video.paused, screening.watch.timeline.isPlaying], [false, true]);
  assert.deepEqual(screening.saidBy(ann).map(({ action }) => action).includes('pause'), false);
});

test('what the browser plays on in a room that pauses meanwhile is no doing of a person', async (t) => {
  const { world, screening, ann, bob, page } = await playing(t);
  page.set(true);
  bob.video.pause();
  await world.pass(6_000);
  ann.video.pause();
  await world.pass(2_000);
  assert.equal(screening.watch.timeline.isPlaying, false, 'who played on unseen and then pauses, does so');
  page.set(false);
  void bob.video.play();
  await world.pass(2_000);
  assert.deepEqual([bob.video.paused, state(bob).state], [true, 'following']);
  assert.equal(bob.self.get().watching.desync, undefined);
  bob.video.play();
  await world.pass(1_000);
  assert.equal(state(bob).reason, 'playing', 'a person plays it');
});

for (const [name, before] of [
  ['in its own little window', ({ page, ann }) => (page.pictureInPictureElement = ann.video)],
  ['that played on unseen for long', ({ world }) => world.pass(6_000)],
]) {
  test(`a person pauses a player ${name}`, async (t) => {
    const all = await playing(t);
    all.page.set(true);
    await before(all);
    all.ann.video.pause();
    await all.world.pass(1_000);
    assert.equal(all.screening.watch.timeline.isPlaying, false);
    assert.equal(all.bob.video.paused, true);
  });
}

test('a person pauses in a page that was hidden once', async (t) => {
  const { world, screening, ann, page } = await playing(t);
  page.set(true);
  ann.video.pause();
  await world.pass(3_000);
  page.set(false);
  await world.pass(3_000);
  ann.video.pause();
  await world.pass(1_000);
  assert.equal(screening.watch.timeline.isPlaying, false);
});

test('what was done just before the page is hidden is said', async (t) => {
  const { world, screening, ann, page } = await playing(t);
  for (const rate of [1.5, 2]) {
    ann.video.playbackRate = rate;
    await world.pass(50);
  }
  page.set(true);
  ann.video.pause();
  await world.pass(1_000);
  const { isPlaying, playbackRate } = screening.watch.timeline;
  assert.deepEqual([isPlaying, playbackRate], [true, 2]);
});
