// A small fleet of agents that run in this page, and report as any agent does: over HTTP.

import { ROLES, session, type Deed } from './fleet-script.ts';
import { fleetName } from './names.ts';
import { say, Unanswered } from './say.ts';

/** How long to wait until a server that does not answer is asked again. */
const AGAIN_MS = 2_000;

export interface Fleet {
  readonly stop: () => void;
}

/** Starts the fleet. `ended` hears if it ends by itself, and why: the page goes, or what it says is not taken. */
export function startFleet(ended: (why: Error | null) => void): Fleet {
  const name = fleetName();
  const agents = Object.keys(ROLES).map((role) => new Worker(`${role}-${name}`, role, end));
  let isOver = false;

  function end(why: Error | null): void {
    if (isOver) return;
    stop();
    ended(why);
  }

  function stop(): void {
    isOver = true;
    window.removeEventListener('pagehide', goes);
    for (const agent of agents) agent.stop();
  }

  const goes = () => end(null);
  window.addEventListener('pagehide', goes);
  return { stop };
}

class Worker {
  readonly #path: string;
  readonly #session = crypto.randomUUID?.() ?? Math.random().toString(36).slice(2);
  readonly #turns;
  readonly #failed: (error: Error) => void;
  #count = 0;
  #timer: number | undefined;
  #isOver = false;

  constructor(id: string, role: string, failed: (error: Error) => void) {
    this.#path = `/api/agents/${id}/events`;
    this.#turns = session(role, Math.random);
    this.#failed = failed;
    // Nobody starts at the same moment.
    this.#timer = window.setTimeout(() => void this.#work(), Math.random() * 800);
  }

  stop(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    window.clearTimeout(this.#timer);
    // It is sent although the page goes. That it cannot be is told by the work, or nobody is left to be told.
    this.#say({ type: 'session_end' }, { keepalive: true }).catch(() => undefined);
  }

  async #work(): Promise<void> {
    const { deed, takes } = this.#turns.next().value;
    this.#count += 1;
    await this.#report(deed, takes);
  }

  /** What nobody answered is said again; its key has it counted once, should it have come through. */
  async #report(deed: Deed, takes: number): Promise<void> {
    let next = (): Promise<void> => this.#work();
    try {
      await this.#say({ ...deed, idempotency_key: `${this.#session}#${this.#count}` });
    } catch (error) {
      if (!(error instanceof Unanswered)) return this.#failed(error as Error);
      next = () => this.#report(deed, takes);
      takes = Math.max(takes, AGAIN_MS);
    }
    if (!this.#isOver) this.#timer = window.setTimeout(() => void next(), takes);
  }

  #say(deed: object, options?: RequestInit): Promise<unknown> {
    return say(this.#path, { ...deed, session_id: this.#session }, options);
  }
}
