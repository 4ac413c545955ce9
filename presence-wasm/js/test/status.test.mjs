// `getUserStatus` through JavaScript: the table of the Rust tests, and many entries beside what kleoz' page prints.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { getUserStatus } from '../dist/status.js';
import { provide } from './harness.mjs';

const NOW = 1_790_000_000_000;

/** "Estados de Usuario", with the server's clock for the page's own, and 0 taken for the number it is. */
function asPrinted(entry) {
  const age = NOW - entry.ts;
  if (age > 5 * 60 * 1000) return 'offline';
  if (entry.lastInputSeconds !== undefined && entry.lastInputSeconds > 120) return 'away';
  if (entry.lastInputSeconds !== undefined && entry.lastInputSeconds > 30) return 'idle';
  return 'active';
}

test('the table', () => {
  for (const [age, seconds, status] of [
    [0, 0, 'active'],
    [0, undefined, 'active'],
    [0, 30, 'active'],
    [0, 31, 'idle'],
    [0, 120, 'idle'],
    [0, 121, 'away'],
    [300_000, 0, 'active'],
    [300_000, 121, 'away'],
    [300_001, 0, 'offline'],
    [300_001, undefined, 'offline'],
    [-3_600_000, undefined, 'active'],
  ]) {
    const entry = { ts: NOW - age, lastInputSeconds: seconds };
    assert.equal(getUserStatus(entry, { now: NOW }), status, JSON.stringify([age, seconds]));
    assert.equal(asPrinted(entry), status);
    const ours = { ts: NOW - age, ...(seconds !== undefined && { lastInputAt: NOW - seconds * 1_000 }) };
    assert.equal(getUserStatus(ours, { now: NOW }), status, `as this package has it: ${JSON.stringify(ours)}`);
  }
});

test('it says what the page says', () => {
  // A seeded walk, so that a failure can be seen again.
  let seed = 7;
  const random = (below) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  const beside = (...values) => values[random(values.length)] + random(5) - 2;
  const seen = new Set();
  for (let round = 0; round < 20_000; round += 1) {
    const ts = NOW - (random(2) ? random(700_000) : beside(0, 300_000));
    const lastInputSeconds = [undefined, random(400), beside(0, 30, 120), random(4_000) / 10, -1, 1e300, NaN][random(7)];
    const entry = { ts, lastInputSeconds };
    const status = getUserStatus(entry, { now: NOW });
    assert.equal(status, asPrinted(entry), JSON.stringify(entry));
    seen.add(status);
  }
  assert.deepEqual([...seen].sort(), ['active', 'away', 'idle', 'offline']);
});

test('thresholds are options, and zero is one', () => {
  const entry = { ts: NOW - 1, lastInputAt: NOW - 1 };
  const by = (options, of = entry) => getUserStatus(of, { now: NOW, ...options });
  assert.equal(by({}), 'active');
  assert.equal(by({ idleAfter: 0 }), 'idle');
  assert.equal(by({ awayAfter: 0 }), 'away');
  assert.equal(by({ offlineAfter: 0 }), 'offline');
  assert.equal(by({ idleAfter: undefined }), 'active');
  const old = { ts: NOW - 10 ** 9, lastInputSeconds: 10 ** 6 };
  assert.equal(by({ idleAfter: Infinity, awayAfter: Infinity, offlineAfter: Infinity }, old), 'active');
});

test('who is only kept in the list is offline at once', () => {
  assert.equal(getUserStatus({ ts: NOW, lastInputSeconds: 0, reason: 'disconnect' }, { now: NOW }), 'offline');
});

test('without a time it is counted by this clock', () => {
  assert.equal(getUserStatus({ ts: Date.now() }), 'active');
  assert.equal(getUserStatus({ ts: Date.now() - 301_000 }), 'offline');
  assert.equal(getUserStatus({ ts: Date.now(), lastInputAt: Date.now() - 40_000 }), 'idle');
});

test('importing compiles nothing, and a server that renders can call it', () => {
  const script = `
    const { Module } = WebAssembly;
    let compiled = 0;
    WebAssembly.Module = function (bytes) { compiled += 1; return new Module(bytes); };
    const { getUserStatus } = await import('presence-wasm/status');
    const before = compiled;
    getUserStatus({ ts: Date.now() });
    console.log(before, getUserStatus({ ts: 0 }), compiled);`;
  const cwd = fileURLToPath(new URL('.', import.meta.url));
  const said = execFileSync(process.execPath, ['--input-type=module', '--eval', script], { cwd, encoding: 'utf8' });
  assert.equal(said.trim(), '0 offline 1');
});

test('a page that may not run WebAssembly is told what to do', async (t) => {
  const fresh = await import('../dist/status.js?blocked');
  provide(t, { WebAssembly: undefined });
  assert.throws(() => fresh.getUserStatus({ ts: 0 }), { name: 'WasmBlockedError' });
});
