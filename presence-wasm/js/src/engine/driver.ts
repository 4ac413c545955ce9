// Keeps one engine running: loads the first, replaces one that trapped, gives up when they trap
// too often. Nothing here knows what an engine is told or what it says.

import { EngineError } from '../errors.js';
import type { EngineUpdate, Millis } from '../types.gen.js';
import type { Engine, EngineHost, EngineOptions, LoadEngine } from './contract.js';

/** What the driver needs to be given. */
export interface DriverHost {
  options(): EngineOptions;
  openSocket(url: string, protocols: string[]): WebSocket;
  /** Tells a new engine all that is wanted. */
  readonly announce: (engine: Engine) => void;
  taken(updates: readonly EngineUpdate[]): void;
  /** What to show while there is no engine that could say it. */
  show(state: 'connecting' | 'waiting' | 'stopped', more: { retryAt?: Millis; error?: Error }): void;
  failed(error: Error): void;
}

/** More traps than this within the window, and no engine follows. */
const TRAPS = 5;
const TRAP_WINDOW_MS = 60_000;
/** Before the first replacement; doubled for each trap in the window. */
const TRAP_DELAY_MS = 100;

/** Close code 4801 of the protocol: the server keeps the session for the engine that follows. */
const ENGINE_REPLACED = 4801;

export class Driver {
  readonly #load: LoadEngine | undefined;
  readonly #host: DriverHost;
  #running = false;
  #engine: Engine | undefined;
  /** Counts engines and attempts at one: whatever an older one still does is ignored. */
  #generation = 0;
  #socket: WebSocket | undefined;
  #waking = false;
  #trapsAt: Millis[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Without a `load` it never runs. */
  constructor(load: LoadEngine | undefined, host: DriverHost) {
    this.#load = load;
    this.#host = host;
  }

  start(): void {
    if (this.#running || !this.#load) return;
    this.#running = true;
    this.#trapsAt = [];
    globalThis.addEventListener?.('error', this.#onPageError);
    if (this.#engine) this.call((engine) => engine.start());
    else void this.#make(this.#load);
  }

  /** Lets the engine say goodbye. It is kept for the next start. */
  stop(): void {
    if (!this.#running) return;
    this.#halt();
    if (this.#engine) this.call((engine) => engine.stop());
    else this.#host.show('stopped', {});
  }

  retryNow(): void {
    if (this.#engine) this.call((engine) => engine.retryNow());
    else if (this.#timer !== undefined) this.#makeNext();
    else this.start();
  }

  /**
   * Calls into the engine, if there is one; throws nothing on. What the engine throws ends it, unless
   * the call may be refused by an error that names what is wrong with it: then that is told.
   */
  call<T>(act: (engine: Engine) => T, refusable = false): T | undefined {
    const engine = this.#engine;
    // A panic tells of itself before it is thrown, and counts once.
    const generation = this.#generation;
    try {
      return engine && act(engine);
    } catch (error) {
      if (refusable && !isTrap(error)) this.#host.failed(asError(error));
      else this.#trapped(generation, error);
      return undefined;
    }
  }

  async #make(load: LoadEngine): Promise<void> {
    const generation = ++this.#generation;
    this.#host.show('connecting', {});
    try {
      const make = await load();
      if (generation !== this.#generation) return;
      const engine = await make(this.#host.options(), this.#engineHost(generation));
      if (generation !== this.#generation) return engine.free();
      this.#engine = engine;
    } catch (error) {
      if (generation === this.#generation) this.#giveUp(asError(error));
      return;
    }
    this.call(this.#host.announce);
    this.call((engine) => engine.start());
    // It may have woken us before there was anything to take it from.
    this.#take();
  }

  #engineHost(generation: number): EngineHost {
    return {
      // Taking at once could call the engine from within one of its own calls.
      wake: () => {
        if (this.#waking || generation !== this.#generation) return;
        this.#waking = true;
        queueMicrotask(() => {
          this.#waking = false;
          this.#take();
        });
      },
      openSocket: (url, protocols) => {
        if (generation !== this.#generation) throw new EngineError('this engine was replaced');
        return (this.#socket = this.#host.openSocket(url, protocols));
      },
      trapped: (message) => this.#trapped(generation, message),
    };
  }

  #take(): void {
    const updates = this.call((engine) => engine.take());
    if (updates) this.#host.taken(updates);
  }

  /** A trap inside an event handler surfaces here. It may be another module's, so ours is asked. */
  readonly #onPageError = (event: Event): void => {
    if (typeof WebAssembly === 'undefined') return;
    if ((event as Partial<ErrorEvent>).error instanceof WebAssembly.RuntimeError) this.#take();
  };

  #trapped(generation: number, reason: unknown): void {
    if (generation !== this.#generation) return;
    this.#generation += 1;
    const wreck = this.#engine;
    const socket = this.#socket;
    this.#engine = this.#socket = undefined;
    // Later, because the wreck may still be on the stack.
    queueMicrotask(() => clear(wreck, socket));
    const error = new EngineError(`the presence engine failed: ${reason}`, { cause: reason });
    if (!this.#running) return this.#host.failed(error);

    const now = Date.now();
    this.#trapsAt = [...this.#trapsAt.filter((at) => now - at < TRAP_WINDOW_MS), now];
    if (this.#trapsAt.length > TRAPS) return this.#giveUp(error);
    const delay = TRAP_DELAY_MS * 2 ** (this.#trapsAt.length - 1);
    this.#timer = setTimeout(() => this.#makeNext(), delay);
    this.#host.show('waiting', { retryAt: now + delay });
    this.#host.failed(error);
  }

  #makeNext(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#load) void this.#make(this.#load);
  }

  #giveUp(error: Error): void {
    this.#halt();
    this.#host.show('stopped', { error });
    this.#host.failed(error);
  }

  #halt(): void {
    this.#running = false;
    if (!this.#engine) this.#generation += 1;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    globalThis.removeEventListener?.('error', this.#onPageError);
  }
}

/** Takes from a trapped engine what could still call into it, as far as that can be had. */
function clear(wreck: Engine | undefined, socket: WebSocket | undefined): void {
  if (socket) {
    socket.onopen = socket.onmessage = socket.onerror = socket.onclose = null;
    socket.close(ENGINE_REPLACED, 'engine replaced');
  }
  try {
    wreck?.free();
  } catch {
    // It trapped in the middle of something it still holds. Its memory goes with the instance.
  }
}

/** A stack that overflowed is told as a RangeError. */
function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError || error instanceof RangeError;
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new EngineError(String(thrown));
}
