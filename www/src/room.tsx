// One room: its name, who is in it, the film they watch and point at, what they say about it, and who drives.

import { useCallback, useRef, useState } from 'react';
import { AvatarStack } from 'presence-wasm/components';
import { Comments } from './comments.tsx';
import { Film } from './film.tsx';
import { InvisibleNotice, OwnMenu } from './own-menu.tsx';
import { PeopleList } from './people-list.tsx';
import { Player } from './player.tsx';
import { Reactions } from './reactions.tsx';
import { RefusalNotice } from './refusal-notice.tsx';
import type { Visit } from './visit.ts';
import { WatchPanel } from './watch-panel.tsx';

/** As many as fit beside the room's name; the list of people has them all. */
const SHOWN = 5;

export function Room({ visit }: { visit: Visit }) {
  // For what reads it now and then, and for what has to render when it comes.
  const video = useRef<HTMLVideoElement>(null);
  const [element, setElement] = useState<HTMLVideoElement | null>(null);
  const reactions = useRef<HTMLDivElement>(null);
  const onVideo = useCallback((found: HTMLVideoElement | null) => {
    video.current = found;
    setElement(found);
  }, []);
  return (
    <div className="columns">
      <section className="room" aria-labelledby="room-title">
        <div className="card">
          <header>
            <h1 id="room-title">
              <span>Room</span> {visit.roomId}
            </h1>
            <AvatarStack max={SHOWN} />
            <OwnMenu />
          </header>
          <InvisibleNotice />
          <Film video={video} onVideo={onVideo} reactions={reactions} />
          <Player video={element} />
          <RefusalNotice />
        </div>
        <div className="card talk">
          <Reactions layer={reactions} video={video} />
          <Comments video={video} />
        </div>
      </section>
      <div className="side">
        <div className="card">
          <WatchPanel video={video} />
        </div>
        <PeopleList visit={visit} />
      </div>
    </div>
  );
}
