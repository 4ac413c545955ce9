// The film follows the room from here: whatever changes as it does renders this panel alone.

import type { RefObject } from 'react';
import { WatchTogether } from 'presence-wasm/components';
import { usePlayback } from 'presence-wasm/react';

export function WatchPanel({ video }: { video: RefObject<HTMLVideoElement | null> }) {
  return <WatchTogether playback={usePlayback(video)} />;
}
