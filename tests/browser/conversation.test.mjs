// Typing in a conversation (use case 3 of kleoz' page), between pages that use the package's hooks, and
// between them and kleoz' own client.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { serveScript } from './harness/fixtures.mjs';
import { open } from './harness/raw.mjs';
import { own, shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { until } from './harness/wait.mjs';

const KEY = 'agent:main:main';

const browser = await launch(shared());
const address = await serveScript(shared(), 'conversation');

/** Opens the page for somebody, each in a context of their own, and waits until it knows who is here. */
async function converse(t, server, name, key = KEY) {
  const context = await browser.newContext();
  own(t, () => context.close());
  const page = await context.newPage();
  const errors = [];
  page.on('pageerror', (error) => errors.push(`${error}`));
  await page.goto(`${address}?${new URLSearchParams({ server: server.url, name, key })}`);
  await until(() => page.evaluate(() => window.presence.instances.get().entries.some(({ own }) => own)));
  return {
    page,
    errors,
    field: page.getByTestId('message'),
    shown: () => page.getByTestId('typing').allTextContents(),
    told: () => page.evaluate(() => window.told),
    instanceId: () => page.evaluate(() => window.presence.self.get().instanceId),
  };
}

/** Kleoz' web client: connects with an instance of its own, subscribes, and says what it types. */
async function kleoz(t, server, user, instanceId) {
  const ws = await open(`${server.url}/api/ws`, { t });
  const client = { id: 'kleoz-web', instanceId, version: '1.0.0', platform: 'web', mode: 'webchat' };
  ws.send({ type: 'connect', token: user, client });
  ws.send({ type: 'subscribe.presence' });
  await ws.next('presence.updated');
  return {
    types: (isTyping) => ws.send({ type: 'session.typing', sessionKey: KEY, isTyping }),
    told: () => ws.of('session.typing', ({ sessionKey }) => sessionKey === KEY).map(({ userIds }) => userIds),
  };
}

test('who types is shown to the others of the conversation, and no more once the lease is over', async (t) => {
  const server = await startServer(t, { config: { timing: { typing_lease: 1_500 } } });
  const ann = await converse(t, server, 'Ann');
  const bob = await converse(t, server, 'Bob');
  const cleo = await converse(t, server, 'Cleo', 'agent:main:other');

  await ann.field.pressSequentially('hello');
  await until(bob.shown, { is: ['Ann typing…'] });
  await until(bob.shown, { is: [] });
  assert.equal(await ann.field.inputValue(), 'hello', 'nothing but time ended it');
  const ids = [await ann.instanceId()];
  assert.deepEqual(await bob.told(), [ids, []]);
  assert.deepEqual(await ann.told(), [ids, []], 'the ids have our own among them');
  assert.deepEqual(await ann.shown(), [], 'the hook has not');
  assert.deepEqual([await cleo.told(), ann.errors, bob.errors], [[], [], []]);

  // It goes on without a break for longer than the lease, and Enter ends it.
  await ann.field.pressSequentially('a sentence that takes a while', { delay: 100 });
  await until(bob.shown, { is: ['Ann typing…'] });
  await ann.page.keyboard.press('Enter');
  await until(bob.told, { is: [ids, [], ids, []] });
});

test('kleoz’ client and a page see each other type', async (t) => {
  const server = await startServer(t);
  const ann = await converse(t, server, 'Ann');
  const bob = await kleoz(t, server, 'Bob', 'bob');
  bob.types(true);
  await until(ann.shown, { is: ['Bob typing…'] });
  bob.types(false);
  await until(ann.shown, { is: [] });

  const ids = [await ann.instanceId()];
  await ann.field.pressSequentially('hello');
  await until(() => bob.told().at(-1), { is: ids });
  await ann.field.fill('');
  await until(() => bob.told(), { is: [['bob'], [], ids, []] });
});

test('a restart of the server: nobody is shown to type for ever, and who goes on is shown again', async (t) => {
  const server = await startServer(t, { config: { timing: { typing_lease: 60_000 } } });
  const ann = await converse(t, server, 'Ann');
  const bob = await kleoz(t, server, 'Bob', 'bob');
  const cleo = await converse(t, server, 'Cleo');
  bob.types(true);
  await until(cleo.shown, { is: ['Bob typing…'] });
  await ann.field.pressSequentially('hello');
  await until(cleo.shown, { is: ['Ann and Bob typing…'] });

  await server.kill9();
  await until(cleo.shown, { is: [] });
  await server.start();
  // Kleoz' client does not come back. The page does, and says what it said before.
  await until(cleo.shown, { is: ['Ann typing…'], timeout: 15_000 });
  assert.deepEqual((await cleo.told()).at(-1), [await ann.instanceId()]);
});
