'use client';
// The entry `presence-wasm/react`.

export * from './hooks.js';
export * from './playback-hooks.js';
