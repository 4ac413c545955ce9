'use client';
// The list of who is here, as kleoz' page shows it: what each does, on which machine, with what.

import { memo, type ReactElement, type ReactNode } from 'react';

import { usePresence } from './react.js';
import { StatusIndicator } from './status-indicator.js';
import type { InstanceView } from './views.js';

export interface PresenceListProps {
  /** Which entries to show. Default: all of them, the server's own too. */
  readonly filter?: ((entry: InstanceView) => boolean) | undefined;
  /** What to show of an entry, inside of its `<li>`. Default: status, host, device and mode. */
  readonly renderItem?: ((entry: InstanceView) => ReactNode) | undefined;
  /** The list's name, which is read out. Default: "Who is here". */
  readonly label?: string | undefined;
  /** What is shown where nobody is. Default: "Nobody is here". */
  readonly empty?: ReactNode;
}

/** Who is here, live. Without a stylesheet it is a plain list; `presence-wasm/components.css` sets it in columns. */
export function PresenceList(props: PresenceListProps): ReactElement {
  const { filter, renderItem, label = 'Who is here', empty = 'Nobody is here' } = props;
  const entries = usePresence((snapshot) => (filter ? snapshot.entries.filter(filter) : snapshot.entries));
  if (entries.length === 0) return <p className="presence-empty">{empty}</p>;
  return (
    // Safari takes a list without bullets for none, unless it is called one.
    <ul className="presence-list" role="list" aria-label={label}>
      {entries.map((entry) => (
        <li key={entry.id} className="presence-item" data-own={entry.own} data-liveness={entry.liveness}>
          {renderItem ? renderItem(entry) : <PresenceItem entry={entry} />}
        </li>
      ))}
    </ul>
  );
}

/** The spaces between are for who has no stylesheet, and for who has it read out. */
const PresenceItem = memo(function PresenceItem({ entry }: { readonly entry: InstanceView }): ReactElement {
  const { status, liveness, host, name, deviceFamily, mode } = entry;
  return (
    <>
      <StatusIndicator status={status} liveness={liveness} /> <span className="host">{host || name}</span>{' '}
      <span className="device">{deviceFamily}</span> <span className="mode">{mode}</span>
    </>
  );
});
