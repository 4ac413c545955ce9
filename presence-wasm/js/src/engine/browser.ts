// What the browser does for one engine: a socket, a timer, storage, a lock, the page's events. It does
// what it is told and tells what happened; all decisions are the engine's.

import { listen } from '../events.js';
import {
  BROUGHT_BACK,
  CLOSED,
  DUE,
  LOCKED,
  LOOKED,
  ONLINE,
  OPENED,
  PUT_AWAY,
  TOUCHED,
} from '../types.gen.js';
import type { Engine, EngineHost } from './contract.js';

/** Close code 4801 of the protocol: the server keeps the session for the engine that follows. */
const ENGINE_REPLACED = 4801;

/** What one engine's browser needs to be given. */
export interface BrowserNeeds {
  openSocket(): WebSocket;
  /** Hears in the server's words why it closed the line, before the engine hears of it. */
  closed(reason: string): void;
  wake(): void;
  /** Calls the engine: now, or soon if it is busy, or not at all if it was replaced. */
  call(act: (engine: Engine) => void): void;
  /** The same, and takes at once what comes of it. Not from within the app's own calls. */
  hear(act: (engine: Engine) => void): void;
}

/** The lock that a page holds. The engine after one that failed goes on with its session, so it has its lock, too. */
export interface HeldLock {
  end?: () => void;
}

type Tell = (signal: number, detail?: number | boolean) => void;

export interface Browser extends EngineHost {
  /** Takes everything from an engine that failed, except for its lock. */
  abandon(): void;
}

export function browser({ openSocket, closed, wake, call, hear }: BrowserNeeds, held: HeldLock): Browser {
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let unwatch: (() => void) | undefined;
  let isAbandoned = false;

  const tell: Tell = (signal, detail = 0) => call((engine) => engine.tell(signal, +detail));

  const host: Browser = {
    wake,

    openSocket() {
      socket = undefined;
      return !!attempt(() => {
        if (isAbandoned) return false;
        const line = openSocket();
        line.binaryType = 'arraybuffer';
        // Asked when the engine is told, not before: it may have closed the line while this was put off.
        const onLine = (act: (engine: Engine) => void): void => call((engine) => line === socket && act(engine));
        listen(line, {
          open: () => onLine((engine) => engine.tell(OPENED, 0)),
          message: ({ data }: MessageEvent) => {
            if (typeof data !== 'string') hear((engine) => line === socket && engine.said(new Uint8Array(data)));
          },
          close: ({ code, reason }: CloseEvent) =>
            onLine((engine) => {
              closed(reason);
              engine.tell(CLOSED, code);
            }),
          // Node's `ws` throws an error that nobody hears, also one that comes of closing it.
          error: () => {},
        });
        socket = line;
        return true;
      });
    },

    send: (message) => void attempt(() => socket?.send(message.slice())),

    closeSocket(code) {
      const line = socket;
      socket = undefined;
      attempt(() => line?.close(code));
    },

    setTimer(ms) {
      clearTimeout(timer);
      if (ms >= 0) timer = setTimeout(() => tell(DUE), ms);
    },

    wallClock: () => Date.now(),
    monotonicClock: () => (globalThis.performance ?? Date).now(),
    // Not `randomUUID`, which only secure contexts have.
    random: () => crypto.getRandomValues(new Uint32Array(1))[0]!, // has one element

    read: (lasting, key) => attempt(() => storage(lasting).getItem(key)) ?? undefined,

    write(lasting, key, value) {
      attempt(() => (value === undefined ? storage(lasting).removeItem(key) : storage(lasting).setItem(key, value)));
    },

    canLock: () => !!globalThis.navigator?.locks,

    lock(name) {
      const answer = (lock: Lock | null): Promise<void> | undefined => {
        // Its engine is gone, and the next one asks for itself.
        if (isAbandoned) return undefined;
        // Before the engine hears of it, since it may end it at once.
        const ended = lock ? new Promise<void>((resolve) => (held.end = resolve)) : undefined;
        tell(LOCKED, !!lock);
        return ended;
      };
      // A frame without an origin of its own may not ask: it goes on without. Later failures only tell that the
      // page is going away, and no answer is awaited any more.
      const failed = (): void => tell(LOCKED, true);
      attempt(() => navigator.locks.request(name, { ifAvailable: true }, answer).catch(failed));
    },

    unlock: () => held.end?.(),

    watch(on) {
      unwatch?.();
      unwatch = on ? attempt(() => watchPage(tell)) : undefined;
    },

    abandon() {
      isAbandoned = true;
      host.closeSocket(ENGINE_REPLACED);
      host.setTimer(-1);
      host.watch(false);
    },
  };
  return host;
}

/** Throws where there is no page. */
function watchPage(tell: Tell): () => void {
  const touched = (): void => tell(TOUCHED);
  const looked = (): void => tell(LOOKED, document.visibilityState === 'hidden');
  const onPage = {
    pointerdown: touched,
    pointermove: touched,
    keydown: touched,
    wheel: touched,
    touchstart: touched,
    online: () => tell(ONLINE),
    pagehide: ({ persisted }: PageTransitionEvent) => tell(PUT_AWAY, persisted),
    pageshow: ({ persisted }: PageTransitionEvent) => tell(BROUGHT_BACK, persisted),
  };
  // The document first: without one, nothing is listened to.
  const ends = [listen(document, { visibilitychange: looked, resume: looked }, true), listen(globalThis, onPage, true)];
  // A page that was opened behind another tells nothing of it.
  if (document.visibilityState === 'hidden') looked();
  return () => ends.forEach((end) => end());
}

/** Its kind may be missing, or the page be forbidden to ask for it: then this throws. */
function storage(lasting: boolean): Storage {
  return lasting ? localStorage : sessionStorage;
}

/** Where the browser throws, the engine is told nothing: it expects no more of it than that. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
