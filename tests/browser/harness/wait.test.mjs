import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stays, until } from './wait.mjs';

test('until returns what it waited for', async () => {
  let looks = 0;
  assert.equal(await until(() => ++looks >= 3 && 'third', { every: 1 }), 'third');
  assert.equal(await until(async () => ++looks, { is: 7, every: 1 }), 7);
  assert.deepEqual(await until(() => ({ looks: ++looks }), { is: ({ looks }) => looks > 9, every: 1 }), {
    looks: 10,
  });
  assert.deepEqual(await until(() => [1], { is: [1] }), [1]);
});

test('until says what it waited for and what it saw last', async () => {
  await assert.rejects(
    until(() => 'idle', { is: 'away', timeout: 30, what: 'alice to be away' }),
    {
      message: "waited 30 ms for alice to be away; last value: 'idle'",
    },
  );
  await assert.rejects(
    until(() => 0, { timeout: 30 }),
    /waited 30 ms for \(\) => 0; last value: 0/,
  );
  await assert.rejects(
    until(() => assert.equal('one', 'two'), { timeout: 30, what: 'a thing' }),
    /a thing; last look threw: [^]*one/,
  );
});

test('until forgives errors before the condition holds', async () => {
  let looks = 0;
  const value = await until(
    () => {
      if (++looks < 3) throw new Error('not there yet');
      return looks;
    },
    { every: 1 },
  );
  assert.equal(value, 3);
});

test('until ends when an answer never comes', async () => {
  let looks = 0;
  const answer = () => (++looks === 1 ? 'hidden' : new Promise(() => {}));
  await assert.rejects(
    until(answer, { is: 'visible', timeout: 40, every: 1, what: 'the tab' }),
    /the tab; the last look got no answer; last value: 'hidden'/,
  );
});

test('stays looks during the whole window', async () => {
  let looks = 0;
  assert.equal(await stays(() => ++looks, { for: 50, every: 5 }), looks);
  assert.ok(looks > 1);
});

test('stays tells when the condition broke', async () => {
  let looks = 0;
  await assert.rejects(
    stays(() => (++looks < 3 ? ['bob'] : []), { for: 5000, every: 1, is: ['bob'], what: 'the list' }),
    /the list did not stay so for 5000 ms; after \d+ ms: last value: \[\]/,
  );
  await assert.rejects(
    stays(() => assert.fail('gone'), { for: 5000, what: 'the row' }),
    /the row did not stay so[^]*last look threw: gone/,
  );
});
