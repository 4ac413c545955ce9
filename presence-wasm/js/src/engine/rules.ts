// Modules that are rules of the model and nothing else: functions of numbers, so small that every browser compiles
// them at once where they are called.

import { WasmBlockedError } from '../errors.js';

/** The functions of such a module, given as base64: those that Rust exports, by their names there. */
export function rulesOf<T>(base64: string): T {
  try {
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    return new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as T; // what Rust exports, T says
  } catch (cause) {
    throw new WasmBlockedError({ cause });
  }
}
