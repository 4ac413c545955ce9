// One row of the list of who is here.

import { memo } from 'react';
import type { InstanceView } from 'presence-wasm';
import { Face } from 'presence-wasm/components';
import { AgeText } from './age-text.tsx';
import { seenAt } from './freshness.ts';
import { StatusMark, statusWords } from './status.tsx';

interface Props {
  readonly entry: InstanceView;
  /** The user's colour in the room, if they are in it. */
  readonly color: string | undefined;
  /** What they wrote beside their status there. */
  readonly message: string | undefined;
  /** The server's clock: every time in an entry is by it. */
  readonly now: () => number;
  /** When our own line was lost: since then nobody was seen. Null while it is up. */
  readonly lostAt: number | null;
}

/** What kind of program an entry is, for people. Other kinds are shown as they are written. */
const MODES: ReadonlyMap<string | undefined, string> = new Map([
  ['ui', 'app'],
  ['webchat', 'web chat'],
  ['node', 'device'],
  ['gateway', 'server'],
]);

export const Person = memo(function Person({ entry, color, message, now, lostAt }: Props) {
  const name = entry.name || entry.host || entry.instanceId;
  const device = entry.deviceFamily ?? entry.platform ?? '';
  // A browser knows no host name and says "Chrome on Linux" there: once is enough.
  const where = entry.host?.includes(device) ? [entry.host] : [entry.host, device];
  const about = [...where, MODES.get(entry.mode) ?? entry.mode].filter(Boolean);
  return (
    <li
      className="person"
      data-testid="instance"
      data-instance-id={entry.instanceId}
      data-user={entry.userId}
      data-status={entry.status}
      data-liveness={entry.liveness}
      data-mode={entry.mode}
      data-sessions={entry.sessions.length}
      data-own={entry.own}
    >
      <Face name={name} color={color} />
      <p className="person-name">
        <span className="name">{name}</span>
        {entry.own && <span className="badge badge-own">you</span>}
        {entry.sessions.length > 1 && <span className="badge">{entry.sessions.length} tabs</span>}
      </p>
      <p className="status">
        <StatusMark status={entry.status} liveness={entry.liveness} />
        {statusWords(entry)}
      </p>
      {message !== undefined && <p className="status-message">{message}</p>}
      <p className="about">{about.join(' · ')}</p>
      <p className="ages">
        {entry.lastInputAt !== undefined && <Age label="Last input" at={entry.lastInputAt} now={now} />}
        <Age label="Last seen" at={seenAt(entry, lostAt)} now={now} />
      </p>
    </li>
  );
});

function Age({ label, at, now }: { label: string; at: number | null; now: () => number }) {
  return (
    <span>
      {label} <AgeText at={at} now={now} />
    </span>
  );
}
