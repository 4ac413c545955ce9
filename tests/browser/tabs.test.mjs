import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launch, launchLifecycle } from './harness/chromium.mjs';
import { own, shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { TENTH } from './harness/timing.mjs';
import { visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';
import { witness } from './harness/witness.mjs';

const browser = await launch(shared());

test('two tabs of one context are one entry with two sessions', async (t) => {
  const server = await startServer(t, { config: TENTH });
  const seen = await witness(t, server.url);
  const bob = await visit(t, browser, server.url, 'Bob');
  const context = await browser.newContext();
  own(t, () => context.close());
  const one = await visit(t, context, server.url, 'Ann');
  const two = await visit(t, context, server.url, 'Ann');

  const [first, second] = [await one.self(), await two.self()];
  assert.equal(first.instanceId, second.instanceId);
  assert.notEqual(first.sessionId, second.sessionId);
  const sessionsOfAnn = async (page) =>
    (await page.members()).filter(({ user }) => user === 'Ann').map(({ sessionId }) => sessionId);
  const both = [first.sessionId, second.sessionId].sort();
  for (const page of [bob, one, two]) {
    await until(async () => (await page.entry('Ann'))?.sessions, { is: 2 });
    assert.deepEqual(await page.users(), ['Ann', 'Bob', seen.name]);
    await until(() => sessionsOfAnn(page), { is: both });
  }
  // Each tab has its own cursor, and to the other it is a cursor like any.
  await one.point(0.2, 0.3);
  await two.point(0.6, 0.7);
  await until(async () => (await bob.cursors()).map(({ user }) => user), { is: ['Ann', 'Ann'] });
  await two.sees('Ann', 0.2, 0.3);

  // The person goes with the last of them.
  await bob.record();
  await one.page.close();
  await until(async () => (await bob.entry('Ann'))?.sessions, { is: 1 });
  await until(() => sessionsOfAnn(bob), { is: [second.sessionId] });
  assert.deepEqual(await bob.changes('joined', 'left'), []);
  await two.page.close();
  await until(async () => (await bob.changes('left')).map(({ who }) => who), { is: ['Ann'] });
  const heard = () => seen.comings().filter(([, user]) => user === 'Ann');
  await until(heard, {
    is: [
      ['presence.joined', 'Ann'],
      ['presence.left', 'Ann'],
      ['user_joined', 'Ann'],
      ['user_left', 'Ann'],
    ],
  });
});

describe('pages that end, at the real values', () => {
  /** Ann in a Chromium as people run it, Bob and a witness who watch. */
  async function scene(t) {
    const server = await startServer(t);
    const { context } = await launchLifecycle(t);
    const seen = await witness(t, server.url);
    const bob = await visit(t, browser, server.url, 'Bob');
    const ann = await visit(t, context, server.url, 'Ann');
    await until(() => bob.users(), { is: ['Ann', 'Bob', seen.name] });
    await until(() => seen.comings().filter(([, user]) => user === 'Ann').length, { is: 2 });
    await bob.record();
    seen.record();
    return { server, context, seen, bob, ann };
  }

  const left = ['erased', 'erased', 'left', 'went'];
  const comingsOf = async (page) => (await page.comings()).map(({ what }) => what).sort();

  test('closing a page is seen within 4 s', async (t) => {
    const { bob, ann, seen } = await scene(t);
    await ann.page.close();
    await until(() => comingsOf(bob), { is: left, timeout: 4000 });
    assert.deepEqual(await bob.users(), ['Bob', seen.name]);
    await until(() => seen.comings().length, { is: 2, timeout: 500 });
  });

  test('leaving the page and coming back with the back button is not seen at all', async (t) => {
    const { server, bob, ann, seen } = await scene(t);
    const before = await ann.self();
    await ann.page.evaluate(() => (window.marked = true));
    await ann.page.goto(`${server.url}/healthz`);
    await ann.page.goBack({ waitUntil: 'commit' });
    await ann.online();
    assert.ok(await ann.page.evaluate(() => window.marked), 'the browser kept the page and brought it back');
    assert.deepEqual(await ann.self(), before);
    await ann.point(0.1, 0.9);
    await bob.sees('Ann', 0.1, 0.9);
    assert.deepEqual(await bob.comings(), []);
    assert.deepEqual(seen.comings('Ann', 'Bob'), []);
    await ann.leaveAndBeMissed(bob);
    await until(() => seen.comings().length, { is: 2 });
  });

  test('a reload is not seen at all', async (t) => {
    const { bob, ann, seen } = await scene(t);
    const before = await ann.self();
    await ann.point(0.5, 0.5);
    await bob.sees('Ann', 0.5, 0.5);

    for (let times = 0; times < 3; times += 1) {
      await ann.page.reload();
      await ann.online();
      assert.deepEqual(await ann.self(), before);
    }
    await ann.point(0.1, 0.9);
    await bob.sees('Ann', 0.1, 0.9);
    assert.deepEqual(await bob.comings(), []);
    assert.deepEqual(await bob.changes('seated'), []);
    assert.deepEqual(seen.comings('Ann', 'Bob'), []);
    assert.equal((await bob.entry('Ann')).sessions, 1);

    await ann.leaveAndBeMissed(bob);
    await until(() => seen.comings().length, { is: 2 });
  });
});
