// Listening to events, and ending it.

/**
 * Listens to `target` for events by their names, until the function given back is called. With `capture`
 * nobody on the way to an event's target can keep it from us.
 */
export function listen(
  target: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>,
  hear: Readonly<Record<string, (event: never) => void>>,
  capture = false,
): () => void {
  const options = { capture, passive: true };
  // A name tells what its events are; the types do not know that.
  const wired = Object.entries(hear) as [string, EventListener][];
  for (const [name, listener] of wired) target.addEventListener(name, listener, options);
  return () => {
    for (const [name, listener] of wired) target.removeEventListener(name, listener, options);
  };
}
