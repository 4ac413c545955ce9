// How the page is built and served while it is worked on.

import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where a server runs that `vite dev` and `vite preview` pass sockets on to. */
const SERVER = 'http://127.0.0.1:3000';

const proxy = { '/ws': { target: SERVER, ws: true } };

export default defineConfig({
  plugins: [react()],
  // Absolute, because the server shows the page at every path that names no file.
  base: '/',
  server: { proxy },
  preview: { proxy },
  build: {
    target: 'es2022',
    // No data: URLs, no inline script: the page runs under a strict content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
