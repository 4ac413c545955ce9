// A list that shows what comes last, unless its reader looks at what came before.

import { useCallback, useEffect, useLayoutEffect, useRef, type RefObject } from 'react';

/** So near to its end it is at its end: browsers round. */
const NEAR_PX = 8;

interface End<E> {
  readonly list: RefObject<E | null>;
  /** Goes to the end, wherever the reader is, and stays there. */
  readonly toEnd: () => void;
}

export function useEnd<E extends HTMLElement>(entries: readonly unknown[]): End<E> {
  const list = useRef<E>(null);
  const isAtEnd = useRef(true);
  const follow = useCallback(() => {
    if (isAtEnd.current && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, []);
  useLayoutEffect(follow, [follow, entries]);
  useEffect(() => {
    const shown = list.current;
    if (shown === null) return undefined;
    const look = () => {
      // On a tab that is not shown nothing has a size.
      if (shown.clientHeight > 0) isAtEnd.current = shown.scrollHeight - shown.clientHeight - shown.scrollTop < NEAR_PX;
    };
    shown.addEventListener('scroll', look, { passive: true });
    // A tab that is shown again begins at the top.
    const resized = new ResizeObserver(follow);
    resized.observe(shown);
    return () => {
      shown.removeEventListener('scroll', look);
      resized.disconnect();
    };
  }, [follow]);
  const toEnd = useCallback(() => {
    isAtEnd.current = true;
    follow();
  }, [follow]);
  return { list, toEnd };
}
