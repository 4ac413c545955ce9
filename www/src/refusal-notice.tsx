// What the server did not let through, for a moment, in its own words.

import { useEffect, useState } from 'react';
import { RefusedError } from 'presence-wasm';
import { usePresenceClient } from 'presence-wasm/react';

const SHOWN_MS = 6_000;

/** The server begins with the message it is about, which is no word for people. */
function wordsOf({ about, message }: RefusedError): string {
  return message.startsWith(`${about}: `) ? message.slice(about.length + 2) : message;
}

export function RefusalNotice() {
  const client = usePresenceClient();
  const [refused, setRefused] = useState<RefusedError | null>(null);
  useEffect(
    () =>
      client.onError((error) => {
        console.error(error);
        if (error instanceof RefusedError) setRefused(error);
      }),
    [client],
  );
  useEffect(() => {
    if (refused === null) return undefined;
    const timer = setTimeout(() => setRefused(null), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [refused]);
  return (
    <div className="refusal" role="alert" data-testid="refusal">
      {refused !== null && <p>That did not work: {wordsOf(refused)}.</p>}
    </div>
  );
}
