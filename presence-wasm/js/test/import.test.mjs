import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const run = (script) =>
  execFileSync(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });

test('importing does nothing, and needs nothing that only browsers have', () => {
  // What a Jest environment lacks, and what must not be touched early.
  const bare = `
    for (const name of ['TextDecoder', 'TextEncoder', 'WebAssembly', 'WebSocket', 'ReadableStream', 'DecompressionStream',
      'FinalizationRegistry', 'Response', 'atob']) delete globalThis[name];
    const before = Object.getOwnPropertySymbols(globalThis).length + Object.keys(globalThis).length;
    const { createClient } = await import('presence-wasm');
    const hooks = await import('presence-wasm/react');
    await import('presence-wasm/components');
    const { followAgents } = await import('presence-wasm/agents');
    const { followMessages } = await import('presence-wasm/messages');
    await import('presence-wasm/status');
    const client = createClient();
    client.start();
    client.room('v', { type: 'video' }).enter();
    client.instances.subscribe(() => {});
    followAgents(client).subscribe(() => {});
    followMessages(client).notifications.subscribe(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    client.stop();
    const after = Object.getOwnPropertySymbols(globalThis).length + Object.keys(globalThis).length;
    console.log(before === after, client.connection.get().state, typeof hooks.usePresence);`;
  assert.equal(run(bare).trim(), 'true initial function');
});

test('the plain entries bring what they say, without React', () => {
  const script = `
    import { createRequire } from 'node:module';
    for (const entry of ['', '/agents', '/messages', '/playback']) {
      console.log(Object.keys(await import('presence-wasm' + entry)).sort().join(' '));
    }
    console.log(Object.keys(createRequire(import.meta.url).cache).length);`;
  assert.deepEqual(run(script).trim().split('\n'), [
    'EngineError RefusedError WasmBlockedError createClient shallow trackPointer typingInput',
    'followAgents',
    'followMessages',
    'followPlayback',
    '0', // React would be CommonJS, and stand in that cache
  ]);
});

test('every file that package.json names is there', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
  const named = Object.values(manifest.exports).flatMap((entry) => (typeof entry === 'string' ? entry : Object.values(entry)));
  for (const path of named) assert.ok(existsSync(new URL(`../${path}`, import.meta.url)), path);
  assert.deepEqual(Object.keys(manifest.exports['.']), ['types', 'default'], 'types come first');
});
