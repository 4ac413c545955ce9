'use client';
// Who of the others is typing, in words and with dots.

import type { ReactElement } from 'react';

import { typingIn } from './people.js';
import { useConnection, useRoom, useSlice } from './hooks.js';
import { typingWords } from './typing-words.js';

export interface TypingIndicatorProps {
  /** Where they type, as given to `useTyping`. Default: anywhere in the room. */
  readonly context?: string | undefined;
  /** The sentence; never asked for nobody. Default: "Jane is typing…", "Jane and Tom are typing…", "3 people are typing…". */
  readonly words?: ((names: readonly string[]) => string) | undefined;
}

/** Says who is typing, and has it read out. It stays in the page when nobody does: what is new is not read out. */
export function TypingIndicator({ context, words = typingWords }: TypingIndicatorProps): ReactElement {
  const names = useSlice(useRoom().typing, (users) => typingIn(users, context).map(({ name }) => name));
  // Without a line nobody would tell us that they stopped.
  const online = useConnection().state === 'online';
  return (
    <p className="presence-typing" role="status" aria-live="polite">
      {online && names.length > 0 && (
        <>
          <span className="presence-typing-words">{words(names)}</span>
          <span className="presence-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
        </>
      )}
    </p>
  );
}
