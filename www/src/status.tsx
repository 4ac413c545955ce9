// What a person does, told three times: by colour, by shape and in words.

import type { Liveness, Status } from 'presence-wasm';

interface Seen {
  readonly status: Status;
  readonly liveness: Liveness;
}

const WORDS: Record<Status, string> = {
  active: 'Active',
  idle: 'Idle',
  away: 'Away',
  busy: 'Busy',
  reviewing: 'Reviewing',
  offline: 'Offline',
};

/** A silent line says more than the last status heard over it. */
export function statusWords({ status, liveness }: Seen): string {
  if (liveness === 'gone') return 'Offline';
  if (liveness === 'suspect') return 'Not answering';
  return WORDS[status];
}

export function StatusMark(seen: Seen) {
  const shape = seen.liveness === 'connected' ? seen.status : 'offline';
  return (
    <svg className={`mark mark-${shape}`} viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <circle className="rim" cx="8" cy="8" r="6" />
      {shape === 'active' && <circle className="fill" cx="8" cy="8" r="7" />}
      {shape === 'idle' && <path className="fill" d="M8 2a6 6 0 0 0 0 12z" />}
      {shape === 'away' && <path className="hand" d="M8 4.6V8l2.4 1.5" />}
      {shape === 'busy' && <path className="fill bar" d="M1 8a7 7 0 1 1 14 0a7 7 0 1 1-14 0zM4.5 7v2h7V7z" />}
      {shape === 'reviewing' && <circle className="fill" cx="8" cy="8" r="3" />}
    </svg>
  );
}
