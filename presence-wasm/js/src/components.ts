'use client';
// The entry of ready-made components. Whoever makes their own needs only the hooks.

export { PresenceList, type PresenceListProps } from './presence-list.js';
export { StatusIndicator, type StatusIndicatorProps } from './status-indicator.js';
