import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { comeToGate, visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';

const browser = await launch(shared());

test('two pages in two contexts see each other within a second of joining', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await comeToGate(t, browser, server.url, 'Bob');
  assert.deepEqual(await ann.users(), ['Ann']);

  await bob.page.getByTestId('join').click();
  const joined = performance.now();
  for (const page of [ann, bob]) {
    const left = () => Math.max(1, 1000 - (performance.now() - joined));
    await until(() => page.users(), { is: ['Ann', 'Bob'], timeout: left() });
    const inRoom = async () => (await page.members()).map(({ user }) => user);
    await until(inRoom, { is: ['Ann', 'Bob'], timeout: left() });
  }

  const entries = await ann.entries();
  assert.deepEqual(await bob.entries(), entries);
  assert.equal(new Set(entries.map(({ instanceId }) => instanceId)).size, 2);
  for (const { status, liveness, sessions } of entries) {
    assert.deepEqual({ status, liveness, sessions }, { status: 'active', liveness: 'connected', sessions: 1 });
  }
  assert.deepEqual([ann.errors, bob.errors], [[], []]);
});

test('people in another room are listed, but neither they nor their cursors are in this one', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob', { room: 'elsewhere' });
  const cleo = await visit(t, browser, server.url, 'Cleo');
  await until(() => ann.users(), { is: ['Ann', 'Bob', 'Cleo'] });
  await until(async () => (await ann.members()).map(({ user }) => user), { is: ['Ann', 'Cleo'] });
  await bob.point(0.2, 0.2);
  await cleo.point(0.7, 0.7);
  await ann.sees('Cleo', 0.7, 0.7);
  assert.deepEqual(await bob.cursors(), []);
});

test('a cursor moved in one is drawn in the other', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob');
  // Another size of window: places are parts of the surface, not pixels.
  await bob.page.setViewportSize({ width: 900, height: 1000 });

  for (const [x, y] of [
    [0.25, 0.5],
    [0.8, 0.1],
  ]) {
    await ann.point(x, y);
    await bob.sees('Ann', x, y);
  }
  assert.deepEqual(await ann.cursors(), [], 'nobody is shown their own cursor');

  await bob.point(0.5, 0.75);
  await ann.sees('Bob', 0.5, 0.75);
  await bob.sees('Ann', 0.8, 0.1);

  const late = await visit(t, browser, server.url, 'Cleo');
  await until(async () => (await late.cursors()).map(({ user }) => user).sort(), { is: ['Ann', 'Bob'] });

  await ann.page.getByTestId('comment').hover();
  await until(() => bob.cursors(), { is: [] });
  await late.sees('Bob', 0.5, 0.75);
});

test('typing appears, and ends by itself', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob');

  await ann.page.getByTestId('comment').pressSequentially('hello');
  await until(() => bob.typing(), { is: ['Ann is typing…'] });
  assert.deepEqual(await ann.typing(), [], 'nobody is told of their own typing');

  // The field keeps its focus and its text: nothing but time ends it. It lasts 5 s.
  await until(() => bob.typing(), { is: [], timeout: 6500 });
  assert.equal(await ann.page.getByTestId('comment').inputValue(), 'hello');
  assert.ok(await ann.page.getByTestId('comment').evaluate((field) => field === document.activeElement));
});

test('typing that goes on is shown without a break, and Enter ends it', async (t) => {
  const server = await startServer(t, { config: { timing: { typing_lease: 1500 } } });
  const ann = await visit(t, browser, server.url, 'Ann');
  const bob = await visit(t, browser, server.url, 'Bob');
  await bob.record();
  const seen = async () => (await bob.changes('typing')).map(({ who }) => who);

  await ann.page.getByTestId('comment').pressSequentially('a sentence that takes a while', { delay: 100 });
  assert.deepEqual(await seen(), [['Ann']]);
  await ann.page.keyboard.press('Enter');
  await until(seen, { is: [['Ann'], []] });
});
