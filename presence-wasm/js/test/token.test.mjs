import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fakeClient, settle } from './harness.mjs';

/** A started client whose `getToken` is answered by hand. */
async function asking(options = {}) {
  const questions = [];
  const getToken = (reason) => {
    return new Promise((resolve, reject) => questions.push({ reason, resolve, reject }));
  };
  const fake = fakeClient({ getToken, ...options });
  fake.client.start();
  await settle();
  const ask = (reason) => (fake.engine().say({ kind: 'token', reason }), settle());
  return { ...fake, questions, ask };
}

test('the engine asks, the app answers, and the engine hears it', async () => {
  const { engine, questions, ask, errors } = await asking();
  assert.deepEqual(engine().tokens, [[undefined]], 'there is none yet, and it may ask');
  assert.deepEqual(questions, []);
  for (const reason of ['start', 'expiring', 'rejected']) {
    await ask(reason);
    assert.equal(questions.at(-1).reason, reason);
    questions.at(-1).resolve(`for ${reason}`);
    await settle();
    assert.deepEqual(engine().tokens.at(-1), [`for ${reason}`]);
  }
  assert.deepEqual([questions.length, engine().tokens.length, errors], [3, 4, []]);
});

test('a token given beforehand is the first, and an answer may come at once', async () => {
  const { engine, ask } = await asking({ token: 'zero', getToken: () => 'one' });
  assert.deepEqual(engine().tokens, [['zero']]);
  await ask('expiring');
  assert.deepEqual(engine().tokens, [['zero'], ['one']]);
});

test('an app that has none is told of it once, and so is the engine', async () => {
  const failure = new Error('the login is gone');
  const throws = () => {
    throw failure;
  };
  const answers = [() => undefined, () => '', async () => null, () => Promise.reject(failure), throws];
  for (const getToken of answers) {
    const { engine, ask, errors } = await asking({ getToken });
    await ask('rejected');
    assert.deepEqual(engine().tokens, [[undefined], [undefined]]);
    assert.equal(errors.length, 1);
    assert.ok(errors[0] === failure || errors[0].message === 'getToken gave no token', String(errors[0]));
    await ask('rejected');
    assert.equal(errors.length, 2, 'once for each time');
  }
});

test('what is no text does no harm', async () => {
  const { engine, ask } = await asking({ getToken: () => 7 });
  await ask('start');
  assert.deepEqual(engine().tokens.at(-1), ['7']);
});

test('an engine that takes over asks nobody twice, and hears the answer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { client, engine, engines, questions, ask } = await asking();
  await ask('start');
  engine().broken = new WebAssembly.RuntimeError('unreachable');
  client.noteInput();
  t.mock.timers.tick(100);
  await settle();
  assert.equal(engines.length, 2);
  await ask('start');
  assert.equal(questions.length, 1);
  questions[0].resolve('one');
  await settle();
  assert.deepEqual(engine().tokens, [[undefined], ['one']]);
  assert.deepEqual(engines[0].tokens, [[undefined]]);

  // The next one has it from the start.
  engine().broken = new WebAssembly.RuntimeError('unreachable');
  client.noteInput();
  t.mock.timers.tick(200);
  await settle();
  assert.deepEqual([engines.length, engine().tokens], [3, [['one']]]);
});

test('an answer after a stop is for the next start', async () => {
  const { client, engine, questions, ask } = await asking();
  await ask('start');
  client.stop();
  questions[0].resolve('one');
  await settle();
  assert.deepEqual(engine().tokens.at(-1), ['one']);
  assert.deepEqual(engine().calls.map(([name]) => name), ['start', 'stop']);
});

test('without getToken nobody may ask', async () => {
  const { engine } = await asking({ token: 't', getToken: undefined });
  assert.deepEqual(engine().tokens, ['t']);
});
