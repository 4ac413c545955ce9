// A box to type in. There is nowhere to send it to: it shows the others that somebody types.

import { useId, type FormEvent } from 'react';
import { useConnection, useTyping } from 'presence-wasm/react';
import { typingWords } from './typing-words.ts';

export function CommentBox() {
  const id = useId();
  const { others, inputProps } = useTyping();
  const online = useConnection().state === 'online';
  // Nobody would tell us that they stopped.
  const words = online ? typingWords(others.map((user) => user.name)) : null;

  // Enter submits, except the one that ends the composition of a character: the browser knows.
  const clear = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    event.currentTarget.reset();
  };
  return (
    <form className="comment-box" onSubmit={clear}>
      <label htmlFor={id}>Say something</label>
      <p className="typing-line" aria-live="polite">
        {words !== null && (
          <span className="typing" data-testid="typing">
            {words}
            <span className="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
          </span>
        )}
      </p>
      <input
        id={id}
        data-testid="comment"
        placeholder="Others see you typing. Enter clears."
        autoComplete="off"
        {...inputProps}
      />
    </form>
  );
}
