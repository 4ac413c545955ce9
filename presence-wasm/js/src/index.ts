// The public entry. Importing it does nothing.

import { clientWith, type Client } from './client.js';
import { loadEngine } from './engine/load.js';
import type { ClientOptions } from './options.js';

/** Makes a client. Synchronous and without effects, so it may stand at the top of a module, on a server too. */
export function createClient(options: ClientOptions = {}): Client {
  const isPage = typeof location !== 'undefined';
  return clientWith(isPage || options.webSocket ? loadEngine : undefined, options);
}

export type { Client, Connection, InstancesSnapshot } from './client.js';
export type { CursorMap, CursorPlace, Cursors, RemoteCursor } from './cursors.js';
export { EngineError, RefusedError, WasmBlockedError } from './errors.js';
export type { ClientOptions } from './options.js';
export type { OtherUser, UserView } from './people.js';
export { trackPointer } from './pointer.js';
export type { Privacy } from './privacy.js';
export type { Room, RoomStateView, RoomType } from './room.js';
export { shallow, type Equality, type Store } from './store.js';
export type {
  ConnectionState,
  ConnectionView,
  DesyncReason,
  Liveness,
  Millis,
  PlaybackAction,
  RefusalView,
  RoomState,
  SelfView,
  Status,
  TokenReason,
} from './types.gen.js';
export { typingInput, type TypingInput, type TypingInputProps } from './typing.js';
export type { InstanceView, MemberView } from './views.js';
export type { Broadcast, Person, PlaybackSaid, Selection, Timeline, Watch } from './watch.js';
