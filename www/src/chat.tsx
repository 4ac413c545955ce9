// A conversation. Anything may be one that has a name, and nobody joins it: who may hear of it, the backend says.

import { useId, useState, type FormEvent } from 'react';
import { useChat, useConnection, useSelf } from 'presence-wasm/react';
import { say } from './say.ts';
import { useEnd } from './use-end.ts';

const CONVERSATION = 'conv-123';

export function Chat() {
  const id = useId();
  const said = useChat(CONVERSATION);
  const self = useSelf();
  const isOnline = useConnection().state === 'online';
  const [wrong, setWrong] = useState('');
  const { list, toEnd } = useEnd<HTMLOListElement>(said);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem('content') as HTMLInputElement; // see below
    const content = field.value.trim();
    if (content === '' || self === null || !isOnline) return;
    setWrong('');
    // At once: what is sent twice is said twice, and what is typed meanwhile stays.
    field.value = '';
    toEnd();
    say('/api/broadcast/chat', { conversationId: CONVERSATION, content, sender: self.name }).catch((error: Error) => {
      field.value = `${content} ${field.value}`.trim();
      setWrong(error.message);
    });
  };
  return (
    <section className="card comments chat" aria-labelledby={id}>
      <h2 id={id}>Conversation {CONVERSATION}</h2>
      <ol ref={list} role="log" aria-label="Conversation" tabIndex={0} data-testid="chat">
        {said.map(({ messageId, sender, content, at }) => (
          <li key={messageId}>
            <time dateTime={new Date(at).toISOString()}>{clock(at)}</time>
            <p>
              <strong>{sender === self?.name ? 'You' : sender}</strong> {content}
            </p>
          </li>
        ))}
      </ol>
      {said.length === 0 && <p className="note">What is said goes to everybody who is here, and is kept by nobody.</p>}
      <form className="comment-box" onSubmit={submit}>
        <label className="unseen" htmlFor={`${id}-content`}>
          Message
        </label>
        <input id={`${id}-content`} name="content" placeholder="Say something" autoComplete="off" maxLength={1000} data-testid="chat-content" />
        <button type="submit" className="primary" aria-disabled={!isOnline} data-testid="chat-send">
          Send
        </button>
      </form>
      <p className="said-told" role="status" data-wrong>
        {wrong}
      </p>
    </section>
  );
}

function clock(at: number): string {
  return new Date(at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
