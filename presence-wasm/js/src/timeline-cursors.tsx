'use client';
// Where the others are in a medium, and what everybody marked there: a layer over a timeline.

import { useEffect, useRef, type CSSProperties, type ReactElement } from 'react';

import { drawMoments } from './moment-nodes.js';
import { playTime } from './play-time.js';
import { useCursors, useRoom, useSlice } from './hooks.js';
import type { MemberView } from './views.js';

export interface TimelineCursorsProps {
  /** The medium's length in seconds; nothing is shown until it is known. */
  readonly duration: number | undefined;
  /** Makes the marks of the others buttons, as to seek to where they are. */
  readonly onPick?: ((seconds: number, member: MemberView) => void) | undefined;
}

/** What it needs to be seen, so it waits for no stylesheet. It covers the nearest positioned element around it. */
const LAYER: CSSProperties = { position: 'absolute', insetInline: 0, top: 0, bottom: 0, pointerEvents: 'none' };

/** Marks move without a render; ranges, which change when somebody selects, are rendered. */
export function TimelineCursors({ duration, onPick }: TimelineCursorsProps): ReactElement {
  const cursors = useCursors();
  const layer = useRef<HTMLDivElement>(null);
  const newest = useRef(onPick);
  useEffect(() => {
    newest.current = onPick;
  }, [onPick]);
  const length = duration !== undefined && duration > 0 && Number.isFinite(duration) ? duration : undefined;
  const isPicked = onPick !== undefined;
  useEffect(() => {
    if (!layer.current || length === undefined) return undefined;
    return drawMoments(cursors, layer.current, {
      duration: length,
      pick: isPicked ? (seconds, member) => newest.current?.(seconds, member) : undefined,
    });
  }, [cursors, length, isPicked]);
  return (
    <div className="presence-timeline" style={LAYER}>
      {length !== undefined && <Selections duration={length} />}
      <div ref={layer} className="presence-moments" />
    </div>
  );
}

function Selections({ duration }: { readonly duration: number }): ReactElement {
  const members = useSlice(useRoom().members, (all) => all.filter(({ selection }) => selection));
  return (
    <>
      {members.map((member) => (
        <Range key={member.sessionId} member={member} duration={duration} />
      ))}
    </>
  );
}

function Range({ member, duration }: { readonly member: MemberView; readonly duration: number }): ReactElement | null {
  const { selection, name, own, color } = member;
  if (!selection) return null;
  const { startTime, endTime } = selection;
  const percent = (seconds: number): number => Math.min(1, Math.max(0, seconds / duration)) * 100;
  const words = `${own ? 'Your selection' : `Selection of ${name}`}, ${playTime(startTime)} to ${playTime(endTime)}`;
  const style = {
    '--presence-color': color,
    position: 'absolute',
    insetInlineStart: `${percent(startTime)}%`,
    width: `${percent(endTime) - percent(startTime)}%`,
  } as CSSProperties;
  return (
    <span
      className="presence-selection"
      role="img"
      aria-label={words}
      title={words}
      data-user={member.userId}
      data-own={own}
      style={style}
    />
  );
}
