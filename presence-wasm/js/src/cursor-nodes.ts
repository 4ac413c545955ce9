// The cursors of the others, drawn by hand: one element each, moved by its transform. React neither
// makes nor moves them, so a hundred moving cursors render no component.

import type { CursorMap, Cursors } from './cursors.js';
import { inkOn } from './ink.js';
import type { MemberView } from './views.js';

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
    const now = cursors.get(session);
    if (now?.x !== undefined && now.y !== undefined) continue;
    element.remove();
    drawn.delete(session);
  }
}

function make(): Drawn {
  const element = document.createElement('div');
  element.className = 'presence-cursor';
  Object.assign(element.style, { position: 'absolute', top: '0', left: '0' });
  const arrow = document.createElementNS(SVG, 'svg');
  for (const [name, value] of [['viewBox', '0 0 16 21'], ['width', '16'], ['height', '21']] as const) {
    arrow.setAttribute(name, value);
  }
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ARROW);
  path.setAttribute('fill', 'var(--presence-color)');
  arrow.append(path);
  const label = document.createElement('span');
  label.className = 'presence-cursor-name';
  element.append(arrow, label);
  return { element, label, member: null };
}

/** Name and colour: touched only when the member changed, which is rare beside its moves. */
function dress(cursor: Drawn, member: MemberView): void {
  if (cursor.member === member) return;
  cursor.member = member;
  cursor.label.textContent = member.name;
  const { dataset, style } = cursor.element;
  dataset['session'] = member.sessionId;
  dataset['user'] = member.userId;
  dataset['liveness'] = member.liveness;
  style.setProperty('--presence-color', member.color);
  style.setProperty('--presence-on-color', inkOn(member.color));
}

/**
 * It moves by its transform: the browser shifts a finished picture and lays nothing out. The units
 * are those of the layer (`cqw`, `cqh`): when it changes size, every cursor stays on its place.
 * `--x` and `--y` let a label keep away from the edges.
 */
export function place(element: HTMLElement, x: number, y: number): void {
  element.style.setProperty('--x', String(x));
  element.style.setProperty('--y', String(y));
  element.style.transform = `translate(${percent(x)}cqw, ${percent(y)}cqh)`;
}

function percent(part: number): string {
  return (part * 100).toFixed(3);
}
