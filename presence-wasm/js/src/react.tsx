'use client';
// The entry `presence-wasm/react`.

export * from './agent-hooks.js';
export * from './hooks.js';
export * from './message-hooks.js';
export * from './playback-hooks.js';
