// Whether what is said in the room now is heard by anybody.

import { useConnection, useRoom, useSlice } from 'presence-wasm/react';

/** Not without a line, and not of who is not seen to be here. */
export function useAudible(): boolean {
  const isInside = useSlice(useRoom().self, (self) => self !== null);
  return useConnection().state === 'online' && isInside;
}
