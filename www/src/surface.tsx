// The surface people point at. Pointers go from here to the room and from the room to the layer of
// cursors; nothing on that way is React state, so a move renders nothing.

import { useEffect, useId, useRef, type KeyboardEvent, type PointerEvent } from 'react';
import type { Room } from 'presence-wasm';
import { CursorLayer } from './cursor-layer.ts';
import { Island } from './island.tsx';
import { KeyboardPointer } from './keyboard-pointer.ts';

/** A finger covers what it points at: its cursor stays for a moment after it was lifted. */
const TOUCH_LINGERS_MS = 3_000;

export function Surface({ room }: { room: Room }) {
  const hint = useId();
  const layer = useRef<HTMLDivElement>(null);
  const own = useRef<HTMLDivElement>(null);
  const keyboard = useRef<KeyboardPointer>(null);
  const lingering = useRef<number>(undefined);

  useEffect(() => {
    if (layer.current === null || own.current === null) return;
    keyboard.current = new KeyboardPointer(room, own.current);
    const cursors = new CursorLayer(room, layer.current);
    return () => {
      window.clearTimeout(lingering.current);
      cursors.close();
    };
  }, [room]);

  const onPointer = (event: PointerEvent<HTMLElement>) => {
    window.clearTimeout(lingering.current);
    keyboard.current?.hide();
    const box = event.currentTarget.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width;
    const y = (event.clientY - box.top) / box.height;
    // A captured finger may have slid off the surface: the cursor waits for it at the edge.
    room.setCursor(clamp(x), clamp(y));
  };
  const onPointerGone = (event: PointerEvent) => {
    window.clearTimeout(lingering.current);
    if (event.pointerType === 'mouse') room.setCursor();
    else lingering.current = window.setTimeout(() => room.setCursor(), TOUCH_LINGERS_MS);
  };
  const onKey = (event: KeyboardEvent) => {
    if (keyboard.current?.press(event.key, event.shiftKey)) event.preventDefault();
  };

  return (
    <div
      className="surface"
      data-testid="surface"
      role="application"
      aria-label="Shared map"
      aria-describedby={hint}
      tabIndex={0}
      onPointerDown={onPointer}
      onPointerMove={onPointer}
      onPointerLeave={onPointerGone}
      onKeyDown={onKey}
      onBlur={() => keyboard.current?.leave()}
    >
      <Island />
      <div ref={layer} className="cursors" aria-hidden="true" />
      <div className="cursors" aria-hidden="true">
        <div ref={own} className="own-cursor" data-testid="own-cursor" hidden />
      </div>
      <p id={hint} className="surface-hint">
        Point at the map: everybody sees where. With the keyboard, use the arrow keys.
      </p>
    </div>
  );
}

function clamp(part: number): number {
  return Math.min(1, Math.max(0, part));
}
