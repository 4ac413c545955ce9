// From the text that travelled to a running engine. Loaded at the first start, never before: this
// file and the module it imports are a chunk of their own, and all they touch exists in browsers.

import { WasmBlockedError } from '../errors.js';
import type { MakeEngine } from './contract.js';
import { createGlue, deflated } from './glue.js';

/** Compiled modules by their text: copies of this package on one page share them, other versions do not. */
const SHARED = Symbol.for('presence-wasm@0');

type Shared = { [SHARED]?: Map<string, Promise<WebAssembly.Module>> };

/** Compiles the module, once per page, and gives the way to make engines from it. */
export async function boot(): Promise<MakeEngine> {
  const shared = ((globalThis as Shared)[SHARED] ??= new Map());
  let compiling = shared.get(deflated);
  if (!compiling) shared.set(deflated, (compiling = compile()));
  const module = await compiling;
  return async (options, host) => {
    // Asynchronous, because some browsers refuse large modules on the main thread otherwise.
    const glue = createGlue();
    glue.finish(await WebAssembly.instantiate(module, glue.imports()), module);
    return new glue.PresenceEngine(options, host);
  };
}

async function compile(): Promise<WebAssembly.Module> {
  if (typeof WebAssembly === 'undefined') throw new WasmBlockedError();
  const bytes = await inflate(Uint8Array.from(atob(deflated), (char) => char.charCodeAt(0)));
  try {
    return await WebAssembly.compile(bytes);
  } catch (error) {
    // The module is known to be valid; only a policy can be against it. Browsers word that differently.
    const blocked = /unsafe-eval|content security policy|csp/i.test(String(error));
    throw blocked ? new WasmBlockedError({ cause: error }) : error;
  }
}

function inflate(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  // Not `new Blob([bytes]).stream()`: jsdom's Blob has no stream.
  const stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
  return new Response(stream.pipeThrough(new DecompressionStream('deflate-raw'))).arrayBuffer();
}
