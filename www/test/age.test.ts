import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ageWords, secondsUntil } from '../src/age.ts';

const NOW = 1_790_000_000_000;
const ago = (ms: number) => ageWords(NOW, NOW - ms);

test('an age is told in the largest unit that has passed', () => {
  const second = 1_000;
  const minute = 60 * second;
  const hour = 60 * minute;
  const day = 24 * hour;
  const table: [number, string][] = [
    [0, 'now'],
    [5 * second - 1, 'now'],
    [5 * second, '5 s ago'],
    [minute - 1, '59 s ago'],
    [minute, '1 min ago'],
    [2 * minute - 1, '1 min ago'],
    [hour - 1, '59 min ago'],
    [hour, '1 h ago'],
    [day - 1, '23 h ago'],
    [day, '1 day ago'],
    [2 * day, '2 days ago'],
    [400 * day, '400 days ago'],
  ];
  for (const [age, words] of table) assert.equal(ago(age), words, `${age} ms`);
});

test('a moment in the future is now, and so is one that is no number', () => {
  assert.equal(ago(-60_000), 'now');
  assert.equal(ago(Number.NaN), 'now');
});

test('words change only forward as time passes', () => {
  let changes = 0;
  let last = ago(0);
  for (let age = 0; age <= 120_000; age += 250) {
    const words = ago(age);
    if (words !== last) changes += 1;
    last = words;
  }
  // 5 s to 59 s, then 1 min and 2 min.
  assert.equal(changes, 57);
});

test('a countdown rounds up and stops at zero', () => {
  assert.equal(secondsUntil(NOW, NOW + 3_000), 3);
  assert.equal(secondsUntil(NOW, NOW + 2_001), 3);
  assert.equal(secondsUntil(NOW, NOW + 1), 1);
  assert.equal(secondsUntil(NOW, NOW), 0);
  assert.equal(secondsUntil(NOW, NOW - 5_000), 0);
});
