// The surface people point at. Pointers go from here to the room and from the room to the layer of
// cursors; nothing on that way is React state, so a move renders nothing.

import { useEffect, useId, useRef, type KeyboardEvent } from 'react';
import { useCursors, useRoom } from 'presence-wasm/react';
import { drawCursors } from './cursor-layer.ts';
import { Island } from './island.tsx';
import { KeyboardPointer } from './keyboard-pointer.ts';

export function Surface() {
  const hint = useId();
  const room = useRoom();
  const surface = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLDivElement>(null);
  const mark = useRef<HTMLDivElement>(null);
  const keyboard = useRef<KeyboardPointer>(null);
  // The hook shows this person's pointer to the others and hands out theirs.
  const cursors = useCursors(surface);

  useEffect(() => (layer.current === null ? undefined : drawCursors(cursors, layer.current)), [cursors]);
  useEffect(() => {
    if (mark.current !== null) keyboard.current = new KeyboardPointer(room, mark.current);
  }, [room]);

  const onKey = (event: KeyboardEvent) => {
    if (keyboard.current?.press(event.key, event.shiftKey)) event.preventDefault();
  };
  return (
    <div
      ref={surface}
      className="surface"
      data-testid="surface"
      role="application"
      aria-label="Shared map"
      aria-describedby={hint}
      tabIndex={0}
      onKeyDown={onKey}
      onPointerMove={() => keyboard.current?.hide()}
      onBlur={() => keyboard.current?.leave()}
    >
      <Island />
      <p id={hint} className="surface-hint">
        Point at the map: everybody sees where. <span>Arrow keys work too.</span>
      </p>
      <div ref={layer} className="cursors" aria-hidden="true" />
      <div className="cursors" aria-hidden="true">
        <div ref={mark} className="own-cursor" data-testid="own-cursor" hidden />
      </div>
    </div>
  );
}
