// A player follows its room: what the loop does itself is never taken for a person's doing.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chance, Screening, seeks, state, watching, World } from './screening.mjs';

test('nothing is done to a player, and nothing said, while nothing is watched together', async (t) => {
  const world = new World(t);
  const screening = new Screening(world);
  const ann = screening.join('ann');
  ann.video.play();
  ann.video.currentTime = 20;
  ann.video.playbackRate = 1.5;
  await world.pass(3_000);
  assert.deepEqual(state(ann), { state: 'off', drift: 0 });
  assert.deepEqual(ann.video.done, ['play', 'seek', 'rate']);
  assert.deepEqual(screening.said, []);
});

test('who starts drives, all others follow, and each says so once', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  assert.equal(state(ann).state, 'controlling');
  assert.equal(state(bob).state, 'following');
  ann.video.play();
  await world.pass(4_000);
  assert.equal(bob.video.paused, false);
  assert.ok(screening.off(bob) < 0.05, `bob is off by ${screening.off(bob)}`);
  assert.ok(Math.abs(bob.video.currentTime - ann.video.currentTime) < 0.1);
  assert.deepEqual(screening.saidBy(bob).length, 1);
  assert.equal(bob.self.get().watching.desync, undefined);
});

test('play, pause, seek and speed come across, exactly where the room pauses', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(1_000);
  ann.video.currentTime = 100;
  await world.pass(2_000);
  assert.ok(Math.abs(bob.video.currentTime - 102) < 0.2);
  ann.video.playbackRate = 2;
  await world.pass(3_000);
  assert.ok(screening.off(bob) < 0.1);
  assert.ok(Math.abs(bob.video.playbackRate - 2) < 0.11);
  ann.video.pause();
  await world.pass(1_500);
  assert.equal(bob.video.paused, true);
  assert.ok(Math.abs(bob.video.currentTime - ann.video.currentTime) < 0.06);
  assert.equal(bob.video.playbackRate, 2);
  const actions = screening.saidBy(ann).map(({ action }) => action);
  for (const action of ['sync', 'play', 'seek', 'rate', 'pause']) assert.ok(actions.includes(action), `${action} in ${actions}`);
  assert.equal(screening.saidBy(bob).length, 1, 'what the loop does is no doing of bob');
});

test('who comes late lands on the right second', async (t) => {
  const { world, screening, ann } = await watching(t);
  ann.video.play();
  await world.pass(30_000);
  const tom = screening.join('tom', { delay: 200, clock: -8, video: { seekTakes: 600 } });
  await world.pass(6_000);
  assert.ok(screening.off(tom) < 0.05, `tom is off by ${screening.off(tom)}`);
  assert.ok(seeks(tom) <= 3);
});

for (const [name, deed, reason] of [
  ['pauses', (video) => video.pause(), 'paused'],
  ['seeks', (video) => (video.currentTime += 30), 'elsewhere'],
  ['changes the speed', (video) => (video.playbackRate = 1.75), 'elsewhere'],
]) {
  test(`a viewer who ${name} is told to differ, is left alone, and is back with one click`, async (t) => {
    const { world, screening, ann, bob } = await watching(t);
    ann.video.play();
    await world.pass(2_000);
    deed(bob.video);
    await world.pass(500);
    assert.deepEqual([state(bob).state, state(bob).reason], ['desynced', reason]);
    assert.equal(bob.self.get().watching.desync, reason);
    const done = bob.video.done.length;
    ann.video.currentTime = 200;
    await world.pass(5_000);
    assert.equal(bob.video.done.length, done, 'nobody touches it');
    assert.equal(screening.saidBy(bob).length, 2);
    bob.follower.rejoin();
    await world.pass(4_000);
    assert.equal(state(bob).state, 'following');
    assert.equal(bob.self.get().watching.desync, undefined);
    assert.ok(screening.off(bob) < 0.05);
    assert.equal(screening.saidBy(bob).length, 3);
  });
}

test('a viewer who plays while the room pauses differs, too; who agrees again follows again', async (t) => {
  const { world, bob } = await watching(t);
  bob.video.play();
  await world.pass(400);
  assert.equal(state(bob).reason, 'playing');
  bob.video.pause();
  await world.pass(1_500);
  assert.equal(state(bob).state, 'following');
  assert.equal(bob.self.get().watching.desync, undefined);
  assert.ok(bob.video.currentTime < 0.05);
});

test('a nudge of less than a second is taken back without a word', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(2_000);
  bob.video.currentTime += 0.7;
  await world.pass(4_000);
  assert.equal(state(bob).state, 'following');
  assert.ok(screening.off(bob) < 0.05);
  assert.equal(screening.saidBy(bob).length, 1);
});

test('a browser that wants a click gets it by rejoin', async (t) => {
  const { world, screening, ann, bob } = await watching(t, { video: { mayPlay: false, answersAfter: 250 } });
  ann.video.play();
  await world.pass(1_500);
  assert.equal(state(bob).state, 'blocked');
  assert.deepEqual(screening.saidBy(bob).map(({ action }) => action), ['pause', 'pause'], 'it follows, it does not');
  assert.equal(bob.video.done.filter((deed) => deed === 'play').length, 1, 'it is not asked again and again');
  assert.equal(bob.self.get().watching.desync, 'paused');
  bob.video.mayPlay = true;
  bob.follower.rejoin();
  assert.equal(bob.video.paused, false, 'within the click');
  await world.pass(3_000);
  assert.equal(state(bob).state, 'following');
  assert.equal(bob.self.get().watching.desync, undefined);
  assert.ok(screening.off(bob) < 0.05);
});

test('who may not play never was with the others, nor away from them', async (t) => {
  const { world, screening, ann } = await watching(t);
  ann.video.play();
  await world.pass(1_500);
  const tom = screening.join('tom', { video: { mayPlay: false, answersAfter: 350 } });
  const states = new Set();
  tom.follower.status.subscribe((status) => states.add(status.state));
  await world.pass(3_000);
  assert.deepEqual([...states], ['following', 'blocked']);
  assert.deepEqual(screening.saidBy(tom).map(({ action }) => action), ['pause']);
});

test('a room that pauses asks for no click, and one that plays again asks again', async (t) => {
  const { world, ann, bob } = await watching(t, { video: { mayPlay: false } });
  ann.video.play();
  await world.pass(1_500);
  ann.video.pause();
  await world.pass(1_500);
  assert.equal(state(bob).state, 'following');
  bob.video.mayPlay = true;
  ann.video.play();
  await world.pass(1_500);
  assert.deepEqual([state(bob).state, bob.video.paused], ['following', false]);
});

test('the click may also be on the player itself', async (t) => {
  const { world, screening, ann, bob } = await watching(t, { video: { mayPlay: false } });
  ann.video.play();
  await world.pass(1_500);
  bob.video.mayPlay = true;
  bob.video.play();
  await world.pass(3_000);
  assert.equal(state(bob).state, 'following');
  assert.ok(screening.off(bob) < 0.05);
});

test('who waits for data is shown to, and follows by itself when there is some', async (t) => {
  const { world, screening, ann, bob } = await watching(t);
  ann.video.play();
  await world.pass(2_000);
  bob.video.stall(4_000);
  await world.pass(700);
  assert.equal(state(bob).state, 'following', 'a hiccup');
  await world.pass(1_300);
  assert.equal(state(bob).reason, 'stalled');
  assert.equal(bob.self.get().watching.desync, 'stalled');
  await world.pass(6_000);
  assert.equal(state(bob).state, 'following');
  assert.equal(bob.self.get().watching.desync, undefined);
  assert.ok(screening.off(bob) < 0.05);
});

test('a line too slow for any seek is not sought to death', async (t) => {
  const { world, screening, ann, bob } = await watching(t, { video: { seekTakes: 2_500 } });
  ann.video.play();
  ann.video.currentTime = 50;
  await world.pass(60_000);
  assert.ok(seeks(bob) <= 8, `${seeks(bob)} seeks`);
  assert.ok(screening.off(bob) < 1);
});

test('a player that lands anywhere but where it seeks is not sought to death', async (t) => {
  const { pick } = chance(7);
  const { world, ann, bob } = await watching(t, { video: { landsOff: () => pick([-9, -5, 5, 9]) } });
  ann.video.play();
  ann.video.currentTime = 50;
  await world.pass(60_000);
  assert.ok(seeks(bob) <= 8, `${seeks(bob)} seeks`);
});

for (const every of [1_000, 5_000]) {
  test(`a look every ${every / 1_000} s, as hidden pages have it, does not make the player swing`, async (t) => {
    const { world, screening, ann } = await watching(t);
    const tom = screening.join('tom', { follow: { every }, video: { skew: 0.0005 } });
    ann.video.play();
    await world.pass(20_000);
    tom.video.currentTime += 0.4;
    await world.pass(90_000);
    const rates = tom.video.done.filter((deed) => deed === 'rate').length;
    assert.ok(screening.off(tom) < 0.05, `off by ${screening.off(tom)}`);
    assert.ok(seeks(tom) <= 4 && rates < 40, `${seeks(tom)} seeks, ${rates} speeds`);
  });
}

test('at the end of the medium all stay there', async (t) => {
  const { world, ann, bob } = await watching(t, { video: { skew: 0.001 } });
  ann.video.currentTime = 597;
  ann.video.play();
  await world.pass(6_000);
  assert.ok(ann.video.ended);
  assert.ok(bob.video.currentTime > 599.9 && bob.video.paused);
  assert.equal(state(bob).state, 'following');
  const done = bob.video.done.length;
  await world.pass(5_000);
  assert.equal(bob.video.done.length, done);
  ann.video.currentTime = 10;
  ann.video.play();
  await world.pass(3_000);
  assert.equal(bob.video.paused, false);
});

test('when it ends, players play on at their speed', async (t) => {
  const { world, screening, ann, bob } = await watching(t, { video: { skew: 0.01 } });
  ann.video.play();
  await world.pass(5_000);
  ann.follower.end();
  await world.pass(500);
  assert.deepEqual([state(ann).state, state(bob).state], ['off', 'off']);
  assert.deepEqual([bob.video.paused, bob.video.playbackRate], [false, 1]);
  bob.follower.end();
  await world.pass(100);
  assert.equal(screening.saidBy(bob).length, 1);
});

test('a follower that stopped touches nothing any more', async (t) => {
  const { world, ann, bob } = await watching(t, { video: { skew: 0.01 } });
  ann.video.play();
  await world.pass(3_000);
  bob.follower.stop();
  const done = bob.video.done.length;
  ann.video.currentTime = 400;
  await world.pass(3_000);
  assert.equal(bob.video.done.length, done);
  assert.equal(bob.video.playbackRate, 1);
});

for (const seed of [1, 2, 3]) {
  test(`two hundred operations, whatever they are, end together (${seed})`, async (t) => {
    const { between, next, pick } = chance(seed);
    const lines = { delay: between(5, 150), clock: between(-6, 6) };
    const { world, screening, ann, bob } = await watching(
      t,
      { ...lines, video: { skew: between(-0.003, 0.003), seekTakes: between(20, 500), eventsTake: between(0, 40) } },
      { video: { skew: between(-0.0005, 0.0005), seekTakes: between(20, 300) } },
    );
    const reasons = new Set();
    bob.follower.status.subscribe(({ reason }) => reasons.add(reason));
    let operations = 0;
    for (let turn = 0; turn < 200; turn += 1) {
      const deed = pick(['play', 'pause', 'seek', 'seek', 'rate', 'stall']);
      operations += deed === 'stall' ? 0 : 1;
      if (deed === 'play') void ann.video.play();
      if (deed === 'pause') ann.video.pause();
      if (deed === 'seek') ann.video.currentTime = between(0, 500);
      if (deed === 'rate') ann.video.playbackRate = pick([0.5, 1, 1.25, 2]);
      if (deed === 'stall') bob.video.stall(between(100, 2_500));
      await world.pass(next() < 0.5 ? between(20, 400) : between(400, 3_000));
    }
    ann.video.playbackRate = 1;
    ann.video.currentTime = 100;
    void ann.video.play();
    await world.pass(12_000);
    assert.equal(state(bob).state, 'following');
    assert.ok(screening.off(bob) < 0.05, `bob is off by ${screening.off(bob)}`);
    assert.ok(screening.off(ann) < 0.06, `ann is off by ${screening.off(ann)}`);
    // One to where it is, one that lands better.
    assert.ok(seeks(bob) <= 2 * operations + 40, `${seeks(bob)} seeks of ${operations} operations`);
    // Only that it follows, and where it waits for data.
    reasons.delete('stalled');
    assert.deepEqual([...reasons], [undefined]);
    const words = screening.saidBy(bob);
    const stalls = words.filter(({ stalled }) => stalled).length;
    assert.ok(words.length - stalls <= 2 * stalls + 10, `${words.length} words, ${stalls} of stalls`);
    assert.equal(bob.self.get().watching.desync, undefined);
  });
}
