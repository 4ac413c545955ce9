import assert from 'node:assert/strict';
import { test } from 'node:test';
import { from, selectionBetween, to } from '../src/selection.ts';

const part = (startTime: number, endTime: number) => ({ startTime, endTime });

test('a drag goes either way, stays within the film, and a click is none', () => {
  for (const [one, other, selection] of [
    [10, 25.5, part(10, 25.5)],
    [25.5, 10, part(10, 25.5)],
    [-3, 70, part(0, 60)],
    [1 / 3, 2, part(0.33, 2)],
    [10, 10.05, null],
    [70, 80, null],
  ] as const) {
    assert.deepEqual(selectionBetween(one, other, 60), selection, `${one} to ${other}`);
  }
});

test('a beginning and an end are set one after the other, in any order', () => {
  for (const [what, selection] of [
    [from(10, null, 60), part(10, 60)],
    [to(20, null, 60), part(0, 20)],
    [to(20, from(10, null, 60), 60), part(10, 20)],
    [from(10, to(20, null, 60), 60), part(10, 20)],
    [from(30, part(10, 20), 60), part(30, 60)],
    [to(5, part(10, 20), 60), part(0, 5)],
    [from(60, null, 60), null],
  ] as const) {
    assert.deepEqual(what, selection);
  }
});
