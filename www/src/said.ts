// What people say to each other in the room: comments and reactions, as they cross by `room.broadcast`. What comes from
// others may be anything. Pure.

export interface Comment {
  readonly type: 'comment';
  readonly text: string;
  /** Where in the film, in seconds. */
  readonly at: number;
}

export interface Reaction {
  readonly type: 'reaction';
  readonly emoji: string;
  readonly timestamp: number;
}

export const EMOJIS: readonly (readonly [emoji: string, name: string])[] = [
  ['👍', 'Thumbs up'],
  ['❤️', 'Heart'],
  ['😂', 'Laughing'],
  ['🎉', 'Party'],
  ['👏', 'Applause'],
];

export const LONGEST_COMMENT = 500;

/** A comment of this page's own; null where there is nothing to say. */
export function comment(text: string, at: number): Comment | null {
  const trimmed = cut(text.trim());
  return trimmed === '' ? null : { type: 'comment', text: trimmed, at };
}

/** In whole characters: half of one is no text, and no server takes it. */
function cut(text: string): string {
  const end = (text.codePointAt(LONGEST_COMMENT - 1) ?? 0) > 0xffff ? LONGEST_COMMENT - 1 : LONGEST_COMMENT;
  return text.slice(0, end).replace(/\p{Surrogate}/gu, '\ufffd');
}

/** Null for what is neither. */
export function readSaid(data: unknown): Comment | Reaction | null {
  if (typeof data !== 'object' || data === null) return null;
  const { type, text, at, emoji, timestamp } = data as Record<string, unknown>;
  if (type === 'comment' && typeof text === 'string' && isMoment(at)) return comment(text, at);
  const isKnown = EMOJIS.some(([known]) => known === emoji);
  if (type === 'reaction' && isKnown) return { type, emoji: emoji as string, timestamp: isMoment(timestamp) ? timestamp : 0 };
  return null;
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
