// Watching together on the demo page, in real players.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { startProxy } from './harness/proxy.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { stays, until } from './harness/wait.mjs';
import {
  act,
  deeds,
  medianSpread,
  player,
  playTogether,
  press,
  record,
  TOGETHER,
  viewers,
  watch,
} from './harness/watcher.mjs';

const browser = await launch(shared());

async function watching(t, server, ...names) {
  const visitors = [];
  for (const name of names) {
    const visitor = await visit(t, browser, server.url, name);
    await until(async () => (await player(visitor)).ready, { is: (ready) => ready >= 3, timeout: 10_000 });
    visitors.push(visitor);
  }
  return visitors;
}

/** The first one plays for all. */
async function begin(driver, ...others) {
  await press(driver, 'Watch together');
  await until(async () => (await watch(driver)).controller?.userId, { is: driver.name });
  await act(driver, (video) => video.play());
  await playTogether([driver, ...others]);
}

test('three pages show the same second, one that came late and one behind a slow line among them', async (t) => {
  const server = await startServer(t);
  const [ann, bob] = await watching(t, server, 'Ann', 'Bob');
  await begin(ann, bob);

  const proxy = await startProxy(t, server.port);
  proxy.delay(100, 100); // 150 ± 50 ms each way
  const cleo = await visit(t, browser, proxy.url, 'Cleo');
  await until(async () => (await player(cleo)).ready, { is: (ready) => ready >= 3, timeout: 10_000 });
  const all = [ann, bob, cleo];
  await playTogether(all);
  await stays(() => medianSpread(all), { for: 3_000, is: (apart) => apart <= TOGETHER });
  await until(() => viewers(ann), { is: { Ann: 'controlling', Bob: 'synced', Cleo: 'synced' } });

  // What she does now comes late to one of them, who is right about the second all the same.
  await act(ann, (video) => (video.currentTime = 30));
  await playTogether(all);
  await act(ann, (video) => (video.playbackRate = 1.5));
  await until(async () => (await watch(cleo)).timeline.playbackRate, { is: 1.5 });
  await playTogether(all);
  await act(ann, (video) => video.pause());
  const places = () => Promise.all(all.map(player));
  await until(places, { is: (now) => now.every(({ paused }) => paused) });
  await until(places, { is: (now) => Math.abs(now[0].place - now[1].place) + Math.abs(now[0].place - now[2].place) < 0.1 });
});

test('two hundred things done at random move nobody in circles, and nobody hears his own echo', async (t) => {
  const server = await startServer(t);
  const proxy = await startProxy(t, server.port);
  const [ann, bob] = await watching(t, server, 'Ann', 'Bob');
  const cleo = await visit(t, browser, proxy.url, 'Cleo');
  proxy.delay(100, 100);
  const all = [ann, bob, cleo];
  await begin(ann, bob, cleo);
  await Promise.all(all.map(record));

  // Always the same ones: a generator of its own, of the simplest kind.
  let state = 20_251_121;
  const random = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  let sought = 0;
  for (let n = 0; n < 200; n += 1) {
    const kind = Math.floor(random() * 5);
    if (kind === 0) await act(ann, (video) => video.pause());
    if (kind === 1) await act(ann, (video) => video.play());
    if (kind === 2) await act(ann, (video, rate) => void (video.playbackRate = rate), [0.5, 1, 1.5, 2][Math.floor(random() * 4)]);
    if (kind >= 3) {
      sought += 1;
      await act(ann, (video, place) => void (video.currentTime = place), 1 + random() * 40);
    }
  }
  await act(ann, (video) => {
    video.playbackRate = 1;
    video.currentTime = 5;
    return video.play();
  });
  sought += 1;
  await playTogether(all, { timeout: 10_000 });
  // Who was left behind on the way says that she follows again.
  const isKnown = { Ann: 'controlling', Bob: 'synced', Cleo: 'synced' };
  for (const one of all) await until(() => viewers(one), { is: isKnown, timeout: 10_000 });
  await playTogether(all);

  const seeks = async () => Promise.all(all.map(async (one) => (await deeds(one)).seeks));
  const before = await seeks();
  assert.ok(before[0] <= sought, `nobody moves her own player: ${before[0]} seeks, ${sought} of them hers`);
  for (const [place, count] of before.entries()) {
    assert.ok(count <= 2 * (sought + 60), `${all[place].name} sought ${count} times`);
  }
  const said = await Promise.all(all.map(async (one) => (await deeds(one)).said));
  await stays(() => medianSpread(all), { for: 3_000, is: (apart) => apart <= TOGETHER });
  assert.deepEqual(await seeks(), before, 'in step nobody seeks');
  assert.deepEqual(await Promise.all(all.map(async (one) => (await deeds(one)).said)), said, 'and nobody says anything');
  assert.deepEqual(await viewers(bob), isKnown);
});

test('control is handed over when its page is killed', async (t) => {
  const server = await startServer(t);
  const [ann, bob, cleo] = await watching(t, server, 'Ann', 'Bob', 'Cleo');
  await begin(ann, bob, cleo);
  await ann.page.close();
  for (const one of [bob, cleo]) {
    await until(async () => (await watch(one)).controller?.userId, { is: 'Bob', timeout: 15_000 });
  }
  // The film goes on, and he drives it.
  await playTogether([bob, cleo]);
  await act(bob, (video) => video.pause());
  await until(async () => (await player(cleo)).paused);
  await until(() => viewers(cleo), { is: { Bob: 'controlling', Cleo: 'synced' } });
});

test('who pauses alone is shown so, and comes back with one click', async (t) => {
  const server = await startServer(t);
  const [ann, bob] = await watching(t, server, 'Ann', 'Bob');
  await begin(ann, bob);
  await act(bob, (video) => video.pause());
  await until(() => viewers(ann), { is: { Ann: 'controlling', Bob: 'desynced paused' } });
  assert.match(await ann.page.locator('.presence-watch-count').innerText(), /1\/2/);
  assert.equal((await player(ann)).paused, false, 'nobody else is stopped');
  await press(bob, 'Rejoin');
  await playTogether([ann, bob]);
  await until(() => viewers(ann), { is: { Ann: 'controlling', Bob: 'synced' } });
});

test('control is asked for, given, and used', async (t) => {
  const server = await startServer(t);
  const [ann, bob] = await watching(t, server, 'Ann', 'Bob');
  await begin(ann, bob);
  await press(bob, 'Request control');
  await press(ann, 'Grant to Bob');
  await until(async () => (await watch(ann)).controller?.userId, { is: 'Bob' });
  await act(bob, (video) => (video.currentTime = 40));
  await until(async () => (await player(ann)).place, { is: (place) => place >= 39.9 });
  await playTogether([ann, bob]);
  // And now she is one who follows.
  await act(ann, (video) => video.pause());
  await until(() => viewers(bob), { is: { Bob: 'controlling', Ann: 'desynced paused' } });
  assert.equal((await player(bob)).paused, false);
});
