// A row of emojis that everybody sees float over the film.

import { useEffect, useState, type RefObject } from 'react';
import { useBroadcast, useRoom } from 'presence-wasm/react';
import { announcer } from './announcer.ts';
import { useAudible } from './audible.ts';
import { float } from './reaction-layer.ts';
import { EMOJIS, readSaid, type Reaction } from './said.ts';

interface Props {
  readonly layer: RefObject<HTMLDivElement | null>;
  readonly video: RefObject<HTMLVideoElement | null>;
}

export function Reactions({ layer, video }: Props) {
  const room = useRoom();
  const [last, setLast] = useState('');
  const [{ announce, end }] = useState(() => announcer(setLast));
  useEffect(() => end, [end]);
  const isAudible = useAudible();
  const show = ({ emoji }: Reaction, name: string) => {
    if (layer.current !== null) float(layer.current, emoji, name);
    announce(`${name}: ${EMOJIS.find(([one]) => one === emoji)?.[1] ?? emoji}`);
  };
  const broadcast = useBroadcast(({ data, sessionId }) => {
    const said = readSaid(data);
    const by = room.members.get().find((member) => member.sessionId === sessionId);
    if (said?.type === 'reaction' && by !== undefined) show(said, by.name);
  });
  const react = (emoji: string) => {
    // Nobody would see it.
    if (!isAudible) return;
    const reaction: Reaction = { type: 'reaction', emoji, timestamp: video.current?.currentTime ?? 0 };
    broadcast(reaction);
    show(reaction, 'You');
  };
  return (
    <div className="reaction-bar" role="group" aria-label="React">
      {EMOJIS.map(([emoji, name]) => (
        <button key={emoji} type="button" aria-label={name} title={name} aria-disabled={!isAudible} onClick={() => react(emoji)}>
          {emoji}
        </button>
      ))}
      <span className="unseen" role="status">
        {last}
      </span>
    </div>
  );
}
