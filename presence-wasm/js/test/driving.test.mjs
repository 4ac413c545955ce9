// A room follows the player of who has control, and control may go to another.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { state, watching } from './screening.mjs';

test('the player of who drives is left alone', async (t) => {
  const { world, screening, ann } = await watching(t, {}, { video: { skew: 0.02 } });
  ann.video.done.length = 0;
  ann.video.play();
  await world.pass(5_000);
  screening.tell(); // somebody asks for control, and the room says again what ann has said
  await world.pass(15_000);
  assert.deepEqual(ann.video.done, ['play']);
  assert.ok(screening.off(ann) < 0.2, 'and the room goes where it is');
});

test('a scrub is a few words, not one for each event', async (t) => {
  const { world, screening, ann } = await watching(t, {}, { video: { seekTakes: 10 } });
  for (let place = 0; place < 100; place += 1) {
    ann.video.currentTime = place;
    await world.pass(30);
  }
  await world.pass(1_000);
  assert.ok(screening.saidBy(ann).length <= 3 + 5 * 4, `${screening.saidBy(ann).length} words`);
  assert.equal(screening.place, 99);
});

test('control that is given goes with the player of who has it', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(2_000);
  screening.give(bob);
  await world.pass(1_000);
  assert.deepEqual([state(ann).state, state(bob).state], ['following', 'controlling']);
  bob.video.currentTime = 300;
  await world.pass(3_000);
  assert.ok(Math.abs(screening.place - bob.video.currentTime) < 0.1);
  assert.ok(screening.off(ann) < 0.05);
  ann.video.pause();
  await world.pass(500);
  assert.equal(state(ann).reason, 'paused');
  assert.equal(screening.watch.timeline.isPlaying, true, 'ann drives no more');
});

test('control that comes to who had paused does not begin to play by itself', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(2_000);
  bob.video.pause();
  await world.pass(500);
  screening.give(bob);
  await world.pass(3_000);
  assert.deepEqual([bob.video.paused, state(bob).reason], [true, 'paused']);
  assert.equal(screening.watch.timeline.isPlaying, true);
  const expected = screening.place + 3;
  bob.video.play();
  await world.pass(3_000);
  assert.ok(Math.abs(screening.place - expected) < 0.1, 'the room goes on where it was');
  assert.equal(state(bob).state, 'controlling');
  assert.ok(screening.off(bob) < 0.1, 'play is coming back first');
  assert.ok(screening.off(ann) < 0.05);
});

test('two pages of who drives stay together', async (t) => {
  const { world, screening, ann } = await watching(t);
  const other = screening.join('ann-2', { userId: 'ann' });
  ann.video.play();
  await world.pass(3_000);
  assert.ok(screening.off(other) < 0.05);
  other.video.currentTime = 77;
  await world.pass(3_000);
  assert.ok(screening.off(ann) < 0.05, `off by ${screening.off(ann)}`);
  assert.ok(screening.place > 77);
});

for (const [first, second] of [[77, 200], [200, 77]]) {
  test(`two pages that act at once end together (${first}, ${second})`, async (t) => {
    const { world, screening, ann, bob } = await watching(t, {}, { delay: 150 });
    const other = screening.join('ann-2', { userId: 'ann', delay: 30 });
    const act = { 77: () => (other.video.currentTime = 77), 200: () => (ann.video.currentTime = 200) };
    ann.video.play();
    await world.pass(3_000);
    act[first]();
    await world.pass(30);
    act[second]();
    await world.pass(5_000);
    for (const guest of [ann, other, bob]) assert.ok(screening.off(guest) < 0.1, `${guest.name}: ${screening.off(guest)}`);
    const words = screening.said.length;
    await world.pass(5_000);
    assert.equal(screening.said.length, words, 'and it is over');
  });
}

test('what was said while the line was down is said again', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(2_000);
  const { playback } = ann.room;
  ann.room.playback = () => {};
  ann.video.pause();
  await world.pass(3_000);
  assert.equal(bob.video.paused, false);
  ann.room.playback = playback;
  await world.pass(10_000);
  assert.equal(bob.video.paused, true);
  assert.ok(screening.off(bob) < 0.06);
});

/** What the room has made of `ann`'s player in the end. */
const rated = ({ watch }) => watch.timeline.playbackRate;

for (const [delay, wait] of [[20, 100], [75, 100], [20, 250], [150, 100], [400, 250]]) {
  test(`two deeds in one round trip both count (${delay} ms away, ${wait} ms between)`, async (t) => {
    const { world, screening, ann, bob } = await watching(t, {}, { delay });
    await world.pass(1_000);
    ann.video.play();
    await world.pass(3_000);
    ann.video.playbackRate = 1.5;
    await world.pass(wait);
    ann.video.playbackRate = 2;
    await world.pass(5_000);
    assert.deepEqual([rated(screening), ann.video.playbackRate], [2, 2]);
    ann.video.currentTime = 77;
    await world.pass(wait);
    ann.video.currentTime = 300;
    await world.pass(wait);
    ann.video.pause();
    await world.pass(4_000);
    assert.ok(screening.place > 299 && screening.off(ann) < 0.06 && screening.off(bob) < 0.06);
    assert.equal(bob.video.paused, true);
  });
}

for (const [name, deed] of [
  ['a small seek', (video) => (video.currentTime += 0.6)],
  ['a change of speed', (video) => (video.playbackRate = 1.25)],
]) {
  test(`${name} that was lost with the line is repaired`, async (t) => {
    const { world, screening, ann } = await watching(t);
    ann.video.play();
    await world.pass(2_000);
    const { playback } = ann.room;
    ann.room.playback = () => {};
    deed(ann.video);
    await world.pass(500);
    ann.room.playback = playback;
    await world.pass(5_000);
    assert.ok(screening.off(ann) < 0.06, `off by ${screening.off(ann)}`);
    assert.equal(rated(screening), ann.video.playbackRate);
  });
}

test('who drives and has no data has all others wait, saying so once', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(3_000);
  const words = screening.saidBy(ann).length;
  const said = () => screening.saidBy(ann).slice(words).map(({ action, isPlaying }) => [action, isPlaying]);
  ann.video.stall(6_000);
  await world.pass(4_000);
  assert.deepEqual(said(), [['pause', false]]);
  assert.deepEqual([ann.video.paused, bob.video.paused], [false, true]);
  assert.ok(screening.off(bob) < 0.06);
  await world.pass(5_000);
  assert.deepEqual(said(), [['pause', false], ['play', true]]);
  assert.equal(bob.video.paused, false);
  assert.ok(screening.off(ann) < 0.06 && screening.off(bob) < 0.06);
});

test('who pauses while there is no data has paused', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(3_000);
  ann.video.stall(4_000);
  await world.pass(2_000);
  ann.video.pause();
  await world.pass(5_000);
  assert.equal(screening.watch.timeline.isPlaying, false);
  assert.deepEqual([bob.video.paused, screening.saidBy(ann).at(-1).action], [true, 'pause']);
});

test('short stalls of who drives are made up for each time as soon', async (t) => {
  const { world, screening, ann } = await watching(t);
  ann.video.play();
  await world.pass(2_000);
  for (let turn = 0; turn < 8; turn += 1) {
    ann.video.stall(600);
    await world.pass(2_500);
    assert.ok(screening.off(ann) < 0.06, `${turn}: off by ${screening.off(ann)}`);
  }
});

test('who was given control and has no data has all others wait, too', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(3_000);
  screening.give(bob);
  await world.pass(2_000);
  bob.video.stall(4_000);
  await world.pass(2_500);
  assert.equal(ann.video.paused, true);
  await world.pass(6_000);
  assert.equal(ann.video.paused, false);
  assert.ok(screening.off(ann) < 0.06 && screening.off(bob) < 0.06);
});

test('who waits for data and loses control meanwhile follows as anybody', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(3_000);
  ann.video.stall(4_000);
  await world.pass(2_000);
  screening.give(bob);
  await world.pass(500);
  void bob.video.play();
  await world.pass(8_000);
  assert.deepEqual([state(ann).state, ann.video.paused], ['following', false]);
  assert.ok(screening.off(ann) < 0.05 && screening.off(bob) < 0.06);
  ann.video.currentTime = 200;
  await world.pass(1_000);
  assert.equal(ann.self.get().watching.isPlaying, true);
});
