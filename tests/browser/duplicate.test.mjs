import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { own, shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { TENTH } from './harness/timing.mjs';
import { Visitor, visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';

const browser = await launch(shared());

/** What a page does without on plain http over a LAN; 127.0.0.1 counts as secure. */
function takeSecureThings() {
  delete Navigator.prototype.locks;
  delete Crypto.prototype.randomUUID;
  delete Crypto.prototype.subtle;
}

for (const { words, init } of [
  { words: 'with Web Locks', init: undefined },
  { words: 'without Web Locks and randomUUID, as on plain http', init: takeSecureThings },
]) {
  describe(words, () => {
    async function scene(t, options) {
      const server = await startServer(t, options);
      const bob = await visit(t, browser, server.url, 'Bob');
      const context = await browser.newContext();
      own(t, () => context.close());
      if (init) await context.addInitScript(init);
      const ann = await visit(t, context, server.url, 'Ann');
      const secure = await ann.page.evaluate(() => [typeof navigator.locks, typeof crypto.randomUUID]);
      assert.deepEqual(secure, init ? ['undefined', 'undefined'] : ['object', 'function']);
      await until(() => bob.users(), { is: ['Ann', 'Bob'] });
      await bob.record();
      await ann.record();
      return { server, context, bob, ann };
    }

    /** As "Duplicate tab" does: the new one starts with a copy of the session's storage. */
    async function duplicate(t, { page, name, room }) {
      await page.evaluate(() => sessionStorage.setItem('copied', 'yes'));
      const [copy] = await Promise.all([
        page.context().waitForEvent('page'),
        page.evaluate(() => void window.open(location.href)),
      ]);
      const visitor = new Visitor(t, copy, name, room);
      await visitor.online();
      assert.equal(await copy.evaluate(() => sessionStorage.getItem('copied')), 'yes');
      return visitor;
    }

    const sessionsOfAnn = async (page) =>
      (await page.members()).filter(({ user }) => user === 'Ann').map(({ sessionId }) => sessionId);
    const sessionIds = async (...pages) =>
      (await Promise.all(pages.map((page) => page.self()))).map(({ sessionId }) => sessionId).sort();

    test('a duplicated tab gets its own session while the original keeps its', async (t) => {
      const { bob, ann } = await scene(t);
      const before = await ann.self();
      const copy = await duplicate(t, ann);
      const copied = await copy.self();
      assert.notEqual(copied.sessionId, before.sessionId);
      assert.equal(copied.instanceId, before.instanceId);
      assert.deepEqual(await ann.self(), before);

      // A copy of the copy too.
      const second = await duplicate(t, copy);
      const all = await sessionIds(ann, copy, second);
      assert.equal(new Set(all).size, 3);
      for (const page of [bob, ann, copy, second]) {
        await until(async () => (await page.entry('Ann')).sessions, { is: 3 });
        await until(() => sessionsOfAnn(page), { is: all });
      }
      assert.deepEqual(await ann.changes('connection'), [], 'the original never lost its line');
      assert.deepEqual(await bob.changes('joined', 'left', 'went'), []);

      // All three are pages in full.
      await ann.point(0.2, 0.2);
      await copy.point(0.4, 0.4);
      await second.point(0.6, 0.6);
      await until(async () => (await bob.cursors()).length, { is: 3 });
      assert.deepEqual([ann.errors, copy.errors, second.errors], [[], [], []]);
    });

    test('original and copy keep their sessions when they are reloaded', async (t) => {
      const { bob, ann } = await scene(t);
      const copy = await duplicate(t, ann);
      const before = [await ann.self(), await copy.self()];
      await until(async () => (await bob.entry('Ann')).sessions, { is: 2 });
      await bob.record();
      for (const page of [copy, ann, copy]) {
        await page.page.reload();
        await page.online();
      }
      assert.deepEqual([await ann.self(), await copy.self()], before);
      await until(() => sessionsOfAnn(bob), { is: await sessionIds(ann, copy) });
      assert.deepEqual(await bob.comings(), []);

      // What the reload found in storage is not there for the next copy.
      const late = await duplicate(t, ann);
      const all = await sessionIds(ann, copy, late);
      assert.equal(new Set(all).size, 3);
      await until(() => sessionsOfAnn(bob), { is: all });
      assert.deepEqual([await ann.self(), await copy.self()], before);
    });

    test('the copy stays when the original is closed, and the next copy is another again', async (t) => {
      const { bob, ann } = await scene(t, { config: TENTH });
      const copy = await duplicate(t, ann);
      const { sessionId } = await ann.self();
      const kept = await sessionIds(copy);
      await ann.page.close();
      await until(() => sessionsOfAnn(bob), { is: kept });
      const next = await duplicate(t, copy);
      assert.equal(new Set([sessionId, ...kept, ...(await sessionIds(next))]).size, 3);
      await until(() => sessionsOfAnn(bob), { is: await sessionIds(copy, next) });
    });
  });
}
