// Which instances are shown, and in which order. Pure.

import type { InstanceView } from 'presence-wasm';
import { seenAt } from './freshness.ts';
import { hostOf, titleOf } from './instance-words.ts';

export type SortKey = 'name' | 'mode' | 'input' | 'seen';

export interface Query {
  /** Words that all have to occur somewhere in an entry. */
  readonly text: string;
  /** Empty: all modes. */
  readonly mode: string;
  readonly by: SortKey;
  readonly reversed: boolean;
}

export const ALL: Query = { text: '', mode: '', by: 'name', reversed: false };

export function find(entries: readonly InstanceView[], query: Query, lostAt: number | null): readonly InstanceView[] {
  const words = query.text.toLowerCase().split(/\s+/);
  return entries
    .filter((entry) => query.mode === '' || entry.mode === query.mode)
    .filter((entry) => words.every((word) => textOf(entry).includes(word)))
    .sort((a, b) => compare(a, b, query, lostAt));
}

/** The modes there are, and the one that is asked for, which must not vanish from the choice with its last entry. */
export function modesIn(entries: readonly InstanceView[], asked: string): readonly string[] {
  const modes = new Set(entries.flatMap(({ mode }) => mode ?? []));
  if (asked !== '') modes.add(asked);
  return [...modes].sort();
}

/** Entries do not change: what was read of one is good as long as it is there. */
const texts = new WeakMap<InstanceView, string>();

function textOf(entry: InstanceView): string {
  let text = texts.get(entry);
  if (text === undefined) {
    const said = Object.values(entry).filter((value) => typeof value === 'string' || Array.isArray(value));
    texts.set(entry, (text = said.flat().join('\n').toLowerCase()));
  }
  return text;
}

/** What has no value stands last, whichever way the others stand; what is equal stands by name. */
function compare(a: InstanceView, b: InstanceView, { by, reversed }: Query, lostAt: number | null): number {
  const [x, y] = [key(a, by, lostAt), key(b, by, lostAt)];
  const byName = titleOf(a).localeCompare(titleOf(b)) || hostOf(a).localeCompare(hostOf(b)) || (a.id < b.id ? -1 : 1);
  if (x === y) return byName;
  if (x === undefined || y === undefined) return x === undefined ? 1 : -1;
  const order = typeof x === 'string' ? x.localeCompare(`${y}`) : Number(x) - Number(y);
  return (reversed ? -order : order) || byName;
}

/** Times count backwards: what was a moment ago has the smallest age, and comes first. */
function key(entry: InstanceView, by: SortKey, lostAt: number | null): string | number | undefined {
  switch (by) {
    case 'name':
      return titleOf(entry);
    case 'mode':
      return entry.mode;
    case 'input':
      return entry.lastInputAt === undefined ? undefined : -entry.lastInputAt;
    case 'seen':
      return -(seenAt(entry, lostAt) ?? Infinity);
  }
}
