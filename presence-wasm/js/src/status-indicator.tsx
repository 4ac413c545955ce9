'use client';
// What a person does, told three times: by colour, by shape and in words.

import type { ReactElement, ReactNode } from 'react';

import type { Liveness, Status } from './types.gen.js';

export interface StatusIndicatorProps {
  readonly status: Status;
  /** What the line to them is; a silent one says more than the last status heard over it. Default: `connected`. */
  readonly liveness?: Liveness | undefined;
  /** The word, where "Active", "Idle", … are not the app's. */
  readonly label?: string | undefined;
  /** Shows the mark alone; the word is read out, and shown to who points at it. */
  readonly compact?: boolean | undefined;
}

/** A mark and a word: green active, yellow idle, orange away, grey offline. It needs no stylesheet. */
export function StatusIndicator({ status, liveness, label, compact }: StatusIndicatorProps): ReactElement {
  const shown = shownStatus(status, liveness);
  const word = label ?? WORDS[shown];
  const mark = <Mark shown={shown} />;
  const common = { className: 'presence-status', 'data-status': shown };
  if (compact) {
    return (
      <span {...common} role="img" aria-label={word} title={word}>
        {mark}
      </span>
    );
  }
  return (
    <span {...common}>
      {mark} <span className="presence-status-word">{word}</span>
    </span>
  );
}

/** The word for what somebody does; a silent line says more than the last status heard over it. */
export function statusWord(status: Status, liveness: Liveness | undefined): string {
  return WORDS[shownStatus(status, liveness)];
}

type Shown = Status | 'silent';

function shownStatus(status: Status, liveness: Liveness | undefined): Shown {
  if (liveness === 'gone') return 'offline';
  return liveness === 'suspect' ? 'silent' : status;
}

const WORDS: Readonly<Record<Shown, string>> = {
  active: 'Active',
  idle: 'Idle',
  away: 'Away',
  busy: 'Busy',
  reviewing: 'Reviewing',
  offline: 'Offline',
  silent: 'Not answering',
};

/** Each stands out by 3:1 from white and from black, so that no theme has to be known. */
const COLORS: Readonly<Record<Shown, string>> = {
  active: 'var(--presence-active, #1b9152)',
  idle: 'var(--presence-idle, #b88a00)',
  away: 'var(--presence-away, #d4600f)',
  busy: 'var(--presence-busy, #d43a5c)',
  reviewing: 'var(--presence-reviewing, #3f7bd8)',
  offline: 'var(--presence-offline, #76888b)',
  silent: 'var(--presence-offline, #76888b)',
};

/** On a square of 16: a disc, half a disc, a clock, a bar, an eye, a ring, a ring with gaps. */
const SHAPES: Readonly<Record<Shown, ReactNode>> = {
  active: <circle cx="8" cy="8" r="6" fill="currentColor" />,
  idle: (
    <>
      <Ring />
      <path d="M8 2a6 6 0 0 0 0 12z" fill="currentColor" />
    </>
  ),
  away: (
    <>
      <Ring />
      <path d="M8 4.5V8l2.5 1.6" />
    </>
  ),
  busy: <path d="M1 8a7 7 0 1 1 14 0A7 7 0 1 1 1 8zm3.5-1v2h7V7z" fill="currentColor" fillRule="evenodd" stroke="none" />,
  reviewing: (
    <>
      <Ring />
      <circle cx="8" cy="8" r="3" fill="currentColor" stroke="none" />
    </>
  ),
  offline: <Ring />,
  silent: <Ring dashes="2.4 2.3" />,
};

function Ring({ dashes }: { readonly dashes?: string }): ReactElement {
  return <circle cx="8" cy="8" r="6" strokeDasharray={dashes} />;
}

/** Coloured by attributes, which a content security policy against inline styles lets through. */
function Mark({ shown }: { readonly shown: Shown }): ReactElement {
  return (
    <svg
      className="presence-status-mark"
      viewBox="0 0 16 16"
      width="0.8em"
      height="0.8em"
      aria-hidden="true"
      color={COLORS[shown]}
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
      strokeLinecap="round"
    >
      {SHAPES[shown]}
    </svg>
  );
}
