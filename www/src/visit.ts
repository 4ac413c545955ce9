// One stay on the page: who came, into which room, and the client that speaks for them.

import { createClient, type Client } from 'presence-wasm';
import { forgetInside, nameInside, rememberName } from './names.ts';

export interface Visit {
  readonly client: Client;
  readonly roomId: string;
}

declare global {
  interface Window {
    /** The client, for the console and for tests. */
    presence?: Client;
  }
}

/** The visit that needs no gate: `?name=` says who, or the tab was inside and is reloaded. */
export function visitOnLoad(): Visit | null {
  const name = parameter('name') ?? nameInside();
  return name === null ? null : open(name);
}

/** Comes in through the gate. */
export function enter(name: string): Visit {
  rememberName(name);
  return open(name);
}

export function leave(visit: Visit): void {
  visit.client.stop();
  delete window.presence;
  forgetInside();
}

/** This page for somebody else, in the same room: it skips the gate and remembers nothing. */
export function linkFor(name: string, roomId: string): string {
  return `?${new URLSearchParams({ name, room: roomId })}`;
}

function open(name: string): Visit {
  // A server without keys takes any token as the name; with keys it takes signed ones only.
  const client = createClient({ token: name, mode: 'ui' });
  window.presence = client;
  return { client, roomId: parameter('room') ?? 'lobby' };
}

function parameter(name: string): string | null {
  return new URLSearchParams(location.search).get(name)?.trim() || null;
}
