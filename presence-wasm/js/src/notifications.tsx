'use client';
// What this person is told, at the edge of the page until it is dismissed.

import { useCallback, useEffect, useMemo, useRef, useState, type FocusEvent, type KeyboardEvent, type ReactElement } from 'react';

import { listen } from './events.js';
import type { UserNotification } from './message-feed.js';
import { useNotifications } from './message-hooks.js';
import { NOTIFICATION_WORDS, type NotificationWords } from './notification-words.js';
import type { Millis, NotificationLevel } from './types.gen.js';

export interface NotificationsProps {
  /** How many are shown at once; the others wait. Default: 4. */
  readonly max?: number | undefined;
  /** How long what is neither a warning nor an error is shown, in ms; 0: until it is dismissed. Default: 8000. */
  readonly duration?: Millis | undefined;
  /** Any words of its own, as `{ dismiss: 'Schließen' }`. */
  readonly words?: Partial<NotificationWords> | undefined;
}

const URGENT: readonly NotificationLevel[] = ['warning', 'error'];

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

  const urgent = notifications.filter(({ level }) => URGENT.includes(level));
  const calm = notifications.filter(({ level }) => !URGENT.includes(level));
  const shownUrgent = urgent.slice(0, max);
  const shownCalm = calm.slice(0, Math.max(0, max - shownUrgent.length));
  const waiting = notifications.length - shownUrgent.length - shownCalm.length;

  const runs = !(isPointed || isFocused || isHidden);
  /** What is dismissed would take the keyboard with it: that goes to another one before. */
  const close = useCallback(
    (id: string): void => {
      const toasts = [...whole.current!.querySelectorAll<HTMLElement>('.presence-toast')]; // one of them calls this
      const at = toasts.findIndex((toast) => toast.contains(document.activeElement));
      if (toasts[at]?.dataset['notification'] === id) (toasts[at + 1] ?? toasts[at - 1])?.querySelector('button')?.focus();
      dismiss(id);
    },
    [dismiss],
  );
  const toast = (told: UserNotification): ReactElement => {
    const lasts = URGENT.includes(told.level) ? 0 : duration;
    return <Toast key={told.id} told={told} lasts={lasts} runs={runs} words={said} onDismiss={close} />;
  };
  const onBlur = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    if (!currentTarget.contains(relatedTarget)) setFocused(false);
  };
  // What goes while it has the pointer or the keyboard tells nobody that it has them no more.
  const isEmpty = notifications.length === 0;
  useEffect(() => {
    if (!isEmpty) return;
    setPointed(false);
    setFocused(false);
  }, [isEmpty]);
  return (
    <section
      ref={whole}
      className="presence-notifications"
      aria-label={said.title}
      onPointerEnter={() => setPointed(true)}
      onPointerLeave={() => setPointed(false)}
      onFocus={() => setFocused(true)}
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
  const left = useRef(lasts);
  useEffect(() => {
    if (lasts === 0 || !runs) return undefined;
    const since = performance.now();
    const timer = setTimeout(() => onDismiss(id), left.current);
    return () => {
      clearTimeout(timer);
      left.current = Math.max(0, left.current - (performance.now() - since));
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
