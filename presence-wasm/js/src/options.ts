// Where a client connects, and what it says of itself.

import type { EngineOptions } from './engine/driver.js';
import { guess } from './engine/platform.js';
import type { Privacy } from './privacy.js';
import type { TokenReason } from './types.gen.js';

/** Where to connect, and as what. Everything may be left out. */
export interface ClientOptions {
  /** The server's `/ws`; ws, wss, http, https or a path. Default: `/ws` of the page's own origin. */
  readonly url?: string | undefined;
  /** Says who the person is. Without one a development server makes a guest. */
  readonly token?: string | undefined;
  /**
   * Gets a token: before the first connection unless there is a `token`, when it ends soon (it is renewed unseen), and
   * when the server does not take it. Called once at a time; without an answer again after 30 s.
   */
  readonly getToken?: ((reason: TokenReason) => string | undefined | Promise<string | undefined>) | undefined;
  /** A name for this machine, shown in the list of who is here. */
  readonly host?: string | undefined;
  /** What kind of program this is. Default: `webchat`. */
  readonly mode?: string | undefined;
  /** The agent that the person talks to. */
  readonly agentId?: string | undefined;
  /** The app's version. */
  readonly version?: string | undefined;
  /** The app's name, as `kleoz-web`. */
  readonly clientId?: string | undefined;
  /** Shown in the list of who is here; guessed from the browser by default. */
  readonly platform?: string | undefined;
  readonly deviceFamily?: string | undefined;
  /**
   * What others see of this page's person from the start, unless something else was chosen in this tab by
   * `setPrivacy`. Default: everything.
   */
  readonly privacy?: Partial<Privacy> | undefined;
  /** Opens the socket. Default: `new WebSocket(url, protocols)`. */
  readonly webSocket?: ((url: string, protocols: string[]) => WebSocket) | undefined;
}

/** Read at each start of an engine, never earlier: there is no `location` where a server renders. */
export function engineOptions(options: ClientOptions, privacy: Privacy, sessionId: string | undefined): EngineOptions {
  const url = new URL(options.url ?? '/ws', globalThis.location?.href);
  url.protocol = url.protocol.replace('http', 'ws');
  return { url: url.href, info: infoOf(options, privacy), sessionId };
}

/** What a client says of itself: nobody may see for a moment what it hides. */
export function infoOf(options: ClientOptions, privacy: Privacy): string {
  const guessed = guess(globalThis.navigator?.userAgent ?? '');
  const { clientId, version, mode = 'webchat', agentId } = options;
  const { host = guessed.host, platform = guessed.platform, deviceFamily = guessed.deviceFamily } = options;
  return JSON.stringify({ clientId, host, version, platform, deviceFamily, mode, agentId, privacy });
}
