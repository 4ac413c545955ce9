// What can go wrong, as `client.onError` tells it.

import type { RefusalView } from './types.gen.js';

/** The page may not run WebAssembly: its content security policy, or the browser, forbids it. */
export class WasmBlockedError extends Error {
  override readonly name = 'WasmBlockedError';

  constructor(options?: ErrorOptions) {
    super(
      "WebAssembly is blocked on this page; add 'wasm-unsafe-eval' to the script-src of its Content-Security-Policy",
      options,
    );
  }
}

/** The engine failed. It is replaced, unless it failed too often: then the connection says `stopped`. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
}

/** The server turned a request down. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  /** The message that was refused, as `join`. */
  readonly about: string;
  /** The stable code, the sentence, the field at fault, and whether asking again can help. */
  readonly refusal: RefusalView;

  constructor(about: string, refusal: RefusalView) {
    super(refusal.message);
    this.about = about;
    this.refusal = refusal;
  }
}
