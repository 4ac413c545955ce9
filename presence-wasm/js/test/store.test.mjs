import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cell, derive, keep, shallow, slice } from '../dist/store.js';
import { NONE, Table } from '../dist/table.js';
import { settle } from './harness.mjs';

test('any number of changes is told once, at the end of the task', async () => {
  const store = cell(0);
  const heard = [];
  const unsubscribe = store.subscribe((value) => heard.push(value));
  store.set(1);
  store.set(2);
  assert.equal(store.get(), 2);
  assert.deepEqual(heard, []);
  await settle();
  assert.deepEqual(heard, [2]);

  store.set(3);
  store.set(2);
  await settle();
  assert.deepEqual(heard, [2], 'what went back is no news');

  unsubscribe();
  unsubscribe();
  store.set(4);
  await settle();
  assert.deepEqual(heard, [2]);
});

test('a listener subscribed twice is heard twice, and the first and last are noticed', async () => {
  const watched = [];
  const store = cell(0, (on) => watched.push(on));
  let heard = 0;
  const listener = () => (heard += 1);
  const first = store.subscribe(listener);
  const second = store.subscribe(listener);
  store.set(1);
  await settle();
  assert.equal(heard, 2);
  first();
  first();
  assert.deepEqual(watched, [true]);
  second();
  assert.deepEqual(watched, [true, false]);
});

test('a listener that throws is reported and keeps no other from hearing', async (t) => {
  const reported = [];
  const others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.once('uncaughtException', (error) => reported.push(error.message));
  t.after(() => others.forEach((listener) => process.on('uncaughtException', listener)));
  const store = cell(0);
  let heard = false;
  store.subscribe(() => {
    throw new Error('careless');
  });
  store.subscribe(() => (heard = true));
  store.set(1);
  await settle();
  assert.equal(heard, true);
  assert.deepEqual(reported, ['careless']);
});

test('a derived store computes once per value and tells only of its own changes', async () => {
  const store = cell({ list: [1, 2], other: 0 });
  let computed = 0;
  const sum = derive(store, ({ list }, before) => {
    computed += 1;
    return keep(before, [list.reduce((a, b) => a + b, 0)]);
  });
  assert.deepEqual(sum.initial, [3]);
  const heard = [];
  sum.subscribe((value) => heard.push(value));
  const { list } = store.get();
  store.set({ list, other: 1 });
  await settle();
  assert.equal(computed, 2);
  assert.deepEqual(heard, []);
  assert.equal(sum.get(), sum.initial);
  store.set({ list: [5], other: 1 });
  await settle();
  assert.deepEqual(heard, [[5]]);
  assert.equal(computed, 3);
});

test('shallow compares arrays and plain objects, and nothing else by content', () => {
  const one = {};
  for (const [a, b, equal] of [
    [1, 1, true],
    [NaN, NaN, true],
    [[one, 2], [one, 2], true],
    [[{}], [{}], false],
    [[1], [1, 2], false],
    [{ a: 1 }, { a: 1 }, true],
    [{ a: undefined }, { b: undefined }, false],
    [[], {}, false],
    [new Map([[1, 1]]), new Map([[2, 2]]), false],
    [null, {}, false],
  ]) {
    assert.equal(shallow(a, b), equal, JSON.stringify([a, b]));
  }
});

test('a slice keeps what is equal, across selectors too', () => {
  const store = cell([1, 2, 3]);
  const shown = { current: null };
  const even = () => slice(store, (list) => list.filter((n) => n % 2 === 0), shallow, shown);
  const first = even();
  const value = first.now();
  assert.equal(first.now(), value);
  store.set([1, 2, 3, 5]);
  assert.equal(first.now(), value);
  shown.current = { value };
  assert.equal(even().now(), value, 'a new function that selects the same');
  assert.equal(first.first(), first.first(), 'what a server renders is one object');
});

test('rows keep their identity, and so does a list in which none changed', () => {
  const table = new Table((row) => row.id);
  assert.equal(table.values, NONE);
  const a = { id: 'a', tags: ['x'] };
  table.apply(true, [a, { id: 'b', tags: [] }], []);
  const before = table.values;
  assert.ok(Object.isFrozen(before) && Object.isFrozen(a) && Object.isFrozen(a.tags));

  table.apply(true, [{ id: 'a', tags: ['x'] }, { id: 'b', tags: [] }], []);
  assert.equal(table.values, before, 'the whole picture again, nothing new in it');

  const change = table.apply(false, [{ id: 'b', tags: ['y'] }, { id: 'c', tags: [] }], ['nobody']);
  assert.notEqual(table.values, before);
  assert.equal(table.values[0], a);
  assert.deepEqual(change.joined.map((row) => row.id), ['c']);
  assert.deepEqual(change.left, []);

  const gone = table.apply(true, [{ id: 'c', tags: [] }], []);
  assert.deepEqual(gone.left.map((row) => row.id), ['a', 'b']);
  table.clear();
  assert.equal(table.values, NONE);
});
