// A pointer for those without one: arrow keys move it, Escape takes it away.

import type { Room } from 'presence-wasm';
import { place } from './place.ts';

const STEP = 0.02;
/** With shift. */
const STRIDE = 0.1;

const DIRECTIONS: Record<string, readonly [x: number, y: number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

export class KeyboardPointer {
  private x = 0.5;
  private y = 0.5;

  /**
   * @param mark shows the person where they point, since no mouse pointer does
   * @param moment of the film, in seconds
   */
  constructor(
    private readonly room: Room,
    private readonly mark: HTMLElement,
    private readonly moment: () => number | undefined,
  ) {}

  /** Whether the key was one of ours. */
  press(key: string, far: boolean): boolean {
    if (key === 'Escape') {
      const shown = !this.mark.hidden;
      this.leave();
      return shown;
    }
    const direction = DIRECTIONS[key];
    if (direction === undefined) return false;
    // The first press only shows where the pointer stands.
    if (!this.mark.hidden) {
      const step = far ? STRIDE : STEP;
      this.x = within(this.x + direction[0] * step);
      this.y = within(this.y + direction[1] * step);
    }
    place(this.mark, this.x, this.y);
    this.mark.hidden = false;
    this.room.setCursor({ x: this.x, y: this.y, timestamp: this.moment() });
    return true;
  }

  /** A real pointer took over, which shows itself. */
  hide(): void {
    this.mark.hidden = true;
  }

  /** Takes the cursor away from the others too, if it is ours. */
  leave(): void {
    if (this.mark.hidden) return;
    this.hide();
    this.room.setCursor(null);
  }
}

/** Rounded, so that fifty steps to the right and back end where they began. */
function within(part: number): number {
  return Math.min(1, Math.max(0, Math.round(part * 1_000) / 1_000));
}
