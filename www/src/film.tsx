// The film that people watch and point at. Pointers go from here to the room and from the room to the layer of
// cursors; nothing on that way is React state, so a move renders nothing.

import { useEffect, useId, useRef, type KeyboardEvent, type RefObject } from 'react';
import { LiveCursors } from 'presence-wasm/components';
import { useRoom } from 'presence-wasm/react';
import { KeyboardPointer } from './keyboard-pointer.ts';

interface Props {
  readonly video: RefObject<HTMLVideoElement | null>;
  readonly onVideo: (video: HTMLVideoElement | null) => void;
  /** Where reactions float. */
  readonly reactions: RefObject<HTMLDivElement | null>;
}

export function Film({ video, onVideo, reactions }: Props) {
  const hint = useId();
  const room = useRoom();
  const surface = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLDivElement>(null);
  const keyboard = useRef<KeyboardPointer>(null);
  useEffect(() => {
    const moment = () => video.current?.currentTime;
    if (mark.current !== null) keyboard.current = new KeyboardPointer(room, mark.current, moment);
  }, [room, video]);

  const onKey = (event: KeyboardEvent) => {
    if (keyboard.current?.press(event.key, event.shiftKey)) event.preventDefault();
  };
  return (
    <div className="film">
      <div
        ref={surface}
        className="surface"
        data-testid="surface"
        role="application"
        aria-label="Shared film"
        aria-describedby={hint}
        tabIndex={0}
        onKeyDown={onKey}
        onPointerMove={() => keyboard.current?.hide()}
        onBlur={() => keyboard.current?.leave()}
      >
        <video ref={onVideo} data-testid="video" src="/clip.webm" preload="auto" muted playsInline tabIndex={-1} />
        <p id={hint} className="surface-hint">
          Point at the film: everybody sees where. <span>Arrow keys work too.</span>
        </p>
        <div ref={reactions} className="reactions" aria-hidden="true" />
        <LiveCursors surface={surface} media={video} />
        <div className="cursors" aria-hidden="true">
          <div ref={mark} className="own-cursor" data-testid="own-cursor" hidden />
        </div>
      </div>
    </div>
  );
}
