// The one place that fetches the engine. Importing the package does nothing; this does, when called.

import type { LoadEngine } from './contract.js';

export const loadEngine: LoadEngine = async () => (await import('./boot.js')).boot();
