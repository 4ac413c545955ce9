// The cursors of the others, drawn by hand: one element each, moved by its transform. React neither
// makes nor moves them, so a hundred moving cursors render no component.

import type { MemberView, Room } from 'presence-wasm';
import { inkOn } from './color.ts';
import { place } from './place.ts';

const SVG = 'http://www.w3.org/2000/svg';
const ARROW = 'M1 1 L1 17.2 L5.4 13.2 L8.3 19.4 L11.2 18.1 L8.4 12 L14.4 11.6 Z';

interface Cursor {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  member: MemberView | null;
}

export class CursorLayer {
  private readonly cursors = new Map<string, Cursor>();
  private readonly ends: readonly (() => void)[];

  constructor(
    private readonly room: Room,
    private readonly layer: HTMLElement,
  ) {
    this.ends = [room.cursors.subscribe(() => this.draw()), room.others.subscribe(() => this.draw())];
    this.draw();
  }

  close(): void {
    for (const end of this.ends) end();
    this.layer.replaceChildren();
    this.cursors.clear();
  }

  private draw(): void {
    const positions = this.room.cursors.get();
    const shown = new Set<string>();
    for (const member of this.room.others.get()) {
      const position = positions.get(member.sessionId);
      if (position?.x === undefined || position.y === undefined) continue;
      shown.add(member.sessionId);
      const cursor = this.cursor(member.sessionId);
      dress(cursor, member);
      place(cursor.element, position.x, position.y);
    }
    for (const [session, cursor] of this.cursors) {
      if (shown.has(session)) continue;
      cursor.element.remove();
      this.cursors.delete(session);
    }
    // A new one is put in when it already stands at its place, or it would fly in from the corner.
    for (const { element } of this.cursors.values()) {
      if (element.parentNode === null) this.layer.append(element);
    }
  }

  private cursor(session: string): Cursor {
    const known = this.cursors.get(session);
    if (known !== undefined) return known;
    const made = make();
    this.cursors.set(session, made);
    return made;
  }
}

function make(): Cursor {
  const element = document.createElement('div');
  element.className = 'cursor';
  element.dataset.testid = 'cursor';
  const arrow = document.createElementNS(SVG, 'svg');
  arrow.setAttribute('viewBox', '0 0 16 21');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ARROW);
  arrow.append(path);
  const label = document.createElement('span');
  element.append(arrow, label);
  return { element, label, member: null };
}

/** Name and colour: touched only when the member changed, which is rare beside its moves. */
function dress(cursor: Cursor, member: MemberView): void {
  if (cursor.member === member) return;
  cursor.member = member;
  cursor.label.textContent = member.name;
  cursor.element.dataset.session = member.sessionId;
  cursor.element.dataset.user = member.userId;
  cursor.element.dataset.liveness = member.liveness;
  cursor.element.style.setProperty('--color', member.color);
  cursor.element.style.setProperty('--on-color', inkOn(member.color));
}
