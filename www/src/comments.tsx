// What people say about the film, each at a moment of it. Only said, kept nowhere: who comes later begins anew.

import { useId, useRef, useState, type FormEvent, type RefObject } from 'react';
import { playTime, TypingIndicator } from 'presence-wasm/components';
import { useBroadcast, useRoom, useTyping } from 'presence-wasm/react';
import { useAudible } from './audible.ts';
import { comment, LONGEST_COMMENT, readSaid, type Comment } from './said.ts';

interface Shown extends Comment {
  readonly key: number;
  readonly name: string;
  readonly color: string | undefined;
  readonly own: boolean;
}

/** Older ones are let go. */
const MOST = 100;

export function Comments({ video }: { video: RefObject<HTMLVideoElement | null> }) {
  const title = useId();
  const room = useRoom();
  const count = useRef(0);
  const [shown, setShown] = useState<readonly Shown[]>([]);
  const show = (said: Comment, by: { name: string; color: string; own: boolean } | null) => {
    count.current += 1;
    const { name, color, own } = by ?? { name: 'Somebody', color: undefined, own: false };
    const one = { ...said, key: count.current, name, color, own };
    setShown((before) => [...before, one].slice(-MOST));
  };
  const broadcast = useBroadcast(({ data, sessionId }) => {
    const said = readSaid(data);
    const by = room.members.get().find((member) => member.sessionId === sessionId);
    if (said?.type === 'comment') show(said, by ?? null);
  });
  const send = (text: string) => {
    const own = room.self.get();
    const said = comment(text, video.current?.currentTime ?? 0);
    if (said === null || own === null) return;
    broadcast(said);
    show(said, own);
  };
  const seek = (seconds: number) => {
    if (video.current !== null) video.current.currentTime = seconds;
  };
  return (
    <section className="comments" aria-labelledby={title}>
      <h2 id={title}>Comments</h2>
      <ol role="log" aria-label="Comments" tabIndex={0} data-testid="comments">
        {shown.map(({ key, at, name, color, own, text }) => (
          <li key={key} style={{ '--color': color } as object}>
            <button type="button" title="Go there" onClick={() => seek(at)}>
              {playTime(at)}
            </button>
            <p>
              <strong>{own ? 'You' : name}</strong> {text}
            </p>
          </li>
        ))}
      </ol>
      {shown.length === 0 && <p className="note">Comments live as long as this page: whoever comes later does not see them.</p>}
      <CommentBox onSend={send} />
    </section>
  );
}

function CommentBox({ onSend }: { onSend: (text: string) => void }) {
  const id = useId();
  const { inputProps } = useTyping('comment');
  const isAudible = useAudible();
  // Enter submits, except the one that ends the composition of a character: the browser knows.
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    // What nobody would hear stays to be sent later.
    if (!isAudible) return;
    onSend(String(new FormData(event.currentTarget).get('text') ?? ''));
    event.currentTarget.reset();
  };
  return (
    <form className="comment-box" onSubmit={submit}>
      <TypingIndicator />
      <label className="unseen" htmlFor={id}>
        Say something
      </label>
      <input
        id={id}
        name="text"
        data-testid="comment"
        placeholder="Say something about this moment"
        autoComplete="off"
        maxLength={LONGEST_COMMENT}
        {...inputProps}
      />
      <button type="submit" className="primary" data-testid="send" aria-disabled={!isAudible}>
        Send
      </button>
    </form>
  );
}
