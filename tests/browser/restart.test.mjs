import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { REAL, TENTH } from './harness/timing.mjs';
import { visit } from './harness/visitor.mjs';
import { stays, until } from './harness/wait.mjs';
import { witness } from './harness/witness.mjs';

const browser = await launch(shared());

/** Ann and Bob, both with a cursor on the map and a record of all changes. */
async function scene(t, options) {
  const server = await startServer(t, options);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob');
  await until(() => ann.users(), { is: ['Ann', 'Bob'] });
  await ann.point(0.25, 0.75);
  await bob.point(0.5, 0.1);
  await Promise.all([bob.sees('Ann', 0.25, 0.75), ann.sees('Bob', 0.5, 0.1)]);
  const pages = [ann, bob];
  const before = await Promise.all(pages.map((page) => page.self()));
  for (const page of pages) await page.record();
  return { server, ann, bob, pages, before };
}

/** Each as one row with a living line, each once in the room. */
async function areWhole(pages) {
  for (const page of pages) {
    const rows = async () => (await page.entries()).map(({ user, liveness, sessions }) => [user, liveness, sessions]);
    await until(rows, {
      is: [
        ['Ann', 'connected', 1],
        ['Bob', 'connected', 1],
      ],
    });
    const faces = async () => (await page.members()).map(({ user, liveness }) => [user, liveness]);
    await until(faces, {
      is: [
        ['Ann', 'connected'],
        ['Bob', 'connected'],
      ],
    });
  }
}

/** But does in the end, when somebody really goes. */
async function sawNobodyLeave([one, other]) {
  for (const page of [one, other]) assert.deepEqual(await page.comings(), [], `what ${page.name} saw`);
  await other.leaveAndBeMissed(one);
}

// They wait more than they do: side by side they take as long as the longest.
describe('a server that ends and comes back', { concurrency: true }, () => {
  for (const [words, options, grace] of [
    ['at a tenth', { config: TENTH }, TENTH.timing.restart_grace],
    ['at the real values', {}, REAL.restart_grace],
  ]) {
    test(`kill -9 and start on the same port: both pages come back whole, ${words}`, async (t) => {
      const { server, ann, bob, pages, before } = await scene(t, options);
      await server.kill9();
      for (const page of pages) await page.connection((state) => state !== 'online');
      await server.restart();
      const restarted = performance.now();

      for (const page of pages) await page.online();
      assert.deepEqual(await Promise.all(pages.map((page) => page.self())), before);
      await areWhole(pages);
      await Promise.all([bob.sees('Ann', 0.25, 0.75), ann.sees('Bob', 0.5, 0.1)]);

      // The new server knows all of it, not only the pages.
      const late = await witness(t, server.url);
      const told = late.room.users.filter(({ userId }) => userId !== late.name);
      told.sort((a, b) => a.userId.localeCompare(b.userId));
      assert.deepEqual(
        told.map(({ userId, sessionId, liveness }) => ({ userId, sessionId, liveness })),
        before.map(({ userId, sessionId }) => ({ userId, sessionId, liveness: 'connected' })),
      );
      const cursors = Object.fromEntries(told.map(({ userId, cursor }) => [userId, cursor]));
      for (const [user, x, y] of [
        ['Ann', 0.25, 0.75],
        ['Bob', 0.5, 0.1],
      ]) {
        assert.ok(Math.abs(cursors[user].x - x) < 0.01 && Math.abs(cursors[user].y - y) < 0.01, `${user} points there`);
      }
      await late.list.close();
      await late.inRoom.close();
      const strangers = ({ who }) => who !== late.name;

      // A ghost would go, and a duplicate come, until the grace of a restart is over.
      const left = grace + 500 - (performance.now() - restarted);
      const rows = async () => (await ann.users()).filter((user) => user !== late.name);
      await stays(rows, { for: Math.max(0, left), is: ['Ann', 'Bob'] });
      for (const page of pages) assert.deepEqual((await page.comings()).filter(strangers), [], `what ${page.name} saw`);
      await areWhole(pages);
      await bob.leaveAndBeMissed(ann);
    });
  }

  test('an orderly restart shows nobody a leave', async (t) => {
    const { server, ann, bob, pages, before } = await scene(t);
    const seen = await witness(t, server.url);
    await until(() => ann.users(), { is: ['Ann', 'Bob', seen.name] });
    for (const page of pages) await page.record();
    seen.record();

    await server.restart();
    for (const page of pages) {
      await until(async () => (await page.changes('connection')).map(({ state }) => state), {
        is: (states) => states[0] === 'waiting' && states.at(-1) === 'online',
      });
      assert.equal((await page.changes('connection'))[0].closeCode, 1012);
      await page.online();
    }
    assert.deepEqual(await Promise.all(pages.map((page) => page.self())), before);
    for (const line of [seen.list, seen.inRoom]) assert.equal((await line.closed).code, 1012);
    assert.deepEqual(seen.comings('Ann', 'Bob'), []);
    await Promise.all([bob.sees('Ann', 0.25, 0.75), ann.sees('Bob', 0.5, 0.1)]);
    // It was somebody of no SDK and does not come back by itself: it is kept for a while, and dimmed.
    assert.equal((await ann.entry(seen.name)).liveness, 'suspect');
    await sawNobodyLeave(pages);
  });

  test('several restarts in a row show nobody a leave', async (t) => {
    const { server, ann, bob, pages, before } = await scene(t);
    for (const [restarts, isOrderly] of [false, true, false].entries()) {
      if (!isOrderly) await server.kill9();
      await server.restart();
      for (const page of pages) {
        await until(async () => (await page.changes('connection')).map(({ state }) => state), {
          is: (states) => states.filter((state) => state === 'online').length > restarts && states.at(-1) === 'online',
        });
      }
    }
    await areWhole(pages);
    assert.deepEqual(await Promise.all(pages.map((page) => page.self())), before);
    await Promise.all([bob.sees('Ann', 0.25, 0.75), ann.sees('Bob', 0.5, 0.1)]);
    await sawNobodyLeave(pages);
  });

  test('who does not come back after a restart is dimmed for the time of grace, then gone', async (t) => {
    const { server, ann, bob } = await scene(t, { config: { timing: { ...TENTH.timing, restart_grace: 3000 } } });
    await server.kill9();
    await ann.connection((state) => state !== 'online');
    await bob.page.close();
    await server.restart();
    await ann.online();
    await until(() => ann.entry('Bob'), { is: ({ liveness }) => liveness === 'suspect' });
    assert.deepEqual(await ann.cursors(), [], 'who may be gone points nowhere');
    assert.deepEqual(await ann.comings(), []);
    const left = async () => (await ann.changes('left', 'went')).map(({ what, who }) => [what, who]).sort();
    await until(left, {
      is: [
        ['left', 'Bob'],
        ['went', 'Bob'],
      ],
    });
    assert.deepEqual(await ann.users(), ['Ann']);
  });
});
