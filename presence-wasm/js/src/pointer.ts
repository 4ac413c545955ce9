// From the pointer over an element to the cursor of a room.

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
  const point = (event: Event): void => {
    const { clientX, clientY } = event as PointerEvent; // only pointer events lead here
    const box = surface.getBoundingClientRect();
    if (box.width === 0 || box.height === 0) return;
    room.setCursor({
      x: fraction(clientX - box.left, box.width),
      y: fraction(clientY - box.top, box.height),
      timestamp: moment?.(),
    });
  };
  const hide = (): void => room.setCursor(null);
  const wired = [
    ['pointermove', point],
    ['pointerdown', point],
    ['pointerleave', hide],
    ['pointercancel', hide],
  ] as const;
  for (const [name, listener] of wired) surface.addEventListener(name, listener, { passive: true });
  return () => {
    for (const [name, listener] of wired) surface.removeEventListener(name, listener);
    hide();
  };
}

function fraction(distance: number, length: number): number {
  return Math.min(1, Math.max(0, distance / length));
}
