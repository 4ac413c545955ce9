// What came last, by key, and no more than so much of it.

import { cell, type Store } from './store.js';

export class Recent<V> {
  readonly #map = new Map<string, V>();
  readonly #most: number;
  readonly #isHeld: (key: string) => boolean;
  readonly #count;

  /** What is held does not go, however old it is. */
  constructor(most: number, watched?: (on: boolean) => void, isHeld: (key: string) => boolean = () => false) {
    this.#most = most;
    this.#isHeld = isHeld;
    this.#count = cell(0, watched);
  }

  /** Counts changes: what is computed from this is computed anew after each. */
  get changes(): Store<number> {
    return this.#count;
  }

  get(key: string): V | undefined {
    return this.#map.get(key);
  }

  values(): V[] {
    return [...this.#map.values()];
  }

  put(key: string, value: V): void {
    // Deleted first: a key keeps the place that it had.
    this.#map.delete(key);
    this.#map.set(key, value);
    for (const oldest of this.#map.keys()) {
      if (this.#map.size <= this.#most) break;
      if (!this.#isHeld(oldest)) this.#map.delete(oldest);
    }
    this.#changed();
  }

  clear(): void {
    this.#map.clear();
    this.#changed();
  }

  #changed(): void {
    this.#count.set(this.#count.get() + 1);
  }
}
