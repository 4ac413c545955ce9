import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { announcer, EVERY_MS } from '../src/announcer.ts';

test('the first is told at once, then one at a time with how many more there were', (t) => {
  mock.timers.enable({ apis: ['setTimeout'] });
  t.after(() => mock.timers.reset());
  const said: string[] = [];
  const { announce, end } = announcer((words) => said.push(words));
  announce('a');
  assert.deepEqual(said.splice(0), ['a']);
  for (let count = 0; count < 200; count += 1) announce(`b${count}`);
  mock.timers.tick(EVERY_MS - 1);
  assert.deepEqual(said, []);
  mock.timers.tick(1);
  assert.deepEqual(said.splice(0), ['b199, and 199 more']);
  announce('c');
  mock.timers.tick(EVERY_MS);
  assert.deepEqual(said.splice(0), ['c']);
  mock.timers.tick(EVERY_MS);
  announce('d');
  assert.deepEqual(said.splice(0), ['d'], 'after a while of nothing it is at once again');
  announce('e');
  end();
  mock.timers.tick(10 * EVERY_MS);
  assert.deepEqual(said, [], 'nobody is there any more');
});
