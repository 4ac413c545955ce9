// The one place that fetches the engine. Importing the package does nothing; this does, when called.

import { WasmBlockedError } from '../errors.js';
import type { LoadEngine } from './contract.js';

export const loadEngine: LoadEngine = async () => {
  if (typeof WebAssembly === 'undefined') throw new WasmBlockedError();
  const { boot } = await import('./boot.js');
  try {
    return await boot();
  } catch (error) {
    // The module is known to be valid; only a policy can be against it. Browsers word that differently.
    const blocked = /unsafe-eval|content security policy|csp/i.test(String(error));
    throw blocked ? new WasmBlockedError({ cause: error }) : error;
  }
};
