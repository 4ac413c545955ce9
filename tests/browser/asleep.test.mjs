// A minute in which a page, or the server, does nothing. Everything at the real values, and all
// scenarios at once: a minute is long.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launch, launchLifecycle } from './harness/chromium.mjs';
import { startCrowd } from './harness/crowd.mjs';
import { block, setLifecycle } from './harness/page.mjs';
import { startProxy } from './harness/proxy.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { stays, until } from './harness/wait.mjs';
import { witness } from './harness/witness.mjs';

const MINUTE = 60_000;

/** A blocked page stops answering pings once more than this lies unread before it. */
const DEAFENING = 128 * 1024;

/** How long a session whose line broke may take to come back, and a little more. */
const GRACE = 11_000;

const browser = await launch(shared());

describe('for a minute', { concurrency: true }, () => {
  test('nobody sees a blocked page leave a quiet room', async (t) => {
    const server = await startServer(t);
    const { context } = await launchLifecycle(t);
    const seen = await witness(t, server.url);
    const bob = await visit(t, browser, server.url, 'Bob');
    const ann = await visit(t, context, server.url, 'Ann');
    await bob.point(0.2, 0.2);
    await ann.sees('Bob', 0.2, 0.2);
    const all = { Ann: 'connected', Bob: 'connected', [seen.name]: 'connected' };
    await until(() => here(bob), { is: all });
    await record(seen, ann, bob);

    const blocked = block(ann.page, MINUTE);
    await stays(() => here(bob), { for: MINUTE - 5000, every: 500, is: all });
    await bob.point(0.7, 0.3);
    await blocked;

    assert.ok((await longestPause(ann)) >= MINUTE);
    await ann.sees('Bob', 0.7, 0.3);
    await ann.point(0.4, 0.6);
    await bob.sees('Ann', 0.4, 0.6);
    assert.deepEqual(await ann.changes('connection'), []);
    await assertNobodyLeft([bob], seen);
    await assertLeavesAreSeen(ann, bob, seen);
  });

  test('nor one of 100 members who point 20 times a second', async (t) => {
    const room = 'busy';
    const server = await startServer(t);
    const { context } = await launchLifecycle(t);
    const seen = await witness(t, server.url, { room });
    const bob = await visit(t, browser, server.url, 'Bob', { room });
    const ann = await visit(t, context, server.url, 'Ann', { room });
    // Ann, Bob and the witness are the other three.
    const crowd = await startCrowd(t, server.url, { room, members: 97 });
    for (const page of [ann, bob]) {
      await until(() => inRoom(page), { is: (members) => members.length === 100, timeout: 10_000 });
      await until(() => crowdsCursors(page), { is: (cursors) => cursors.length === 97, timeout: 10_000 });
    }
    await bob.point(0.2, 0.2);
    await until(() => cursorOf(ann, 'Bob'), { is: near(0.2, 0.2) });
    await record(seen, ann, bob);

    const blocked = block(ann.page, MINUTE);
    const connected = async () =>
      (await inRoom(bob)).filter(({ liveness }) => liveness === 'connected').length;
    await stays(connected, { for: MINUTE - 5000, every: 500, is: 100, what: 'the room of 100' });
    await bob.point(0.7, 0.3);
    await blocked;

    assert.ok((await longestPause(ann)) >= MINUTE);
    await until(() => cursorOf(ann, 'Bob'), { is: near(0.7, 0.3) });
    await ann.point(0.4, 0.6);
    await until(() => cursorOf(bob, 'Ann'), { is: near(0.4, 0.6) });
    assert.deepEqual(await ann.changes('connection'), []);
    crowd.still();
    await until(async () => [await crowdsCursors(ann), await crowdsCursors(bob)], {
      is: ([one, other]) => one.length === 97 && one.join() === other.join(),
      what: 'both pages to know the same place of each cursor',
    });
    await assertNobodyLeft([bob], seen);
    await assertLeavesAreSeen(ann, bob, seen);
    const heard = await crowd.end();
    assert.ok(heard > 2 * DEAFENING, `${heard} bytes of cursors would not have silenced anybody`);
  });

  test('a hidden and throttled tab stays, and frozen ones come back whole', async (t) => {
    const server = await startServer(t);
    const cable = await startProxy(t, server.port);
    const { context } = await launchLifecycle(t);
    const seen = await witness(t, server.url);
    const early = await witness(t, server.url, { name: 'Early' });
    const hidden = await visit(t, context, server.url, 'Hidden');
    const frozen = await visit(t, context, server.url, 'Frozen');
    const cut = await visit(t, context, cable.url, 'Cut');
    const bob = await visit(t, browser, server.url, 'Bob');
    await bob.point(0.2, 0.2);
    const asleep = [hidden, frozen, cut];
    for (const page of asleep) {
      // A page behind another is sent no cursors.
      await page.page.bringToFront();
      await page.sees('Bob', 0.2, 0.2);
    }
    await context.newPage();
    for (const { page } of asleep) {
      await until(() => page.evaluate(() => document.visibilityState), { is: 'hidden' });
    }
    const before = await Promise.all(asleep.map((page) => page.self()));
    await until(async () => Object.keys(await here(bob)).length, { is: 6 });
    await record(seen, bob, ...asleep);

    await setLifecycle(frozen.page, 'frozen');
    await setLifecycle(cut.page, 'frozen');
    cable.reset();
    await cable.assertStopped({ attempt: () => fetch(cable.url).catch(() => {}), tried: ['connections'] });
    await until(() => cable.connections, { is: 0 });
    await Promise.all([early.list.close(), early.inRoom.close()]);
    await witness(t, server.url, { name: 'Late' });
    const sleepers = async () => pick(await here(bob), 'Hidden', 'Frozen');
    await stays(sleepers, { for: MINUTE, every: 500, is: { Hidden: 'connected', Frozen: 'connected' } });
    await bob.point(0.7, 0.3);

    assert.ok((await turns(hidden)) < 100, 'its timers ran once a second');
    assert.deepEqual(await hidden.changes('connection'), []);

    cable.open();
    for (const page of [frozen, cut]) {
      await setLifecycle(page.page, 'active');
      await page.page.bringToFront();
      assert.ok((await longestPause(page)) >= MINUTE);
    }
    const all = ['Bob', 'Cut', 'Frozen', 'Hidden', 'Late', seen.name];
    for (const page of [bob, ...asleep]) {
      await until(() => here(page), { is: Object.fromEntries(all.map((name) => [name, 'connected'])) });
      await until(() => page.users(), { is: all });
    }
    for (const page of asleep) {
      // What it missed comes when it is shown.
      await page.page.bringToFront();
      await page.sees('Bob', 0.7, 0.3);
    }
    assert.deepEqual(await Promise.all(asleep.map((page) => page.self())), before);

    // Chromium ends the socket of a frozen page when that runs again: it takes its session up unseen.
    const toBob = async (...users) => (await bob.comings()).filter(({ who }) => users.includes(who));
    const toWitness = (...users) => seen.comings(...users).filter(([, user]) => users.includes(user));
    const ofStayers = async () => [await toBob('Hidden', 'Frozen'), toWitness('Hidden', 'Frozen')];
    await stays(ofStayers, { for: 4000, is: [[], []] });
    // The other one's line broke while it slept: for the others it left, and came back the same.
    const ofCut = (await toBob('Cut')).map(({ what }) => what);
    assert.deepEqual(ofCut.sort(), [
      'drawn',
      'drawn',
      'entered',
      'erased',
      'erased',
      'joined',
      'left',
      'went',
    ]);
    assert.equal((await bob.entry('Cut')).sessions, 1);
  });

  test('nobody is expired by a server that was stopped', async (t) => {
    const server = await startServer(t);
    const seen = await witness(t, server.url);
    const ann = await visit(t, browser, server.url, 'Ann');
    const bob = await visit(t, browser, server.url, 'Bob');
    const all = { Ann: 'connected', Bob: 'connected', [seen.name]: 'connected' };
    for (const page of [ann, bob]) await until(() => here(page), { is: all });
    const before = [await ann.self(), await bob.self()];
    await record(seen, ann, bob);

    await server.pause();
    await stays(async () => Object.keys(await here(bob)), { for: MINUTE, every: 500, is: Object.keys(all) });
    await server.resume();

    for (const page of [ann, bob]) {
      await page.online();
      await until(() => here(page), { is: all });
    }
    await stays(async () => [await here(ann), await here(bob)], { for: GRACE, every: 500, is: [all, all] });
    assert.deepEqual([await ann.self(), await bob.self()], before);
    for (const page of [ann, bob]) {
      const states = (await page.changes('connection')).map(({ state }) => state);
      assert.ok(states.includes('waiting'), `the server was silent for too long for a page: ${states}`);
    }
    await assertNobodyLeft([ann, bob], seen);
    assert.ok(seen.list.isOpen && seen.inRoom.isOpen);
    await assertLeavesAreSeen(ann, bob, seen);
  });
});

/** From here on everybody remembers, and the pages note when their timers run. */
async function record(seen, ...pages) {
  seen.record();
  for (const page of pages) {
    await page.record();
    await page.page.evaluate(() => {
      window.turns = [performance.now()];
      setInterval(() => window.turns.push(performance.now()), 100);
    });
  }
}

/** The longest time since then without a timer. */
function longestPause({ page }) {
  return page.evaluate(() => {
    const ends = [...window.turns.slice(1), performance.now()];
    return Math.max(...ends.map((end, at) => end - window.turns[at]));
  });
}

function turns({ page }) {
  return page.evaluate(() => window.turns.length);
}

/** Neither pages nor a raw client were told that anybody came, went, or was in doubt. */
async function assertNobodyLeft(pages, seen) {
  for (const page of pages) assert.deepEqual(await page.comings(), []);
  assert.deepEqual(seen.comings('Ann', 'Bob'), []);
  assert.deepEqual(doubts(seen), []);
}

/** They were not blind: a real leave is told at once. */
async function assertLeavesAreSeen(ann, bob, seen) {
  await ann.leave();
  const toBob = async () => (await bob.changes('left', 'went')).map(({ what, who }) => [what, who]).sort();
  await until(toBob, {
    is: [
      ['left', 'Ann'],
      ['went', 'Ann'],
    ],
  });
  await until(() => seen.comings().sort(), {
    is: [
      ['presence.left', 'Ann'],
      ['user_left', 'Ann'],
    ],
  });
}

/** Whoever a raw client in the room was told to be in doubt about. */
function doubts(seen) {
  const told = seen.heard().filter(({ type, data }) => type === 'status_changed' && data.data.liveness);
  return told.map(({ data }) => [data.userId, data.data.liveness]);
}

function inRoom({ page, room }) {
  return page.evaluate((id) => window.presence.room(id, { type: 'video' }).members.get(), room);
}

/** What a page knows of the lines of all in its room, by user. */
async function here(page) {
  return Object.fromEntries((await inRoom(page)).map(({ userId, liveness }) => [userId, liveness]).sort());
}

function pick(all, ...names) {
  return Object.fromEntries(names.map((name) => [name, all[name]]));
}

/** Everybody's cursors as a page knows them; it draws them in its next frame, and a hidden one never. */
function cursors({ page, room }) {
  return page.evaluate((id) => {
    const all = window.presence.room(id, { type: 'video' }).cursors.get();
    return [...all.values()].map(({ member, x, y }) => [member.userId, x, y]);
  }, room);
}

async function cursorOf(page, user) {
  return (await cursors(page)).find(([owner]) => owner === user)?.slice(1);
}

async function crowdsCursors(page) {
  return (await cursors(page)).filter(([owner]) => owner.startsWith('crowd-')).sort();
}

function near(x, y) {
  return (at) => at !== undefined && Math.abs(at[0] - x) < 0.01 && Math.abs(at[1] - y) < 0.01;
}
