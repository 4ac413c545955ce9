// What a player does, for React: read again at each of its events.

import { useCallback, useSyncExternalStore } from 'react';

const EVENTS = ['play', 'pause', 'ended', 'seeking', 'seeked', 'ratechange', 'durationchange', 'loadedmetadata', 'emptied'];

/** What `read` gives of the player; renders when that changes, so it should be a plain value. */
export function useVideo<T>(video: HTMLVideoElement | null, read: (video: HTMLVideoElement) => T, otherwise: T): T {
  const subscribe = useCallback(
    (listener: () => void) => {
      EVENTS.forEach((name) => video?.addEventListener(name, listener));
      return () => EVENTS.forEach((name) => video?.removeEventListener(name, listener));
    },
    [video],
  );
  return useSyncExternalStore(subscribe, () => (video === null ? otherwise : read(video)));
}

/** Calls `show` with each moment that is shown, once a frame while it plays, until the function given back is called. */
export function followTime(video: HTMLVideoElement, show: (seconds: number) => void): () => void {
  let frame = 0;
  const update = () => {
    cancelAnimationFrame(frame);
    show(video.currentTime);
    if (!video.paused) frame = requestAnimationFrame(update);
  };
  EVENTS.forEach((name) => video.addEventListener(name, update));
  update();
  return () => {
    cancelAnimationFrame(frame);
    EVENTS.forEach((name) => video.removeEventListener(name, update));
  };
}
