// One room: its name, who is in it, the surface they point at, and a box to type in.

import { AvatarStack } from './avatar-stack.tsx';
import { CommentBox } from './comment-box.tsx';
import { Surface } from './surface.tsx';
import type { Visit } from './visit.ts';

export function Room({ visit }: { visit: Visit }) {
  const room = visit.client.room(visit.roomId, { type: 'project' });
  return (
    <section className="room" aria-labelledby="room-title">
      <header>
        <h1 id="room-title">{visit.roomId}</h1>
        <AvatarStack />
      </header>
      <Surface room={room} />
      <CommentBox />
    </section>
  );
}
