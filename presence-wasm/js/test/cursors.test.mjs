import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { CursorLayer } from '../dist/cursors.js';
import { trackPointer } from '../dist/pointer.js';
import { member } from './harness.mjs';

const frames = [];
before(() => {
  globalThis.document = { visibilityState: 'visible' };
  globalThis.requestAnimationFrame = (run) => frames.push(run);
});
after(() => {
  delete globalThis.document;
  delete globalThis.requestAnimationFrame;
});
afterEach(() => (frames.length = 0));

const frame = () => frames.splice(0).forEach((run) => run());
/** As the engine tells them, from fractions (fifths come back exactly) and seconds; `NaN` where absent. */
const moves = (...rows) =>
  rows.flatMap(([slot, ...place]) => [
    slot,
    ...place.map((part, index) => (Number.isNaN(part) ? -1 : Math.round(part * (index < 2 ? 65_535 : 1_000)))),
  ]);
/** Rows between others, which are meant for another room. */
const move = (layer, ...rows) => {
  const others = moves([2, 0.8, 0.8, NaN]);
  const all = new Float64Array([...others, ...moves(...rows), ...others]);
  layer.move(all, 4, all.length - 4);
};
const seen = (layer) => [...layer.get()].map(([id, { x, y, timestamp }]) => [id, x, y, timestamp]);
const [own, ana, bo] = [member('s0', 'me', 0, { own: true }), member('s1', 'ana', 1), member('s2', 'bo', 2)];

test('slots become members, and absent numbers become undefined', () => {
  const layer = new CursorLayer();
  layer.setMembers([own, ana, bo]);
  move(layer, [1, 0.4, 0.2, NaN], [2, NaN, NaN, 7], [0, 1, 1, NaN]);
  assert.deepEqual(seen(layer), [['s1', 0.4, 0.2, undefined], ['s2', undefined, undefined, 7]]);
  assert.equal(layer.get().get('s1').member, ana);
  move(layer, [1, NaN, NaN, NaN]);
  assert.deepEqual(seen(layer), [['s2', undefined, undefined, 7]]);
});

test('a cursor waits for its member', () => {
  const layer = new CursorLayer();
  move(layer, [1, 0.2, 0.2, NaN]);
  move(layer, [1, 0.4, 0.4, NaN]);
  assert.deepEqual(seen(layer), []);
  layer.setMembers([ana]);
  assert.deepEqual(seen(layer), [['s1', 0.4, 0.4, undefined]]);
});

test('a cursor goes with its member, whoever has the slot then', () => {
  const layer = new CursorLayer();
  layer.setMembers([ana, bo]);
  move(layer, [1, 0.2, 0.2, NaN], [2, 0.4, 0.4, NaN]);
  layer.setMembers([bo]);
  assert.deepEqual(seen(layer), [['s2', 0.4, 0.4, undefined]]);
  layer.setMembers([{ ...bo, sessionId: 's9' }]);
  assert.deepEqual(seen(layer), []);
  move(layer, [2, 0.6, 0.6, NaN]);
  assert.deepEqual(seen(layer), [['s9', 0.6, 0.6, undefined]]);
  layer.clear();
  assert.deepEqual(seen(layer), []);
});

test('records are reused, and show the member as it is now', () => {
  const layer = new CursorLayer();
  layer.setMembers([ana]);
  move(layer, [1, 0.2, 0.2, NaN]);
  const map = layer.get();
  const cursor = map.get('s1');
  move(layer, [1, 0.4, 0.6, NaN]);
  const idle = { ...ana, status: 'idle' };
  layer.setMembers([idle]);
  assert.equal(layer.get(), map);
  assert.equal(map.get('s1'), cursor);
  assert.equal(cursor.x, 0.4);
  assert.equal(cursor.member, idle);
});

test('listeners hear once per frame, the first time soon', () => {
  const layer = new CursorLayer();
  layer.setMembers([ana]);
  assert.equal(frames.length, 0, 'nobody listens');
  const heard = [];
  const unsubscribe = layer.subscribe((cursors) => heard.push(cursors.size));
  assert.equal(frames.length, 1);
  frame();
  for (let n = 0; n < 50; n += 1) move(layer, [1, n / 50, 0, NaN]);
  assert.equal(frames.length, 1);
  frame();
  assert.deepEqual(heard, [0, 1]);
  unsubscribe();
  move(layer, [1, 0, 0, NaN]);
  assert.equal(frames.length, 0);
});

test('a hidden page is told without frames', async () => {
  document.visibilityState = 'hidden';
  const layer = new CursorLayer();
  await new Promise((resolve) => layer.subscribe(resolve));
  document.visibilityState = 'visible';
  assert.equal(frames.length, 0);
});

test('the pointer becomes fractions of its surface, and hides when it leaves', () => {
  const surface = new EventTarget();
  surface.getBoundingClientRect = () => ({ left: 100, top: 50, width: 200, height: 100 });
  const told = [];
  const untrack = trackPointer(surface, { setCursor: (place) => told.push(place) }, () => 3.5);
  const send = (type, clientX, clientY) => surface.dispatchEvent(Object.assign(new Event(type), { clientX, clientY }));
  send('pointermove', 200, 75);
  send('pointerdown', 90, 500);
  send('pointerleave');
  untrack();
  send('pointermove', 200, 75);
  assert.deepEqual(told, [{ x: 0.5, y: 0.25, timestamp: 3.5 }, { x: 0, y: 1, timestamp: 3.5 }, null, null]);
});
