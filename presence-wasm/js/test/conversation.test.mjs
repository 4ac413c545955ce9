// Who types in conversations, as a client tells and shows it.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { fakeClient, settle, typistsUpdate } from './harness.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

async function started() {
  const fake = fakeClient();
  fake.client.start();
  await settle();
  const say = async (...updates) => (fake.engine().say(...updates), settle());
  return { ...fake, say };
}

test('typing is told to the engine, which is never told what would end it', async () => {
  const { client, engine } = await started();
  client.setSessionTyping('main', true);
  client.setSessionTyping('main', false);
  client.setSessionTyping(7, 'yes');
  const told = engine().calls.filter(([name]) => name === 'setSessionTyping');
  assert.deepEqual(told.map(([, ...words]) => words), [['main', true], ['main', false], ['7', true]]);
});

test('before a start nothing is told, and nothing throws', () => {
  const { client } = fakeClient();
  client.setSessionTyping('main', true);
  assert.deepEqual(client.typingUsers('main').get(), []);
});

test('each conversation has its own, in the order of beginning', async () => {
  const { client, say } = await started();
  const [main, side] = [client.typingUsers('main'), client.typingUsers('side')];
  await say(typistsUpdate('main', 'b', 'a'), typistsUpdate('side', 'c'));
  assert.deepEqual([main.get(), side.get()], [['b', 'a'], ['c']]);
  assert.ok(Object.isFrozen(main.get()));
  assert.deepEqual(client.typingUsers(' main ').get(), ['b', 'a'], 'the server trims keys');
  await say(typistsUpdate('main'));
  assert.deepEqual([main.get(), side.get()], [[], ['c']]);
  for (const name of ['constructor', '__proto__']) assert.deepEqual(client.typingUsers(name).get(), [], name);
});

test('a list that says the same stays the same and is no news', async () => {
  const { client, say } = await started();
  const main = client.typingUsers('main');
  const heard = [];
  main.subscribe((ids) => heard.push(ids));
  const [nobody] = [main.get()];
  await say(typistsUpdate('main', 'a'));
  const shown = main.get();
  await say(typistsUpdate('main', 'a'), typistsUpdate('side', 'b'));
  assert.equal(main.get(), shown);
  await say(typistsUpdate('main'));
  assert.equal(main.get(), nobody);
  assert.deepEqual(heard, [['a'], []]);
});

test('what the engine knows no more is shown no more', async () => {
  const { client, say } = await started();
  const main = client.typingUsers('main');
  await say(typistsUpdate('main', 'a'), typistsUpdate('side', 'b'));
  await say({ kind: 'typistsUnknown' });
  assert.deepEqual([main.get(), client.typingUsers('side').get()], [[], []]);
});

test('the list of who is here is heard while somebody wants to know who types', async () => {
  const { client, engine } = await started();
  assert.equal(engine().count('setPresence'), 0);
  const stops = ['main', 'side'].map((key) => client.typingUsers(key).subscribe(() => {}));
  assert.deepEqual([engine().count('setPresence'), engine().last('setPresence')], [1, [true]]);
  for (const stop of stops) stop();
  mock.timers.tick(2_000);
  assert.deepEqual([engine().count('setPresence'), engine().last('setPresence')], [2, [false]]);
});
