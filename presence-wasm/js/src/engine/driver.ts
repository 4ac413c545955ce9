// Keeps one engine running: loads the first, replaces one that trapped, gives up when they trap
// too often. Nothing here knows what an engine is told or what it says.

import { EngineError } from '../errors.js';
import { RETRY, START, STOP, type EngineUpdate, type Millis } from '../types.gen.js';
import { browser, type Browser, type HeldLock } from './browser.js';
import type { Engine, LoadEngine } from './contract.js';

/** Where to connect, and what an engine is made of: see `MakeEngine`. */
export interface EngineOptions {
  readonly url: string;
  readonly info: string;
  readonly sessionId: string | undefined;
}

/** What the driver needs to be given. */
export interface DriverHost {
  options(): EngineOptions;
  openSocket(url: string): WebSocket;
  /** Hears in the server's words why it closed the line. */
  readonly closed: (reason: string) => void;
  /** Tells a new engine all that is wanted. */
  announce(engine: Engine): void;
  /** `moves` are the rows that the updates about cursors speak of. */
  taken(updates: readonly EngineUpdate[], moves: Float64Array): void;
  /** What to show while there is no engine that could say it. */
  show(state: 'connecting' | 'waiting' | 'stopped', more: { retryAt?: Millis; error?: Error }): void;
  failed(error: Error): void;
}

/** More traps than this within the window, and no engine follows. */
const TRAPS = 5;
const TRAP_WINDOW_MS = 60_000;
/** Before the first replacement; doubled for each trap in the window. */
const TRAP_DELAY_MS = 100;

/** Runs one engine at a time. */
export interface Driver {
  start(): void;
  /** Lets the engine say goodbye. It is kept for the next start. */
  stop(): void;
  retryNow(): void;
  /** Calls the engine, if there is one; throws nothing on, since whatever comes out of an engine ends it. */
  call<T>(act: (engine: Engine) => T): T | undefined;
}

/** Without a `load` it never runs. */
export function driverWith(load: LoadEngine | undefined, host: DriverHost): Driver {
  const lock: HeldLock = {};
  let isRunning = false;
  let engine: Engine | undefined;
  let hands: Browser | undefined;
  /** Counts engines and attempts at one: whatever an older one still does is ignored. */
  let generation = 0;
  /** A call of the engine is on the stack. */
  let isBusy = false;
  /** A message is told; and it brought something to take. */
  let isHearing = false;
  let hasNews = false;
  let trapsAt: Millis[] = [];
  /** Runs until the next engine is made. */
  let timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * As of a certain engine. A busy one is called once it is not: what is done for it may come back at
   * once, out of a socket that is not the browser's.
   */
  function call<T>(act: (engine: Engine) => T, of = generation): T | undefined {
    if (!engine || of !== generation) return undefined;
    if (isBusy) {
      queueMicrotask(() => call(act, of));
      return undefined;
    }
    isBusy = true;
    try {
      return act(engine);
    } catch (error) {
      replace(engine, error);
      return undefined;
    } finally {
      isBusy = false;
    }
  }

  async function make(): Promise<void> {
    forgetNext();
    const own = ++generation;
    host.show('connecting', {});
    try {
      const makeEngine = await load!(); // without one nothing was started
      if (own !== generation) return;
      const { url, info, sessionId } = host.options();
      const needs = {
        openSocket: () => host.openSocket(url),
        closed: host.closed,
        // Later: the engine is busy.
        wake: () => {
          if (isHearing) hasNews = true;
          else queueMicrotask(() => take(own));
        },
        call: (act: (engine: Engine) => void) => call(act, own),
        hear: (act: (engine: Engine) => void) => {
          isHearing = true;
          call(act, own);
          isHearing = false;
          if (hasNews) {
            hasNews = false;
            take(own);
          }
        },
      };
      const made = browser(needs, lock);
      const born = await makeEngine(info, sessionId, made);
      if (own !== generation) return born.free();
      engine = born;
      hands = made;
    } catch (error) {
      if (own === generation) giveUp(error as Error); // nothing here throws anything else
      return;
    }
    call((born) => {
      host.announce(born);
      born.tell(START, 0);
    });
    // It may have woken us before there was anything to take it from.
    take(own);
  }

  function take(of: number): void {
    const taken = call((engine) => [JSON.parse(engine.take()), new Float64Array(engine.moves().buffer)] as const, of);
    if (taken) host.taken(...taken);
  }

  function replace(wreck: Engine, reason: unknown): void {
    generation += 1;
    hands?.abandon();
    engine = hands = undefined;
    try {
      wreck.free();
    } catch {
      // It trapped in the middle of something it still holds. Its memory goes with the instance.
    }
    const error = new EngineError(`the presence engine failed: ${reason}`, { cause: reason });
    if (!isRunning) return host.failed(error);

    const now = Date.now();
    trapsAt = [...trapsAt.filter((at) => now - at < TRAP_WINDOW_MS), now];
    if (trapsAt.length > TRAPS) return giveUp(error);
    const delay = TRAP_DELAY_MS * 2 ** (trapsAt.length - 1);
    timer = setTimeout(make, delay);
    host.show('waiting', { retryAt: now + delay });
    host.failed(error);
  }

  function giveUp(error: Error): void {
    halt();
    host.show('stopped', { error });
    host.failed(error);
  }

  function halt(): void {
    isRunning = false;
    if (!engine) generation += 1;
    forgetNext();
  }

  function forgetNext(): void {
    clearTimeout(timer);
    timer = undefined;
  }

  function start(): void {
    if (isRunning || !load) return;
    isRunning = true;
    trapsAt = [];
    if (engine) call((engine) => engine.tell(START, 0));
    else void make();
  }

  return {
    call,
    start,
    stop() {
      if (!isRunning) return;
      halt();
      if (engine) call((engine) => engine.tell(STOP, 0));
      else host.show('stopped', {});
    },
    retryNow() {
      if (engine) call((engine) => engine.tell(RETRY, 0));
      else if (timer) void make();
      else start();
    },
  };
}
