// Who wants to hear of something, and being heard by all of them.

export class Listeners<T> {
  readonly #entries = new Set<{ readonly hear: (value: T) => void }>();
  readonly #watched: ((on: boolean) => void) | undefined;

  /** `watched` is called when the first listener comes and when the last goes. */
  constructor(watched?: (on: boolean) => void) {
    this.#watched = watched;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Adds a listener; gives back how it goes. One function added twice is heard twice. */
  readonly add = (hear: (value: T) => void): (() => void) => {
    const entry = { hear };
    this.#entries.add(entry);
    if (this.#entries.size === 1) this.#watched?.(true);
    return () => {
      if (this.#entries.delete(entry) && this.isEmpty) this.#watched?.(false);
    };
  };

  /** Calls each listener; one that throws is reported and keeps no other from hearing. */
  tell(value: T): void {
    for (const { hear } of [...this.#entries]) {
      try {
        hear(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
