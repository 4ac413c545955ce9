// What is asked of the list of instances: words, a mode, and, where there is no room for columns, an order.

import { useId } from 'react';
import type { InstanceView } from 'presence-wasm';
import { COLUMNS } from './instance-columns.ts';
import { modesIn, type Query, type SortKey } from './instance-query.ts';

interface Props {
  readonly entries: readonly InstanceView[];
  readonly query: Query;
  /** The columns that there is room for: each sorts by itself. */
  readonly shown: readonly SortKey[];
  readonly onChange: (query: Query) => void;
}

export function InstanceFilter({ entries, query, shown, onChange }: Props) {
  const id = useId();
  return (
    <form className="instance-filter" role="search" aria-label="Instances" onSubmit={(event) => event.preventDefault()}>
      <p>
        <label htmlFor={`${id}-text`}>Filter</label>
        <input
          id={`${id}-text`}
          type="search"
          data-testid="instance-filter"
          placeholder="Name, host, address, id …"
          autoComplete="off"
          spellCheck={false}
          value={query.text}
          onChange={(event) => onChange({ ...query, text: event.target.value })}
        />
      </p>
      <p>
        <label htmlFor={`${id}-mode`}>Mode</label>
        <select
          id={`${id}-mode`}
          data-testid="instance-mode"
          value={query.mode}
          onChange={(event) => onChange({ ...query, mode: event.target.value })}
        >
          <option value="">All</option>
          {modesIn(entries, query.mode).map((mode) => (
            <option key={mode}>{mode}</option>
          ))}
        </select>
      </p>
      {shown.length < COLUMNS.length && (
        <p>
          <label htmlFor={`${id}-sort`}>Sort by</label>
          <select
            id={`${id}-sort`}
            data-testid="instance-sort"
            value={query.by}
            onChange={(event) => {
              const column = COLUMNS.find(({ by }) => by === event.target.value);
              if (column) onChange({ ...query, by: column.by, reversed: false });
            }}
          >
            {COLUMNS.map(({ by, name }) => (
              <option key={by} value={by}>
                {name}
              </option>
            ))}
          </select>
        </p>
      )}
    </form>
  );
}
