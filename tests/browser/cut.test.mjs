import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { startProxy } from './harness/proxy.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { REAL, TENTH } from './harness/timing.mjs';
import { visit } from './harness/visitor.mjs';
import { stays, until } from './harness/wait.mjs';
import { witness } from './harness/witness.mjs';

const browser = await launch(shared());

/** Ann behind a cable that can be cut; Bob and a witness beside the server. */
async function scene(t, options) {
  const server = await startServer(t, options);
  const proxy = await startProxy(t, server.port);
  const seen = await witness(t, server.url);
  const bob = await visit(t, browser, server.url, 'Bob');
  const ann = await visit(t, browser, proxy.url, 'Ann');
  await ann.point(0.3, 0.3);
  await bob.sees('Ann', 0.3, 0.3);
  await until(() => seen.comings().length, { is: 4 });
  const before = await ann.self();
  await ann.record();
  await bob.record();
  seen.record();
  return { server, proxy, seen, bob, ann, before };
}

const CUTS = [
  { name: 'reset', cut: (proxy) => proxy.reset(), tried: ['connections'] },
  { name: 'swallow', cut: (proxy) => proxy.swallow(), tried: ['up', 'down'] },
  { name: 'swallow, delivered late', cut: (proxy) => proxy.swallow(), tried: ['up', 'down'], swallowed: 'deliver' },
];

// They wait more than they do: side by side they take as long as the longest.
describe('a line that is cut', { concurrency: true }, () => {
  for (const { name, cut, tried, swallowed } of CUTS) {
    test(`nobody sees anybody come or go through a 5-second cut of one page (${name})`, async (t) => {
      const { proxy, seen, bob, ann, before } = await scene(t);
      cut(proxy);
      const end = performance.now() + 5000;
      // Both say something, which the other does not get to know.
      await ann.point(0.6, 0.6);
      await bob.point(0.9, 0.5);
      await proxy.assertStopped({ tried });
      await stays(async () => (await bob.entry('Ann'))?.liveness, {
        for: Math.max(0, end - performance.now()),
        is: 'connected',
      });
      assert.deepEqual(await ann.cursors(), []);
      proxy.open({ swallowed });

      await bob.sees('Ann', 0.6, 0.6, { timeout: 10_000 });
      await ann.online();
      await ann.sees('Bob', 0.9, 0.5);
      assert.deepEqual(await ann.self(), before);
      const states = new Set((await ann.changes('connection')).map(({ state }) => state));
      assert.equal(states.has('waiting'), swallowed !== 'deliver', 'whether the page noticed');
      for (const page of [ann, bob]) {
        assert.deepEqual(await page.comings(), [], `what ${page.name} saw`);
        assert.deepEqual(await page.changes('seated'), [], `what ${page.name} saw`);
        assert.deepEqual(await page.users(), ['Ann', 'Bob', seen.name]);
      }
      assert.deepEqual(seen.comings('Ann', 'Bob'), []);

      await ann.leaveAndBeMissed(bob);
      await until(() => seen.comings().length, { is: 2 });
    });
  }

  test('a cut that outlasts the grace is one leave, and the return one join', async (t) => {
    const { proxy, seen, bob, ann, before } = await scene(t, { config: TENTH });
    proxy.reset();
    await proxy.assertStopped({ tried: ['connections'] });
    const whats = async (page) => (await page.comings()).map(({ what, who }) => `${who} ${what}`).sort();
    const gone = ['Ann erased', 'Ann erased', 'Ann left', 'Ann went'];
    await until(() => whats(bob), { is: gone });
    proxy.open();

    await ann.online();
    assert.deepEqual(await ann.self(), before);
    const back = ['Ann drawn', 'Ann drawn', 'Ann entered', 'Ann joined'];
    await until(() => whats(bob), { is: [...gone, ...back].sort() });
    await until(() => seen.comings().map(([type]) => type).sort(), {
      is: ['presence.joined', 'presence.left', 'user_joined', 'user_left'],
    });
    await bob.sees('Ann', 0.3, 0.3);
    assert.equal((await bob.entry('Ann')).sessions, 1);
  });

  for (const [words, options, { abandon_after, gone_after }] of [
    ['at a tenth', { config: TENTH }, TENTH.timing],
    ['at the real values', {}, REAL],
  ]) {
    test(`a line that swallows bytes is noticed by the page and by the server, ${words}`, async (t) => {
      const { proxy, seen, bob, ann, before } = await scene(t, options);
      proxy.swallow();
      const cut = performance.now();
      // A look that comes late asks first, for two seconds.
      const left = (limit) => Math.max(1, limit + 2000 - (performance.now() - cut));

      // Without anybody doing anything: the page hears nothing, the server's pings stay unanswered.
      const byPage = async () => ann.connection((state) => state !== 'online', { timeout: left(abandon_after) });
      const byServer = async () => {
        await until(async () => (await bob.entry('Ann'))?.liveness, { is: 'suspect', timeout: left(gone_after) });
        assert.deepEqual(await bob.comings(), []);
        await until(() => bob.users(), { is: ['Bob', seen.name], timeout: left(gone_after) });
        await until(() => seen.comings().map(([type]) => type).sort(), { is: ['presence.left', 'user_left'] });
      };
      await Promise.all([byPage(), byServer()]);
      await proxy.assertStopped({ tried: ['down', 'connections'] });

      proxy.open();
      await ann.online();
      assert.deepEqual(await ann.self(), before);
      await until(() => bob.users(), { is: ['Ann', 'Bob', seen.name] });
      await bob.sees('Ann', 0.3, 0.3);
    });
  }

  test('a line on which nobody says a word is kept', async (t) => {
    const { seen, bob, ann } = await scene(t, { config: TENTH });
    const entries = () => Promise.all([ann.entry('Bob'), bob.entry('Ann')]);
    const living = (both) => both.every(({ liveness }) => liveness === 'connected');
    await stays(entries, { for: TENTH.timing.abandon_after + TENTH.timing.keepalive_every, is: living });
    for (const page of [ann, bob]) {
      assert.deepEqual(await page.changes('connection'), []);
      assert.deepEqual(await page.comings(), []);
    }
    assert.deepEqual(seen.comings('Ann', 'Bob'), []);
  });
});
