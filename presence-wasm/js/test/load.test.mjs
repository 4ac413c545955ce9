import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadEngine } from '../dist/engine/load.js';
import { provide } from './harness.mjs';

test('a page that may not run WebAssembly is told what to do', async (t) => {
  // Node's own `fetch` is a module, too, compiled when it is first touched.
  await new Response('').text();
  const { compile } = WebAssembly;
  t.after(() => (WebAssembly.compile = compile));
  const failing = (message) => {
    const error = new WebAssembly.CompileError(message);
    WebAssembly.compile = () => Promise.reject(error);
    return error;
  };
  for (const words of [
    "Refused to compile or instantiate WebAssembly module because 'unsafe-eval' is not an allowed source of script",
    'call to WebAssembly.compile() blocked by CSP',
    'blocked by the Content Security Policy',
  ]) {
    const cause = failing(words);
    await assert.rejects(loadEngine(), (error) => error.name === 'WasmBlockedError' && error.cause === cause);
  }
  const other = failing('out of memory');
  await assert.rejects(loadEngine(), (error) => error === other);

  // What failed is tried again.
  WebAssembly.compile = compile;
  assert.equal(typeof (await loadEngine()), 'function');
});

test('a browser without WebAssembly, too', async (t) => {
  provide(t, { WebAssembly: undefined });
  await assert.rejects(loadEngine(), { name: 'WasmBlockedError' });
});
