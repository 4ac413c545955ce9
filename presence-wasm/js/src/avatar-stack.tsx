'use client';
// Who is in the room, side by side; those that there is no room for open on a click.

import { useEffect, useId, useRef, useState, type FocusEvent, type KeyboardEvent, type ReactElement, type ReactNode } from 'react';

import { Face } from './face.js';
import type { OtherUser } from './people.js';
import { useRoom, useSlice } from './hooks.js';
import { isOwn, roomUsers } from './room-users.js';
import { statusWord, StatusIndicator } from './status-indicator.js';

export interface AvatarStackProps {
  /** How many are shown side by side; the others are counted. Default: 3. */
  readonly max?: number | undefined;
  /** The list's name, which is read out. Default: "In this room". */
  readonly label?: string | undefined;
  /** What the button says that opens the others. Default: `+2 more`. */
  readonly moreLabel?: ((count: number) => string) | undefined;
  /** What marks this page's own person. Default: "you". */
  readonly ownLabel?: string | undefined;
}

/** The people in the room. Without a stylesheet it is a list of initials, marks and words. */
export function AvatarStack(props: AvatarStackProps): ReactElement {
  const { max = 3, label = 'In this room', moreLabel = (count) => `+${count} more`, ownLabel = 'you' } = props;
  const users = useSlice(roomUsers(useRoom()));
  const rest = users.slice(max);
  return (
    <div className="presence-stack">
      <ul className="presence-faces" role="list" aria-label={label}>
        {users.slice(0, max).map((user, index) => (
          <UserItem key={user.userId} user={user} layer={max - index}>
            <Compact user={user} ownLabel={ownLabel} />
          </UserItem>
        ))}
      </ul>
      {rest.length > 0 && (
        <Rest label={moreLabel(rest.length)} name={label}>
          {rest.map((user) => (
            <UserItem key={user.userId} user={user}>
              <Row user={user} ownLabel={ownLabel} />
            </UserItem>
          ))}
        </Rest>
      )}
    </div>
  );
}

interface UserProps {
  readonly user: OtherUser;
  readonly ownLabel: string;
}

interface ItemProps {
  readonly user: OtherUser;
  /** Each lies over the next one, so that the marks at their edges show. */
  readonly layer?: number;
  readonly children: ReactNode;
}

function UserItem({ user, layer, children }: ItemProps): ReactElement {
  return (
    <li
      className="presence-user"
      data-user={user.userId}
      data-sessions={user.sessions.map(({ sessionId }) => sessionId).join(' ')}
      data-status={user.status}
      data-liveness={user.liveness}
      data-own={isOwn(user)}
      style={{ zIndex: layer }}
    >
      {children}
    </li>
  );
}

function Compact({ user, ownLabel }: UserProps): ReactElement {
  const { name, status, liveness } = user;
  const message = messageOf(user);
  const does = statusWord(status, liveness).toLowerCase();
  const label = `${name}${isOwn(user) ? ` (${ownLabel})` : ''}, ${does}${message && `: ${message}`}`;
  return (
    <span className="presence-avatar" role="img" aria-label={label} title={label}>
      <Face name={name} image={user.image} color={user.color} /> <StatusIndicator compact status={status} liveness={liveness} />
    </span>
  );
}

function Row({ user, ownLabel }: UserProps): ReactElement {
  const message = messageOf(user);
  return (
    <>
      <Face name={user.name} image={user.image} color={user.color} />{' '}
      <span className="presence-name">
        {user.name} {isOwn(user) && <span className="presence-own">{ownLabel}</span>}
      </span>{' '}
      <StatusIndicator status={user.status} liveness={user.liveness} />
      {message && <span className="presence-message"> {message}</span>}
    </>
  );
}

/** What the person wrote beside their status: of the session that wrote it. */
function messageOf({ sessions }: OtherUser): string {
  return sessions.find(({ statusMessage }) => statusMessage)?.statusMessage ?? '';
}

/**
 * A button and what it opens. Escape, a click elsewhere and the keyboard going on close it; Escape leaves the keyboard on the
 * button.
 */
function Rest(props: { readonly label: string; readonly name: string; readonly children: ReactNode }): ReactElement {
  const id = useId();
  const [open, setOpen] = useState(false);
  const whole = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!open) return undefined;
    const close = ({ target }: Event): void => {
      if (!whole.current?.contains(target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', close);
    return () => document.removeEventListener('pointerdown', close);
  }, [open]);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || !open) return;
    // What lies around, as a dialog, stays open.
    event.stopPropagation();
    setOpen(false);
    button.current?.focus();
  };
  const onBlur = ({ currentTarget, relatedTarget }: FocusEvent): void => {
    // Where another window has the keyboard now, it comes back.
    if (relatedTarget && !currentTarget.contains(relatedTarget)) setOpen(false);
  };
  return (
    <div ref={whole} className="presence-rest" onKeyDown={onKeyDown} onBlur={onBlur}>
      <button
        ref={button}
        type="button"
        className="presence-more"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        onClick={() => setOpen(!open)}
      >
        {props.label}
      </button>
      {open && (
        // It may scroll, which the keyboard needs a place for.
        <ul id={id} className="presence-popover" role="list" aria-label={`${props.name}, ${props.label}`} tabIndex={0}>
          {props.children}
        </ul>
      )}
    </div>
  );
}
