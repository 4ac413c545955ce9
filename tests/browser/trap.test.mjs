// What an engine does that fails. Its wasm is reached through `WebAssembly.instantiate`, which the
// pages here watch; nothing of ours is replaced.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { own, shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';
import { witness } from './harness/witness.mjs';

const browser = await launch(shared());

function keepEngines() {
  const real = WebAssembly.instantiate;
  window.engines = [];
  WebAssembly.instantiate = async (...args) => {
    const instance = await real(...args);
    window.engines.push(instance);
    return instance;
  };
}

/** Nothing in the engine's memory means anything any more. Whatever it does next is a trap. */
const corrupt = ({ page }) =>
  page.evaluate(() => new Uint8Array(window.engines.at(-1).exports.memory.buffer).fill(0xff));

/**
 * The browser fails the engine once, in the middle of what it does next. What it held then stays
 * taken, and reaching for it again is a panic, as any mistake of ours in Rust would be.
 */
const interrupt = ({ page }) =>
  page.evaluate(() => {
    const { now } = Date;
    Date.now = () => {
      if (!/wasm/.test(new Error().stack)) return now();
      Date.now = now;
      throw new Error('no time today');
    };
  });

/** Something happens to the page: an event listener of the engine is called, and no method. */
const touch = ({ page }) => page.keyboard.press('Shift');

/** The package calls the engine. */
const call = ({ page }) => page.evaluate(() => window.presence.noteInput());

/** Somebody else moves, and the engine is told. */
const hear = async (ann, bob) => {
  await bob.point(0.5, 0.5);
  await until(() => ann.errors.length > 0);
};

async function scene(t) {
  const server = await startServer(t);
  const seen = await witness(t, server.url);
  const bob = await visit(t, browser, server.url, 'Bob');
  const context = await browser.newContext();
  own(t, () => context.close());
  await context.addInitScript(keepEngines);
  const ann = await visit(t, context, server.url, 'Ann');
  await ann.point(0.3, 0.6);
  await bob.sees('Ann', 0.3, 0.6);
  await until(() => seen.comings().length, { is: 4 });
  const before = await ann.self();
  await ann.record();
  await bob.record();
  seen.record();
  return { server, seen, bob, ann, before };
}

for (const { name, fail, then } of [
  { name: 'its memory is destroyed, and an event of the page reaches it', fail: corrupt, then: [touch] },
  { name: 'its memory is destroyed, and the package calls it', fail: corrupt, then: [call] },
  { name: 'its memory is destroyed, and a message comes in', fail: corrupt, then: [hear] },
  { name: 'a call into it is broken off', fail: interrupt, then: [call] },
  { name: 'a message to it is broken off, and the package calls it', fail: interrupt, then: [hear, call] },
  { name: 'a message to it is broken off, and an event of the page reaches it', fail: interrupt, then: [hear, touch] },
]) {
  test(`a new engine takes the session over, unseen: ${name}`, async (t) => {
    const { seen, bob, ann, before } = await scene(t);
    await fail(ann);
    for (const happens of then) await happens(ann, bob);

    await until(() => ann.page.evaluate(() => window.engines.length), { is: 2 });
    await ann.online();
    const states = (await ann.changes('connection')).map(({ state }) => state);
    assert.deepEqual([...new Set(states)], ['waiting', 'connecting', 'online']);
    assert.deepEqual(await ann.self(), before);
    assert.ok(ann.errors.some((error) => error.includes('the presence engine failed')), `${ann.errors}`);

    // All that was wanted is wanted of the new one: the list, the room, the cursor.
    await bob.point(0.9, 0.2);
    await ann.sees('Bob', 0.9, 0.2);
    const late = await witness(t, seen.url, { name: 'Late' });
    await until(() => ann.users(), { is: ['Ann', 'Bob', 'Late', seen.name] });
    const told = late.room.users.find(({ userId }) => userId === 'Ann');
    assert.equal(told.sessionId, before.sessionId);
    assert.ok(Math.abs(told.cursor.x - 0.3) < 0.01 && Math.abs(told.cursor.y - 0.6) < 0.01, 'Ann points there still');
    await ann.page.getByTestId('comment').pressSequentially('hello');
    await until(() => bob.typing(), { is: ['Ann is typing…'] });

    for (const page of [ann, bob]) {
      const comings = (await page.comings()).filter(({ who }) => who !== 'Late');
      assert.deepEqual(comings, [], `what ${page.name} saw`);
      assert.deepEqual(await page.changes('seated'), []);
    }
    assert.deepEqual(seen.comings('Ann', 'Bob').filter(([, user]) => user !== 'Late'), []);
    assert.equal(await ann.page.evaluate(() => window.engines.length), 2, 'one new engine, not more');
    await ann.leaveAndBeMissed(bob);
  });
}
