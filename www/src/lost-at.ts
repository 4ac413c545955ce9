// When the line to the server was lost. What is shown since then is what was last heard.

import { useEffect, useState } from 'react';
import { useConnection } from 'presence-wasm/react';

/** By the server's clock, which `now` gives; null while the line is up. */
export function useLostAt(now: () => number): number | null {
  const online = useConnection().state === 'online';
  const [lostAt, setLostAt] = useState<number | null>(null);
  useEffect(() => setLostAt(online ? null : now()), [online, now]);
  return lostAt;
}
