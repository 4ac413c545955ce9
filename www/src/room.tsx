// One room: its name, who is in it, the surface they point at, and a box to type in.

import { AvatarStack } from './avatar-stack.tsx';
import { CommentBox } from './comment-box.tsx';
import { Surface } from './surface.tsx';

export function Room({ id }: { id: string }) {
  return (
    <section className="room" aria-labelledby="room-title">
      <header>
        <h1 id="room-title">
          <span>Room</span> {id}
        </h1>
        <AvatarStack />
      </header>
      <Surface />
      <CommentBox />
    </section>
  );
}
