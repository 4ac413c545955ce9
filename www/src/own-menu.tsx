// What one tells of oneself: a status with a few words, and whether one is seen at all.

import { useEffect, useId, useRef, useState, type FocusEvent, type FormEvent, type KeyboardEvent } from 'react';
import type { Status } from 'presence-wasm';
import { StatusIndicator } from 'presence-wasm/components';
import { usePrivacy, useRoom, useSetStatus, useSlice, useStatus } from 'presence-wasm/react';

const CHOICES: readonly (readonly [status: Status, name: string])[] = [
  ['active', 'Active'],
  ['busy', 'Busy'],
  ['reviewing', 'Reviewing'],
];

/** What the server takes. */
const LONGEST_MESSAGE = 100;

export function OwnMenu() {
  const id = useId();
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const status = useStatus();
  const [{ invisible }] = usePrivacy();
  useEffect(() => {
    if (!open) return undefined;
    const close = ({ target }: Event) => {
      if (!whole.current?.contains(target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    return () => document.removeEventListener('pointerdown', close);
  }, [open]);
  const shut = () => {
    setOpen(false);
    button.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open) return;
    event.stopPropagation();
    shut();
  };
  const goOn = ({ currentTarget, relatedTarget }: FocusEvent) => {
    // Where another window has the keyboard now, it comes back.
    if (relatedTarget !== null && !currentTarget.contains(relatedTarget)) setOpen(false);
  };
  return (
    <div ref={whole} className="own-menu" onKeyDown={press} onBlur={goOn}>
      <button
        ref={button}
        type="button"
        data-testid="own-menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        <span className="unseen">Your status: </span>
        {invisible ? <StatusIndicator status="offline" label="Invisible" /> : <StatusIndicator status={status} />}
      </button>
      {open && (
        // Escape is heard wherever in it somebody clicked.
        <div id={id} className="own-menu-panel" tabIndex={-1}>
          <StatusForm onDone={shut} />
          <InvisibleSwitch />
        </div>
      )}
    </div>
  );
}

function StatusForm({ onDone }: { onDone: () => void }) {
  const setStatus = useSetStatus();
  const message = useSlice(useRoom().self, (self) => self?.statusMessage ?? '');
  const status = useStatus();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const said = String(form.get('message') ?? '').trim();
    setStatus(form.get('status') as Status, said === '' ? undefined : said);
    onDone();
  };
  const clear = () => {
    setStatus('active');
    onDone();
  };
  return (
    <form className="status-form" onSubmit={submit}>
      <fieldset>
        <legend>Your status</legend>
        {CHOICES.map(([one, name]) => (
          <label key={one}>
            <input
              type="radio"
              name="status"
              value={one}
              defaultChecked={one === (CHOICES.some(([known]) => known === status) ? status : 'active')}
            />
            <StatusIndicator status={one} label={name} />
          </label>
        ))}
      </fieldset>
      <label>
        <span>What you are doing</span>
        <input name="message" data-testid="status-message" defaultValue={message} maxLength={LONGEST_MESSAGE} autoComplete="off" />
      </label>
      <div className="status-form-end">
        <button type="submit" className="primary">
          Set
        </button>
        <button type="button" onClick={clear}>
          Clear
        </button>
      </div>
    </form>
  );
}

function InvisibleSwitch() {
  const hint = useId();
  const [{ invisible }, setPrivacy] = usePrivacy();
  return (
    <div className="invisible-switch">
      <button
        type="button"
        role="switch"
        data-testid="invisible"
        aria-checked={invisible}
        aria-describedby={hint}
        onClick={() => setPrivacy({ invisible: !invisible })}
      >
        <span className="switch" aria-hidden="true" />
        Invisible
      </button>
      <p id={hint}>You see others, they do not see you.</p>
    </div>
  );
}

/** While one is not seen, that is to be seen: nothing that is said here arrives. */
export function InvisibleNotice() {
  const [{ invisible }, setPrivacy] = usePrivacy();
  return (
    <div className="invisible-notice" role="status">
      {invisible && (
        <p>
          <strong>You are invisible.</strong> You see others, they do not see you, nor what you say here.
          <button type="button" onClick={() => setPrivacy({ invisible: false })}>
            Show me
          </button>
        </p>
      )}
    </div>
  );
}
