// Rows by key, as the engine tells them: what changed and what left. A row that did not change
// stays the same object, and so does the list of all of them.

import { keep } from './store.js';

/** What one change did to a table. */
export interface Change<V> {
  readonly joined: readonly V[];
  readonly left: readonly V[];
}

/** The list of nothing; one object, so that an empty list never is news. */
export const NONE: readonly never[] = Object.freeze([]);

export class Table<V extends object> {
  #rows = new Map<string, V>();
  #values: readonly V[] = NONE;
  readonly #key: (row: V) => string;
  readonly #order: ((a: V, b: V) => number) | undefined;

  /** Rows stand in `order`, or else as they came. */
  constructor(key: (row: V) => string, order?: (a: V, b: V) => number) {
    this.#key = key;
    this.#order = order;
  }

  /** All rows; the same list until one of them changes. */
  get values(): readonly V[] {
    return this.#values;
  }

  /** Takes over a change; with `whole`, what is not in `changed` is gone. */
  apply(whole: boolean, changed: readonly V[], left: readonly string[]): Change<V> {
    const before = this.#rows;
    const rows = new Map(whole ? [] : before);
    for (const row of changed) rows.set(this.#key(row), keepFrozen(before.get(this.#key(row)), row));
    for (const key of left) rows.delete(key);
    this.#rows = rows;
    const values = [...rows.values()];
    if (this.#order) values.sort(this.#order);
    this.#values = keep(this.#values, values.length === 0 ? NONE : Object.freeze(values));
    return { joined: missing(rows, before), left: missing(before, rows) };
  }

  clear(): void {
    this.apply(true, NONE, NONE);
  }
}

/** The row with its lists, frozen; or the one before, if it said the same. */
function keepFrozen<V extends object>(before: V | undefined, row: V): V {
  Object.values(row).forEach(Object.freeze);
  return keep(before, Object.freeze(row));
}

function missing<V>(rows: ReadonlyMap<string, V>, from: ReadonlyMap<string, V>): V[] {
  return [...rows].filter(([key]) => !from.has(key)).map(([, row]) => row);
}
