// A box to type in. There is nowhere to send it to: it shows the others that somebody types.

import { useId, useState } from 'react';
import { useTyping } from 'presence-wasm/react';
import { typingWords } from './typing-words.ts';

export function CommentBox() {
  const id = useId();
  const [text, setText] = useState('');
  const typing = useTyping();
  const words = typingWords(typing.others.map((member) => member.name));

  return (
    <div className="comment-box">
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
        value={text}
        placeholder="Type, and the others see that you do. Enter clears."
        autoComplete="off"
        onChange={(event) => setText(event.target.value)}
      />
    </div>
  );
}
