// What the panel of watching together says. Pure; `words` of `<WatchTogether>` replaces any of it.

import type { DesyncReason } from './types.gen.js';
import type { ViewerState } from './viewers.js';

const REASONS: Readonly<Record<DesyncReason, string>> = {
  paused: 'paused',
  playing: 'playing on',
  stalled: 'loading',
  elsewhere: 'somewhere else',
};

const STATES: Readonly<Record<ViewerState, string>> = {
  controlling: 'controlling',
  synced: 'synced',
  desynced: 'desynced',
  silent: 'not answering',
};

export const WATCH_WORDS = {
  title: 'Watch together',
  start: 'Watch together',
  stop: 'Stop',
  apart: 'Everybody watches on their own.',
  controller: 'Controller:',
  nobody: 'nobody',
  you: 'you',
  request: 'Request control',
  withdraw: 'Take request back',
  release: 'Release control',
  asks: (name: string): string => `${name} asks for control.`,
  grant: (name: string): string => `Grant to ${name}`,
  synced: (count: number, of: number): string => `Viewers synced: ${count}/${of}`,
  viewer: (state: ViewerState, reason: DesyncReason | undefined): string =>
    reason ? `${STATES[state]} – ${REASONS[reason]}` : STATES[state],
  desynced: (reason: DesyncReason | undefined): string =>
    reason ? `You are out of sync: ${REASONS[reason]}.` : 'You are out of sync.',
  rejoin: 'Rejoin',
  blocked: 'The browser waits for a click before it plays.',
  unblock: 'Click to play',
};

/** Every word of the panel. */
export type WatchWords = Readonly<typeof WATCH_WORDS>;
