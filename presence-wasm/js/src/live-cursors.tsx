'use client';
// The cursors of the others over whatever people point at.

import { useEffect, useRef, type CSSProperties, type ReactElement } from 'react';

import { drawCursors } from './cursor-nodes.js';
import { useCursors } from './hooks.js';

export interface LiveCursorsProps {
  /**
   * What people point at: the pointer over it is shown to the others. The layer covers the nearest positioned element
   * around it, which has to be of the same size. Without one the others are only shown.
   */
  readonly surface?: { readonly current: Element | null } | undefined;
  /** The medium that plays on it: what is pointed at is then shown with the moment, as on `<TimelineCursors>`. */
  readonly media?: { readonly current: { readonly currentTime: number } | null } | undefined;
}

/** Cursors are placed in hundredths of this box. Needed to see anything, so it waits for no stylesheet. */
const LAYER: CSSProperties = {
  position: 'absolute',
  inset: 0,
  overflow: 'hidden',
  pointerEvents: 'none',
  containerType: 'size',
};

/**
 * A layer with everybody's cursors, put into the surface. Moves are drawn once a frame and render nothing. It says
 * nothing to screen readers: where somebody points means nothing without the picture.
 */
export function LiveCursors({ surface, media }: LiveCursorsProps): ReactElement {
  const cursors = useCursors(surface, media);
  const layer = useRef<HTMLDivElement>(null);
  useEffect(() => (layer.current ? drawCursors(cursors, layer.current) : undefined), [cursors]);
  return <div ref={layer} className="presence-cursors" style={LAYER} aria-hidden="true" />;
}
