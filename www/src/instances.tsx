// All instances that the server knows of: people's pages, devices, gateway clients, the server itself.

import { useCallback, useDeferredValue, useMemo, useState, type KeyboardEvent } from 'react';
import { usePresence } from 'presence-wasm/react';
import { COLUMNS, useShownColumns } from './instance-columns.ts';
import { InstanceFilter } from './instance-filter.tsx';
import { ALL, find, type SortKey } from './instance-query.ts';
import { InstanceRow } from './instance-row.tsx';
import { useLostAt } from './lost-at.ts';
import { TryIt } from './try-it.tsx';
import type { Visit } from './visit.ts';

export function Instances({ visit }: { visit: Visit }) {
  const { entries, truncated } = usePresence();
  const [query, setQuery] = useState(ALL);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const now = visit.client.serverNow;
  const lostAt = useLostAt(now);
  const shown = useShownColumns();
  // Whoever types is not kept waiting by two hundred rows.
  const asked = useDeferredValue(query);
  const found = useMemo(() => find(entries, asked, lostAt), [entries, asked, lostAt]);

  const sort = (by: SortKey) => setQuery({ ...query, by, reversed: by === query.by && !query.reversed });
  const toggle = useCallback((id: string) => setOpened((before) => toggled(before, id)), []);

  return (
    <section className="instances" aria-labelledby="instances-title">
      <header>
        <h1 id="instances-title">Instances</h1>
        <p className="count" role="status" data-testid="instance-count">
          {countWords(found.length, entries.length)}
        </p>
      </header>
      <InstanceFilter entries={entries} query={query} shown={shown} onChange={setQuery} />
      {found.length > 0 && (
        <table>
          <thead>
            <tr>
              <th scope="col" className="instance-state">
                State
              </th>
              {COLUMNS.filter(({ by }) => shown.includes(by)).map(({ by, name }) => (
                <th
                  key={by}
                  scope="col"
                  className={`instance-${by}`}
                  aria-sort={by !== query.by ? undefined : query.reversed ? 'descending' : 'ascending'}
                >
                  <button type="button" onClick={() => sort(by)}>
                    {name}
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody onKeyDown={walk}>
            {found.map((entry) => (
              <InstanceRow
                key={entry.id}
                entry={entry}
                now={now}
                lostAt={lostAt}
                open={opened.has(entry.id)}
                shown={shown}
                onToggle={toggle}
              />
            ))}
          </tbody>
        </table>
      )}
      {entries.length === 0 && <p className="note">Instances show up here as soon as the server answers.</p>}
      {entries.length > 0 && found.length === 0 && (
        <p className="note">
          Nothing here matches.{' '}
          <button type="button" onClick={() => setQuery({ ...query, text: '', mode: '' })}>
            Show all {entries.length}
          </button>
        </p>
      )}
      {truncated && <p className="note">There are more; the server lists no longer than this.</p>}
      <TryIt />
    </section>
  );
}

function countWords(found: number, all: number): string {
  if (found !== all) return `${found} of ${all}`;
  return all === 1 ? '1 instance' : `${all} instances`;
}

function toggled(before: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const after = new Set(before);
  if (!after.delete(id)) after.add(id);
  return after;
}

/** Arrow keys, Home and End go from row to row. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>('button[aria-expanded]')];
  const at = rows.findIndex((row) => row === event.target);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  rows[to]?.focus();
}
