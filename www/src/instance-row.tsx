// One instance: a row, and all that is known of it in a second one when it is opened.

import { memo, useId } from 'react';
import type { InstanceView } from 'presence-wasm';
import { AgeText } from './age-text.tsx';
import { freshness, seenAt, type Freshness } from './freshness.ts';
import type { SortKey } from './instance-query.ts';
import { aboutOf, fieldsOf, titleOf } from './instance-words.ts';
import { StatusMark } from './status.tsx';
import { useTicking } from './ticker.ts';

interface Props {
  readonly entry: InstanceView;
  readonly now: () => number;
  readonly lostAt: number | null;
  readonly open: boolean;
  /** The columns that there is room for. */
  readonly shown: readonly SortKey[];
  readonly onToggle: (id: string) => void;
}

const WORDS: Record<Freshness, string> = { active: 'Active', idle: 'Idle', stale: 'Stale' };

export const InstanceRow = memo(function InstanceRow({ entry, now, lostAt, open, shown, onToggle }: Props) {
  const details = useId();
  const seen = seenAt(entry, lostAt);
  const fresh = useTicking(() => freshness(now(), seen ?? now())) as Freshness;
  return (
    <>
      <tr
        className="instance"
        data-testid="instance-row"
        data-id={entry.instanceId}
        data-mode={entry.mode}
        data-fresh={fresh}
        data-own={entry.own}
      >
        <td className="instance-state">
          <span className="status">
            <StatusMark status={fresh === 'stale' ? 'offline' : fresh} liveness="connected" />
            {WORDS[fresh]}
          </span>
        </td>
        <th scope="row" className="instance-name">
          <span className="person-name">
            <button type="button" aria-expanded={open} aria-controls={details} onClick={() => onToggle(entry.id)}>
              {titleOf(entry)}
            </button>
            {entry.own && <span className="badge badge-own">you</span>}
            {entry.sessions.length > 1 && <span className="badge">{entry.sessions.length} tabs</span>}
          </span>
          <span className="about">{aboutOf(entry)}</span>
        </th>
        {shown.includes('mode') && <td className="instance-mode">{entry.mode}</td>}
        {shown.includes('input') && (
          <td className="instance-input">
            {entry.lastInputAt === undefined ? (
              <span className="soft">unknown</span>
            ) : (
              <AgeText at={entry.lastInputAt} now={now} />
            )}
          </td>
        )}
        <td className="instance-seen">
          <AgeText at={seen} now={now} />
        </td>
      </tr>
      {open && (
        <tr className="instance-more" id={details} data-testid="instance-details">
          <td colSpan={shown.length + 1}>
            <dl>
              {fieldsOf(entry).map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
            </dl>
          </td>
        </tr>
      )}
    </>
  );
});
