import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { own, shared } from './scope.mjs';

/** What node:test gives a test, as far as `own` looks at it. */
function context(error) {
  const t = { error, after: (fn) => (t.end = fn) };
  return t;
}

test('everything is closed, newest first, also when closing fails', async () => {
  const t = context();
  const told = [];
  own(t, () => told.push('server'));
  own(t, () => {
    told.push('proxy');
    throw new Error('one');
  });
  own(t, async () => {
    told.push('page');
    throw new Error('two');
  });
  await assert.rejects(t.end(), { name: 'AggregateError', message: 'Error: two\nError: one' });
  assert.deepEqual(told, ['page', 'proxy', 'server']);
});

test('a failed test tells what is known before anything is closed', async () => {
  const told = [];
  for (const t of [context(), context(new Error('failed'))]) {
    own(
      t,
      () => told.push('closed'),
      () => told.push('the log'),
    );
    await t.end();
  }
  assert.deepEqual(told, ['closed', 'the log', 'closed']);
});

test('without a context nothing is closed', () => own(undefined, () => assert.fail('closed')));

let isOpen;

describe('shared', () => {
  const scope = shared();
  before(() => {
    isOpen = true;
    own(scope, () => (isOpen = false));
  });
  test('what a hook opened is open in the first test', () => assert.ok(isOpen));
  test('and in the second', () => assert.ok(isOpen));
});

test('and closed after the last', () => assert.equal(isOpen, false));
