// From the pointer over an element to the cursor of a room.

import { listen } from './events.js';
import type { Room } from './room.js';

/**
 * Shows the others where the pointer is on `surface`, as fractions of its size, until the function
 * given back is called. `moment` adds a media time in seconds.
 */
export function trackPointer(
  surface: Element,
  room: Pick<Room, 'setCursor'>,
  moment?: () => number | undefined,
): () => void {
  const point = ({ clientX, clientY }: PointerEvent): void => {
    const box = surface.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) return;
    room.setCursor({
      x: fraction(clientX - box.left, box.width),
      y: fraction(clientY - box.top, box.height),
      timestamp: moment?.(),
    });
  };
  const hide = (): void => room.setCursor(null);
  const unlisten = listen(surface, {
    pointermove: point,
    pointerdown: point,
    pointerleave: hide,
    pointercancel: hide,
  });
  return () => {
    unlisten();
    hide();
  };
}

function fraction(distance: number, length: number): number {
  return Math.min(1, Math.max(0, distance / length));
}
