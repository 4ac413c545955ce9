import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { InstanceView } from 'presence-wasm';
import { freshness, seenAt } from '../src/freshness.ts';
import { ALL, find, modesIn, type Query } from '../src/instance-query.ts';
import { aboutOf, fieldsOf, titleOf } from '../src/instance-words.ts';

const NOW = 1_790_000_000_000;

function instance(name: string, more: Partial<InstanceView> = {}): InstanceView {
  return {
    id: `u/${name}`,
    instanceId: name,
    userId: name,
    name,
    roles: [],
    scopes: [],
    status: 'active',
    liveness: 'connected',
    reason: 'connect',
    ts: NOW,
    sessions: ['s'],
    own: false,
    ...more,
  };
}

/** Told of by a beacon: nobody holds a line for it. */
const beacon = (name: string, more: Partial<InstanceView> = {}) =>
  instance(name, { sessions: [], reason: 'periodic', ...more });

test('active, idle and stale are a matter of two minutes and of five', () => {
  for (const [age, word] of [
    [-5_000, 'active'],
    [120_000, 'active'],
    [120_001, 'idle'],
    [300_000, 'idle'],
    [300_001, 'stale'],
  ] as const) {
    assert.equal(freshness(NOW, NOW - age), word, `${age} ms`);
  }
});

test('a living line is seen now, until our own is lost; what has none when it last said something', () => {
  const ts = NOW - 200_000;
  assert.equal(seenAt(instance('a', { ts }), null), null);
  assert.equal(seenAt(instance('a', { ts }), NOW - 1), NOW - 1);
  assert.equal(seenAt(instance('a', { ts, liveness: 'suspect' }), null), ts);
  assert.equal(seenAt(beacon('a', { ts }), null), ts);
  assert.equal(seenAt(beacon('a', { ts, reason: 'self' }), null), null, 'the server that tells us');
});

const ann = instance('Ann', { mode: 'ui', host: 'Chrome on Linux', lastInputAt: NOW - 1_000 });
const bo = instance('Bo', { mode: 'webchat', ip: '10.0.0.7', lastInputAt: NOW - 90_000 });
const pi = beacon('peter', { mode: 'node', host: 'kitchen-pi', text: 'Node: kitchen-pi', ts: NOW - 1, tags: ['Berlin'] });
const mac = beacon('peter', { id: 'u/2', mode: 'ui', host: 'mac', text: 'Node: mac', ts: NOW - 9_000 });
const all = [pi, bo, mac, ann];

/** Titles of what is found. */
const found = (query: Partial<Query>) => find(all, { ...ALL, ...query }, null).map(titleOf);

test('every word of the filter has to occur somewhere', () => {
  assert.deepEqual(found({ text: ' ' }), ['Ann', 'Bo', 'kitchen-pi', 'mac']);
  assert.deepEqual(found({ text: 'CHROME' }), ['Ann']);
  assert.deepEqual(found({ text: '0.0.7' }), ['Bo']);
  assert.deepEqual(found({ text: 'berlin peter' }), ['kitchen-pi']);
  assert.deepEqual(found({ text: 'berlin bo' }), []);
  assert.deepEqual(found({ mode: 'ui' }), ['Ann', 'mac']);
  assert.deepEqual(found({ mode: 'ui', text: 'peter' }), ['mac']);
});

test('each column sorts both ways, and what has no value stands last in both', () => {
  assert.deepEqual(found({ by: 'name', reversed: true }), ['mac', 'kitchen-pi', 'Bo', 'Ann']);
  assert.deepEqual(found({ by: 'mode' }), ['kitchen-pi', 'Ann', 'mac', 'Bo']);
  assert.deepEqual(found({ by: 'input' }), ['Ann', 'Bo', 'kitchen-pi', 'mac']);
  assert.deepEqual(found({ by: 'input', reversed: true }), ['Bo', 'Ann', 'kitchen-pi', 'mac']);
  assert.deepEqual(found({ by: 'seen' }), ['Ann', 'Bo', 'kitchen-pi', 'mac']);
  assert.deepEqual(found({ by: 'seen', reversed: true }), ['mac', 'kitchen-pi', 'Ann', 'Bo']);
});

test('the mode that is asked for stays to be chosen when its last entry is gone', () => {
  assert.deepEqual(modesIn(all, ''), ['node', 'ui', 'webchat']);
  assert.deepEqual(modesIn([], 'node'), ['node']);
});

test('an instance is called what it is known by, and nothing is said twice', () => {
  assert.deepEqual([titleOf(ann), aboutOf({ ...ann, deviceFamily: 'Linux' })], ['Ann', 'Chrome on Linux']);
  assert.deepEqual([titleOf(pi), aboutOf({ ...pi, version: '1.2' })], ['kitchen-pi', 'peter · v1.2']);
  const server = instance('gateway', { mode: 'gateway', host: 'vm', text: 'Gateway: vm', deviceFamily: 'Linux' });
  assert.deepEqual([titleOf(server), aboutOf(server)], ['vm', 'this server · Linux']);
  assert.equal(titleOf(instance('', { instanceId: 'i' })), 'i');
});

test('the details have every field that has a value', () => {
  const fields = Object.fromEntries(fieldsOf({ ...pi, roles: ['node'], sessions: ['s', 't'] }));
  assert.deepEqual(
    [fields['tags'], fields['roles'], fields['sessions'], fields['ts'], fields['status']],
    ['Berlin', 'node', 's, t', '2026-09-21T14:13:19.999Z', 'active, connected'],
  );
  assert.equal('ip' in fields || 'scopes' in fields, false);
});
