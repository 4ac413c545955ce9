// What a person chose not to be seen of stays unseen, whatever their page goes through.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';

const browser = await launch(shared());

const isInvisible = ({ page }) => page.evaluate(() => window.presence.privacy.get().invisible);

/** Reloads, and waits until the page is in its room and sees who is there. */
async function reload(visitor, other) {
  await visitor.page.reload();
  await visitor.connection('online');
  const seen = async () => [await visitor.users(), (await visitor.members()).map(({ user }) => user)];
  await until(seen, { is: (lists) => lists.every((list) => list.includes(other.name)) });
}

test('who made themselves invisible is not seen for a moment when their page is reloaded', async (t) => {
  const server = await startServer(t);
  const bob = await visit(t, browser, server.url, 'Bob');
  const ann = await visit(t, browser, server.url, 'Ann');
  const known = async () => [await bob.users(), (await bob.members()).map(({ user }) => user)];
  await until(known, { is: [['Ann', 'Bob'], ['Ann', 'Bob']] });
  await bob.record();
  const told = async (...what) => (await bob.changes(...what)).filter(({ who }) => who === 'Ann').map((one) => one.what);

  await ann.page.getByTestId('own-menu').click();
  await ann.page.getByTestId('invisible').click();
  await until(async () => (await told('left', 'went')).sort(), { is: ['left', 'went'] });
  for (let again = 0; again < 2; again += 1) {
    await reload(ann, bob);
    assert.equal(await isInvisible(ann), true);
    assert.equal(await ann.page.getByText('You are invisible.').isVisible(), true);
  }

  // Only when she says so: had she been seen before, that would have been told, too.
  await ann.page.getByRole('button', { name: 'Show me' }).click();
  await until(async () => (await told('joined', 'entered')).length, { is: (count) => count >= 2 });
  assert.deepEqual((await told('joined', 'entered', 'drawn')).sort(), ['drawn', 'drawn', 'entered', 'joined']);
  await reload(ann, bob);
  assert.equal(await isInvisible(ann), false);
});

test('the menu in which it is chosen closes when the keyboard goes on, and by Escape wherever it was', async (t) => {
  const server = await startServer(t);
  const { page } = await visit(t, browser, server.url, 'Ann');
  const button = page.getByTestId('own-menu');
  const isOpen = () => button.getAttribute('aria-expanded');
  const inMenu = () => page.evaluate(() => document.activeElement.closest('.own-menu') !== null);
  await button.focus();
  await page.keyboard.press('Enter');
  assert.equal(await isOpen(), 'true');
  // As far as it goes; there are fewer steps than this.
  for (let step = 0; step < 20 && (await inMenu()); step += 1) {
    assert.equal(await isOpen(), 'true');
    await page.keyboard.press('Tab');
  }
  await until(isOpen, { is: 'false' });
  await button.click();
  await page.locator('.own-menu legend').click();
  assert.equal(await isOpen(), 'true');
  await page.keyboard.press('Escape');
  await until(isOpen, { is: 'false' });
  assert.equal(await inMenu(), true, 'the keyboard is on its button');
});
