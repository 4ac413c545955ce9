import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { shiftClock } from './harness/page.mjs';
import { own, shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';
import { witness } from './harness/witness.mjs';

const browser = await launch(shared());

const HOUR = 3_600_000;
const IDLE_AFTER = 1000;
const AWAY_AFTER = 2500;
const SHORT = thresholds(IDLE_AFTER, AWAY_AFTER);

function thresholds(idle_after, away_after) {
  return { timing: { thresholds: { idle_after, away_after } } };
}

/** The statuses of a user that the page showed since `record`, in the list and in the room. */
async function shown(page, user) {
  const changes = (await page.changes('shown')).filter(({ who }) => who === user);
  const inElement = (name) => changes.filter(({ element }) => element === name).map(({ status }) => status);
  return [inElement('instance'), inElement('member')];
}

/** What it shows now. */
async function shows(page, user) {
  const member = (await page.members()).find((one) => one.user === user);
  return [(await page.entry(user))?.status, member?.status];
}

const touch = ({ page }) => page.keyboard.press('Shift');
const twice = (value) => [value, value];

/** How far a page's idea of the server's clock is from ours, which is the server's. */
async function clockError({ page }) {
  return Math.abs((await page.evaluate(() => window.presence.serverNow())) - Date.now());
}

// They wait more than they do: side by side they take as long as the longest.
describe('what a person does', { concurrency: true }, () => {
  test('without input a page becomes idle, then away, then active on input', async (t) => {
    const server = await startServer(t, { config: SHORT });
    const seen = await witness(t, server.url);
    const bob = await visit(t, browser, server.url, 'Bob');
    const ann = await visit(t, browser, server.url, 'Ann');
    // She may have fallen asleep since: from here on it counts.
    await until(() => shows(bob, 'Ann'), { is: twice('away') });
    for (const page of [ann, bob]) await page.record();
    seen.record();
    const touched = performance.now();
    await touch(ann);
    await until(() => shown(bob, 'Ann'), { is: ([list]) => list.includes('idle') });
    assert.ok(performance.now() - touched > IDLE_AFTER, 'idle came too soon');
    await until(() => shows(bob, 'Ann'), { is: twice('away') });
    assert.ok(performance.now() - touched > AWAY_AFTER, 'away came too soon');
    await touch(ann);

    // Each once and in order, wherever it is told and shown.
    const statuses = ['active', 'idle', 'away', 'active'];
    for (const page of [bob, ann]) await until(() => shown(page, 'Ann'), { is: twice(statuses) });
    const told = seen.heard().filter(({ type, data }) => type === 'status_changed' && data.userId === 'Ann');
    assert.deepEqual(
      told.map(({ data }) => data.data.status),
      statuses,
    );
    const { entries } = await (await fetch(`${server.url}/api/presence`)).json();
    assert.equal(entries.find(({ userId }) => userId === 'Ann').status, 'active');
    assert.deepEqual(seen.comings('Ann', 'Bob'), []);
  });

  test('who goes on doing something stays active', async (t) => {
    const server = await startServer(t, { config: thresholds(3000, 6000) });
    const bob = await visit(t, browser, server.url, 'Bob');
    const ann = await visit(t, browser, server.url, 'Ann');
    await touch(ann);
    await until(() => shows(bob, 'Ann'), { is: twice('active') });
    await bob.record();
    // Longer than it takes to be idle.
    await ann.page.getByTestId('comment').pressSequentially('x'.repeat(40), { delay: 100 });
    assert.deepEqual(await shown(bob, 'Ann'), twice([]));
  });

  for (const [words, offset] of [
    ['an hour fast', HOUR],
    ['an hour slow', -HOUR],
  ]) {
    test(`a client whose clock is ${words} shows and is shown the right statuses`, async (t) => {
      const server = await startServer(t, { config: SHORT });
      const bob = await visit(t, browser, server.url, 'Bob');
      const context = await browser.newContext();
      own(t, () => context.close());
      await shiftClock(context, offset);
      const ann = await visit(t, context, server.url, 'Ann');
      assert.equal(Math.round(((await ann.page.evaluate(() => Date.now())) - Date.now()) / HOUR), offset / HOUR);

      // Turn by turn: one goes on touching the page, the other falls asleep.
      for (const [awake, asleep] of [
        [ann, bob],
        [bob, ann],
      ]) {
        const pages = [ann, bob];
        await until(() => Promise.all(pages.map((page) => shows(page, asleep.name))), { is: twice(twice('away')) });
        for (const page of pages) await page.record();
        await touch(asleep);
        const turns = async () => {
          await touch(awake);
          return Promise.all(pages.map((page) => shown(page, asleep.name)));
        };
        await until(turns, { is: twice(twice(['active', 'idle', 'away'])), every: 100 });
        const awakeNow = async () => {
          await touch(awake);
          return Promise.all(pages.map((page) => shows(page, awake.name)));
        };
        await until(awakeNow, { is: twice(twice('active')), every: 100 });
      }

      // Ages are by the server's clock too: seconds, and not an hour.
      for (const page of [ann, bob]) {
        const ages = await page.page.locator('[data-testid=instance]:not([data-mode=gateway]) .ages').allTextContents();
        assert.equal(ages.length, 2);
        for (const age of ages) assert.match(age, /^Last input (now|\d+ s ago)Last seen now$/);
        const error = await clockError(page);
        assert.ok(error < 1000, `${page.name} is ${error} ms off the server's clock`);
      }
    });
  }

  test('a clock that is set while the page is open changes nothing', async (t) => {
    const server = await startServer(t, { config: thresholds(IDLE_AFTER, 60_000) });
    const bob = await visit(t, browser, server.url, 'Bob');
    const context = await browser.newContext();
    own(t, () => context.close());
    await context.addInitScript(() => {
      const { now } = Date;
      window.offset = 0;
      Date.now = () => now() + window.offset;
    });
    const ann = await visit(t, context, server.url, 'Ann');
    await until(() => bob.users(), { is: ['Ann', 'Bob'] });
    for (const page of [ann, bob]) await page.record();
    for (const offset of [HOUR, -HOUR]) {
      await ann.page.evaluate((ms) => (window.offset = ms), offset);
      for (const page of [ann, bob]) await until(() => shows(page, 'Ann'), { is: twice('idle') });
      await touch(ann);
      for (const page of [ann, bob]) {
        const [list] = await until(() => shown(page, 'Ann'), { is: ([list]) => list.includes('active') });
        assert.ok(!list.includes('away'), `${list}`);
      }
      await until(() => clockError(ann), { is: (error) => error < 1000 });
      for (const page of [ann, bob]) {
        assert.deepEqual(await page.comings(), []);
        assert.deepEqual(await page.changes('connection'), []);
        await page.record();
      }
    }
  });
});
