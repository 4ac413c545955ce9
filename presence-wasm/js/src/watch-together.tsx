'use client';
// The panel of watching together: who drives, who asks to, who follows, and the way back for who does not.

import { memo, useEffect, useId, useMemo, useRef, type ComponentProps, type ReactElement } from 'react';

import { useRoom, useSlice } from './hooks.js';
import type { PlaybackView } from './playback-hooks.js';
import { isOwn, roomUsers } from './room-users.js';
import { isFollowing, viewersOf, type Viewer } from './viewers.js';
import { WATCH_WORDS, type WatchWords } from './watch-words.js';

export interface WatchTogetherProps {
  /** What `usePlayback` gives. */
  readonly playback: PlaybackView;
  /** Words in the app's own language, or any of them. */
  readonly words?: Partial<WatchWords> | undefined;
}

interface PartProps {
  readonly playback: PlaybackView;
  readonly words: WatchWords;
}

/** Without a stylesheet it is a heading, sentences, buttons and a list. */
export function WatchTogether({ playback, words: given }: WatchTogetherProps): ReactElement {
  const title = useId();
  const keeping = useKeptFocus();
  const words = useMemo(() => ({ ...WATCH_WORDS, ...given }), [given]);
  const isOn = playback.state !== 'off';
  return (
    <section {...keeping} className="presence-watch" aria-labelledby={title} data-state={playback.state}>
      <h3 id={title} className="presence-watch-title">
        {words.title}
      </h3>
      <Controller playback={playback} words={words} />
      <Requests playback={playback} words={words} />
      {isOn && <Viewers controllerId={playback.controller?.userId} words={words} />}
      <WayBack playback={playback} words={words} />
    </section>
  );
}

/** Who drives, and what can be done about it. Nobody but the one who drives can start or stop for all. */
function Controller({ playback, words }: PartProps): ReactElement {
  const { state, controller, isController, requests } = playback;
  const ownId = useSlice(useRoom().self, (self) => self?.userId);
  const hasAsked = requests.some(({ userId }) => userId === ownId);
  const isOn = state !== 'off';
  const isFree = controller === null && !isOn;
  return (
    <div className="presence-watch-line">
      {isFree ? (
        <p>{words.apart}</p>
      ) : (
        <p>
          {words.controller} <strong>{controller?.name ?? words.nobody}</strong>
          {isController && ` (${words.you})`}
        </p>
      )}
      {(isFree || isController) && !isOn && (
        <Button tone="primary" act={playback.startSync} words={words.start} />
      )}
      {isController && isOn && <Button act={playback.stop} words={words.stop} />}
      {isController && <Button act={playback.releaseControl} words={words.release} />}
      {!isController && !isFree && !hasAsked && <Button act={playback.requestControl} words={words.request} />}
      {hasAsked && <Button act={playback.releaseControl} words={words.withdraw} />}
    </div>
  );
}

interface ButtonProps {
  readonly act: () => void;
  readonly words: string;
  readonly tone?: 'primary';
}

function Button({ act, words, tone }: ButtonProps): ReactElement {
  return (
    <button type="button" className="presence-button" data-tone={tone} onClick={() => act()}>
      {words}
    </button>
  );
}

/** Buttons go when they were answered; the keyboard then stays in the panel instead of going back to the page's top. */
function useKeptFocus(): Pick<ComponentProps<'section'>, 'ref' | 'tabIndex' | 'onFocus' | 'onBlur'> {
  const panel = useRef<HTMLElement>(null);
  const isInside = useRef(false);
  useEffect(() => {
    if (isInside.current && document.activeElement === document.body) panel.current?.focus({ preventScroll: true });
  });
  return {
    ref: panel,
    tabIndex: -1,
    onFocus: () => void (isInside.current = true),
    // Of an element that is taken away React tells no blur.
    onBlur: () => void (isInside.current = false),
  };
}

/** Everybody reads who asks, so that nobody is surprised; who drives can answer. */
function Requests({ playback, words }: PartProps): ReactElement {
  const { requests, isController, grantControl } = playback;
  const ownId = useSlice(useRoom().self, (self) => self?.userId);
  return (
    <div className="presence-watch-requests" role="status">
      {requests
        .filter(({ userId }) => userId !== ownId)
        .map(({ userId, name }) => (
          <div key={userId} className="presence-watch-line">
            <p>{words.asks(name)}</p>
            {isController && <Button act={() => grantControl(userId)} words={words.grant(name)} />}
          </div>
        ))}
    </div>
  );
}

interface ViewersProps {
  readonly controllerId: string | undefined;
  readonly words: WatchWords;
}

/** A player that follows tells of its drift several times a second, which is no news of a hundred viewers. */
const Viewers = memo(function Viewers({ controllerId, words }: ViewersProps): ReactElement {
  const users = useSlice(roomUsers(useRoom()));
  const viewers = viewersOf(users, controllerId);
  return (
    <>
      <p className="presence-watch-count">{words.synced(viewers.filter(isFollowing).length, viewers.length)}</p>
      <ul className="presence-viewers" role="list" aria-label={words.title}>
        {viewers.map((viewer) => (
          <ViewerItem key={viewer.user.userId} viewer={viewer} words={words} />
        ))}
      </ul>
    </>
  );
});

function ViewerItem({ viewer, words }: { readonly viewer: Viewer; readonly words: WatchWords }): ReactElement {
  const { user, state, reason } = viewer;
  return (
    <li className="presence-viewer" data-user={user.userId} data-state={state} data-reason={reason}>
      <span className="presence-viewer-mark" aria-hidden="true">
        {isFollowing(viewer) ? '●' : '○'}
      </span>{' '}
      <span className="presence-name">
        {user.name} {isOwn(user) && <span className="presence-own">{words.you}</span>}
      </span>{' '}
      <span className="presence-viewer-state">({words.viewer(state, reason)})</span>
    </li>
  );
}

/** Stays in the page while there is nothing to say: what is new is not read out. */
function WayBack({ playback, words }: PartProps): ReactElement {
  const { state, reason, rejoin } = playback;
  const isLost = state === 'desynced' || state === 'blocked';
  const said = state === 'blocked' ? words.blocked : words.desynced(reason);
  return (
    <div className="presence-watch-back" role="status">
      {isLost && (
        <div className="presence-watch-line">
          <p>{said}</p>
          <Button tone="primary" act={rejoin} words={state === 'blocked' ? words.unblock : words.rejoin} />
        </div>
      )}
    </div>
  );
}
