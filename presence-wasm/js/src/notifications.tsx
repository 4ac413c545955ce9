'use client';
// What this person is told, at the edge of the page until it is dismissed.

import { useCallback, useEffect, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent, type ReactElement } from 'react';

import { listen } from './events.js';
import { isUrgent, type UserNotification } from './message-feed.js';
import { useNotifications } from './message-hooks.js';
import { NOTIFICATION_WORDS, type NotificationWords } from './notification-words.js';
import { shallow } from './store.js';
import type { Millis } from './types.gen.js';

export interface NotificationsProps {
  /** How many are shown at once; the others wait, but errors and warnings for none that is no such. Default: 4. */
  readonly max?: number | undefined;
  /** How long what is neither a warning nor an error is shown, in ms; 0: until it is dismissed. Default: 8000. */
  readonly duration?: Millis | undefined;
  /** Any words of its own, as `{ dismiss: 'Schließen' }`. */
  readonly words?: Partial<NotificationWords> | undefined;
}

/**
 * Notifications as they come. Errors and warnings are read out at once and stay until they are dismissed; the rest waits
 * for a pause to be read out, and goes by itself, but not while the pointer or the keyboard is on any of them, or nobody
 * looks at the page. Escape dismisses the one that has the keyboard.
 */
export function Notifications({ max = 4, duration = 8_000, words }: NotificationsProps): ReactElement {
  const said = useMemo(() => ({ ...NOTIFICATION_WORDS, ...words }), [words]);
  const { notifications, dismiss, clear } = useNotifications();
  const whole = useRef<HTMLElement>(null);
  const [isPointed, setPointed] = useState(false);
  const [isFocused, setFocused] = useState(false);
  const isHidden = useHidden();

  const shownUrgent = notifications.filter(isUrgent).slice(0, max);
  const calm = notifications.filter((told) => !isUrgent(told));
  // What is shown stays: it would be read out again when it came back. It is what came first, so its number says it all.
  const [stood, setStood] = useState<readonly string[]>([]);
  const standing = calm.filter(({ id }) => stood.includes(id)).length;
  const shownCalm = calm.slice(0, Math.max(standing, max - shownUrgent.length));
  const stands = shownCalm.map(({ id }) => id);
  if (!shallow(stands, stood)) setStood(stands);
  const waiting = notifications.length - shownUrgent.length - shownCalm.length;

  const runs = !(isPointed || isFocused || isHidden);
  /** What is dismissed would take the keyboard with it: that goes to another one before. A pointer needs no focus. */
  const close = useCallback(
    (id: string): void => {
      const toasts = [...whole.current!.querySelectorAll<HTMLElement>('.presence-toast')]; // one of them calls this
      const at = toasts.findIndex((toast) => toast.contains(document.activeElement));
      const other = toasts[at + 1] ?? toasts[at - 1];
      if (toasts[at]?.dataset['notification'] === id && other) {
        const button = document.activeElement as HTMLElement; // the only thing in a toast that takes it
        if (button.matches(':focus-visible')) other.querySelector('button')?.focus();
        else button.blur();
      }
      // What lies under the pointer next says so.
      setPointed(false);
      dismiss(id);
    },
    [dismiss],
  );
  const toast = (told: UserNotification): ReactElement => {
    const lasts = isUrgent(told) ? 0 : duration;
    return <Toast key={told.id} told={told} lasts={lasts} runs={runs} words={said} onDismiss={close} />;
  };
  const cameFrom = useRef<Element | null>(null);
  const onFocus = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    if (!currentTarget.contains(relatedTarget)) cameFrom.current = relatedTarget;
    setFocused(true);
  };
  const onBlur = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    if (!currentTarget.contains(relatedTarget)) setFocused(false);
  };
  // What goes while it has the pointer or the keyboard tells nobody that it has them no more.
  useEffect(() => {
    if (notifications.length === 0) setPointed(false);
    if (!isFocused || whole.current?.contains(document.activeElement)) return;
    setFocused(false);
    if (document.activeElement === document.body && cameFrom.current instanceof HTMLElement) cameFrom.current.focus();
  }, [notifications, isFocused]);
  return (
    <section
      ref={whole}
      className="presence-notifications"
      aria-label={said.title}
      onPointerOver={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocus={onFocus}
      onBlur={onBlur}
    >
      {/* Both stay in the page while they are empty: only what comes into them is read out. */}
      <div role="alert" aria-atomic="false">
        {shownUrgent.map(toast)}
      </div>
      <div role="status" aria-atomic="false">
        {shownCalm.map(toast)}
      </div>
      {notifications.length > 1 && (
        <p className="presence-toasts-more">
          {waiting > 0 && <span>{said.more(waiting)}</span>}{' '}
          <button type="button" onClick={clear}>
            {said.dismissAll}
          </button>
        </p>
      )}
    </section>
  );
}

interface ToastProps {
  readonly told: UserNotification;
  /** 0: until it is dismissed. */
  readonly lasts: Millis;
  /** Whether its time runs. */
  readonly runs: boolean;
  readonly words: NotificationWords;
  readonly onDismiss: (id: string) => void;
}

function Toast({ told, lasts, runs, words, onDismiss }: ToastProps): ReactElement {
  const { id, level, message } = told;
  /** How long it was shown while its time ran. */
  const shown = useRef(0);
  useEffect(() => {
    if (lasts === 0 || !runs) return undefined;
    const since = performance.now();
    const timer = setTimeout(() => onDismiss(id), Math.max(0, lasts - shown.current));
    return () => {
      clearTimeout(timer);
      shown.current += performance.now() - since;
    };
  }, [id, lasts, runs, onDismiss]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape') return;
    // What lies around, as a dialog, stays open.
    event.stopPropagation();
    onDismiss(id);
  };
  return (
    <div className="presence-toast" data-level={level} data-notification={id} onKeyDown={onKeyDown}>
      <p>
        <strong className="presence-toast-level">{words.level(level)}</strong> {message}
      </p>
      <button type="button" className="presence-toast-dismiss" onClick={() => onDismiss(id)}>
        {words.dismiss}
      </button>
    </div>
  );
}

/** Whether nobody looks at the page. */
function useHidden(): boolean {
  const [isHidden, setHidden] = useState(false);
  useEffect(() => {
    const look = (): void => setHidden(document.hidden);
    look();
    return listen(document, { visibilitychange: look });
  }, []);
  return isHidden;
}
