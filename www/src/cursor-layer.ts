// The cursors of the others, drawn by hand: one element each, moved by its transform. React neither
// makes nor moves them, so a hundred moving cursors render no component.

import type { CursorMap, Cursors, MemberView } from 'presence-wasm';
import { inkOn } from './color.ts';
import { place } from './place.ts';

const SVG = 'http://www.w3.org/2000/svg';
const ARROW = 'M1 1 L1 17.2 L5.4 13.2 L8.3 19.4 L11.2 18.1 L8.4 12 L14.4 11.6 Z';

interface Drawn {
  readonly element: HTMLElement;
  readonly label: HTMLElement;
  member: MemberView | null;
}

/** Draws into `layer` until the function given back is called. */
export function drawCursors(cursors: Cursors, layer: HTMLElement): () => void {
  const drawn = new Map<string, Drawn>();
  const unsubscribe = cursors.subscribe((now) => draw(now, drawn, layer));
  return () => {
    unsubscribe();
    layer.replaceChildren();
  };
}

function draw(cursors: CursorMap, drawn: Map<string, Drawn>, layer: HTMLElement): void {
  for (const [session, { x, y, member }] of cursors) {
    // A cursor on a medium alone has a moment and no place.
    if (x === undefined || y === undefined) continue;
    const known = drawn.get(session);
    const cursor = known ?? make();
    dress(cursor, member);
    place(cursor.element, x, y);
    if (known !== undefined) continue;
    drawn.set(session, cursor);
    // Only now that it stands at its place, or it would fly in from the corner.
    layer.append(cursor.element);
  }
  for (const [session, { element }] of drawn) {
    if (cursors.get(session)?.x !== undefined) continue;
    element.remove();
    drawn.delete(session);
  }
}

function make(): Drawn {
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
function dress(cursor: Drawn, member: MemberView): void {
  if (cursor.member === member) return;
  cursor.member = member;
  cursor.label.textContent = member.name;
  cursor.element.dataset.session = member.sessionId;
  cursor.element.dataset.user = member.userId;
  cursor.element.dataset.liveness = member.liveness;
  cursor.element.style.setProperty('--color', member.color);
  cursor.element.style.setProperty('--on-color', inkOn(member.color));
}
