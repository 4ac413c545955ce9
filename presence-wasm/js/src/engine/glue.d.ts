// The types of dist/engine/glue.js, which scripts/build.mjs makes from wasm-bindgen's output.

import type { Engine, EngineHost } from './contract.js';

/** The module: deflate-raw, then base64. */
export declare const deflated: string;

/** wasm-bindgen's JavaScript for one instance of the module. */
export interface Glue {
  PresenceEngine: new (info: string, sessionId: string | undefined) => Engine;
  imports(): WebAssembly.Imports;
  /** Binds the JavaScript to its instance and starts that. */
  finish(instance: WebAssembly.Instance, module: WebAssembly.Module): unknown;
}

/** Each call gives JavaScript with state and a host of its own, so a new instance owes nothing to a broken one. */
export declare function createGlue(host: EngineHost): Glue;
