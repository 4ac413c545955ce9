// Where the others are in a medium, drawn by hand as cursors are: one mark each, with initials.

import type { CursorMap, Cursors } from './cursors.js';
import { initials } from './initials.js';
import { inkOn } from './ink.js';
import { playTime } from './play-time.js';
import type { MemberView } from './views.js';

export interface Moments {
  /** The medium's length in seconds. */
  readonly duration: number;
  /** Makes each mark a button that leads to its moment. */
  readonly pick?: ((seconds: number, member: MemberView) => void) | undefined;
}

interface Drawn {
  readonly element: HTMLElement;
  readonly name: HTMLElement;
  readonly initials: HTMLElement;
  member: MemberView | null;
  seconds: number;
}

/** Draws into `layer` until the function given back is called. */
export function drawMoments(cursors: Cursors, layer: HTMLElement, moments: Moments): () => void {
  const drawn = new Map<string, Drawn>();
  const unsubscribe = cursors.subscribe((now) => draw(now, drawn, layer, moments));
  return () => {
    unsubscribe();
    layer.replaceChildren();
  };
}

function draw(cursors: CursorMap, drawn: Map<string, Drawn>, layer: HTMLElement, moments: Moments): void {
  for (const [session, { timestamp, member }] of cursors) {
    if (timestamp === undefined) continue;
    const known = drawn.get(session);
    const mark = known ?? make(moments);
    dress(mark, member, timestamp);
    mark.element.style.insetInlineStart = `${(Math.min(1, timestamp / moments.duration) * 100).toFixed(3)}%`;
    if (known) continue;
    drawn.set(session, mark);
    layer.append(mark.element);
  }
  for (const [session, { element }] of drawn) {
    if (cursors.get(session)?.timestamp !== undefined) continue;
    element.remove();
    drawn.delete(session);
  }
}

function make({ pick }: Moments): Drawn {
  const element = document.createElement(pick ? 'button' : 'span');
  element.className = 'presence-moment';
  element.style.position = 'absolute';
  const short = document.createElement('span');
  short.className = 'presence-moment-initials';
  const name = document.createElement('span');
  name.className = 'presence-moment-name';
  // The name is in the label, which is read out.
  for (const part of [short, name]) part.setAttribute('aria-hidden', 'true');
  element.append(short, name);
  const mark: Drawn = { element, name, initials: short, member: null, seconds: 0 };
  if (pick) {
    element.setAttribute('type', 'button');
    element.addEventListener('click', () => mark.member && pick(mark.seconds, mark.member));
  } else {
    // Its name shows to who points at it, and to who comes by keyboard.
    element.tabIndex = 0;
    element.setAttribute('role', 'img');
  }
  return mark;
}

/** What is written is touched only when it changes: a mark moves far more often than its words. */
function dress(mark: Drawn, member: MemberView, seconds: number): void {
  const words = `${member.name}, ${playTime(seconds)}`;
  mark.seconds = seconds;
  if (mark.name.textContent !== words) {
    mark.name.textContent = words;
    mark.element.setAttribute('aria-label', words);
  }
  if (mark.member === member) return;
  mark.member = member;
  mark.initials.textContent = initials(member.name);
  const { dataset, style } = mark.element;
  dataset['session'] = member.sessionId;
  dataset['user'] = member.userId;
  dataset['liveness'] = member.liveness;
  style.setProperty('--presence-color', member.color);
  style.setProperty('--presence-on-color', inkOn(member.color));
}
