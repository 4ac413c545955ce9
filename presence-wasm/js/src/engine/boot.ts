// From the text that travelled to a running engine. Loaded at the first start, never before: this
// file and the module it imports are a chunk of their own, and all they touch exists in browsers.

import type { MakeEngine } from './contract.js';
import { createGlue, deflated } from './glue.js';

/** Compiled once per page; what failed is tried again. */
let compiled: WebAssembly.Module | undefined;

/** As TypeScript will know it. */
type Newer = typeof Uint8Array & { fromBase64?(text: string): Uint8Array<ArrayBuffer> };

/** Compiles the module and gives the way to make engines from it. */
export async function boot(): Promise<MakeEngine> {
  const module = (compiled ??= await compile());
  return async (info, sessionId, host) => {
    const glue = createGlue(host);
    // Asynchronous, because some browsers refuse large modules on the main thread otherwise.
    glue.finish(await WebAssembly.instantiate(module, glue.imports()), module);
    return new glue.PresenceEngine(info, sessionId);
  };
}

async function compile(): Promise<WebAssembly.Module> {
  // The newer way takes no time; the older takes a slow machine longer than all the rest.
  const bytes =
    (Uint8Array as Newer).fromBase64?.(deflated) ?? Uint8Array.from(atob(deflated), (char) => char.charCodeAt(0));
  // Not `new Blob([bytes]).stream()`: jsdom's Blob has no stream.
  const stream = new Response(bytes).body!.pipeThrough(new DecompressionStream('deflate-raw')); // given a body
  return WebAssembly.compile(await new Response(stream).arrayBuffer());
}
