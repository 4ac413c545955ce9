// Values that change and tell so. Snapshots are frozen, the same reference means no news, and a
// listener hears of any number of changes once per microtask. Knows nothing of presence.

import { Listeners } from './listeners.js';

/** A value that changes. Fits React's `useSyncExternalStore` as it is. */
export interface Store<T> {
  /** The value now: frozen, and the same object until something in it changes. */
  readonly get: () => T;
  /** Calls `listener` after changes, at most once per microtask; gives back how to stop. */
  readonly subscribe: (listener: (value: T) => void) => () => void;
  /** The value before anything happened, which is what a server renders. */
  readonly initial: T;
}

/** Whether two values count as the same, so that nobody needs to hear of the second. */
export type Equality<T> = (a: T, b: T) => boolean;

/** A store that can be written. */
export interface Cell<T> extends Store<T> {
  readonly set: (value: T) => void;
}

/** The tellers that are due at the end of this task; undefined while nobody is. */
let due: Set<() => void> | undefined;

function tellSoon(teller: () => void): void {
  if (!due) {
    due = new Set();
    queueMicrotask(() => {
      const tellers = due;
      due = undefined;
      tellers?.forEach((tell) => tell());
    });
  }
  due.add(teller);
}

/** A store that starts with `initial`. `watched` is called when the first listener comes and the last goes. */
export function cell<T>(initial: T, watched?: (on: boolean) => void): Cell<T> {
  const listeners = new Listeners<T>(watched);
  let value = initial;
  let told = initial;
  const tell = (): void => {
    if (value !== told) listeners.tell((told = value));
  };
  return {
    initial,
    get: () => value,
    subscribe: listeners.add,
    set: (next) => {
      value = next;
      if (value !== told) tellSoon(tell);
    },
  };
}

/**
 * A store computed from another, only when asked and only once per value of the other.
 * `compute` may give `before` back, to say that nothing changed for its readers.
 */
export function derive<S, T>(source: Store<S>, compute: (value: S, before: T | undefined) => T): Store<T> {
  const initial = compute(source.initial, undefined);
  let seen = source.initial;
  let value = initial;
  const get = (): T => {
    const now = source.get();
    if (now !== seen) {
      seen = now;
      value = compute(now, value);
    }
    return value;
  };
  const subscribe = (listener: (value: T) => void): (() => void) => {
    let told = get();
    return source.subscribe(() => {
      if (get() !== told) listener((told = get()));
    });
  };
  return { initial, get, subscribe };
}

/** What a reader showed last. */
export interface Shown<S> {
  current: { readonly value: S } | null;
}

/**
 * Reads part of a store so that equal results stay the same object, also when `select` is a new
 * function every time: `shown` remembers across them. For `useSyncExternalStore`.
 */
export function slice<T, S>(
  store: Store<T>,
  select: ((value: T) => S) | undefined,
  isEqual: Equality<S>,
  shown: Shown<S>,
): { readonly now: () => S; readonly first: () => S } {
  const remember = (read: () => T): (() => S) => {
    let last: { readonly from: T; readonly value: S } | undefined;
    return () => {
      const from = read();
      if (last && last.from === from) return last.value;
      const value = select ? select(from) : (from as unknown as S); // without a selector S is T
      const before = last ?? shown.current;
      last = { from, value: before && isEqual(before.value, value) ? before.value : value };
      return last.value;
    };
  };
  return { now: remember(store.get), first: remember(() => store.initial) };
}

/** Equality of arrays and plain objects by their entries; of anything else by identity. */
export function shallow<T>(a: T, b: T): boolean {
  return entriesEqual(a, b, Object.is);
}

/** `next`, or `before` itself where both say the same down to lists in their fields. */
export function keep<T>(before: T | undefined, next: T): T {
  return before !== undefined && entriesEqual(before, next, shallow) ? before : next;
}

/** The same of what may be written, down to its last piece, and frozen. */
export function share<T>(before: T | undefined, next: T): T {
  if (!isPlain(next)) return next;
  for (const key in next) (next as Record<string, unknown>)[key] = share((before as typeof next)?.[key], next[key]);
  return keep(before, Object.freeze(next));
}

function entriesEqual(a: unknown, b: unknown, isEqual: Equality<unknown>): boolean {
  if (Object.is(a, b)) return true;
  if (!isPlain(a) || !isPlain(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key], b[key]))
  );
}

const PLAIN: readonly unknown[] = [Object.prototype, Array.prototype, null];

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && PLAIN.includes(Object.getPrototypeOf(value));
}
