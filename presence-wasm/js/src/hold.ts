// Something that stays up while anybody holds it. React mounts, unmounts and mounts again within
// one task (StrictMode, a changed key): whoever lets go last is believed only after a while.

export class Hold {
  #holders = 0;
  #up = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #graceMs: number;
  readonly #raise: () => void;
  readonly #lower: () => void;

  constructor(graceMs: number, raise: () => void, lower: () => void) {
    this.#graceMs = graceMs;
    this.#raise = raise;
    this.#lower = lower;
  }

  get isUp(): boolean {
    return this.#up;
  }

  /** Holds it up until the function given back is called; calling that twice does no harm. */
  take(): () => void {
    let holding = true;
    this.#holders += 1;
    clearTimeout(this.#timer);
    if (!this.#up) {
      this.#up = true;
      this.#raise();
    }
    return () => {
      if (!holding) return;
      holding = false;
      this.#holders -= 1;
      if (this.#holders === 0) this.#timer = setTimeout(() => this.drop(), this.#graceMs);
    };
  }

  /** Lets it down at once, whoever holds it; the next to take it raises it again. */
  drop(): void {
    clearTimeout(this.#timer);
    if (!this.#up) return;
    this.#up = false;
    this.#lower();
  }
}

/** Holds something up while there are listeners. */
export function whileWatched(hold: Hold): (on: boolean) => void {
  let release: (() => void) | undefined;
  return (on) => {
    if (on) release = hold.take();
    else release?.();
  };
}
