// From what a text field tells to what a room is told. Works with React's events and the DOM's own.

import type { Room } from './room.js';

/** Handlers for a text field: spread them on it, or add them as listeners. */
export interface TypingInputProps {
  readonly onInput: (event: { readonly currentTarget: EventTarget | null }) => void;
  readonly onKeyDown: (event: { readonly key: string; readonly shiftKey: boolean }) => void;
  readonly onBlur: () => void;
}

/** One text field's share in who is typing. */
export interface TypingInput {
  readonly inputProps: TypingInputProps;
  /** The person types; call it again as they go on. */
  readonly start: () => void;
  /** The person stopped, or sent what they typed. */
  readonly stop: () => void;
}

/** Tells `room` while somebody types: any input starts; an emptied field, Enter or blur ends. */
export function typingInput(room: Pick<Room, 'setTyping'>, context = ''): TypingInput {
  const start = (): void => room.setTyping(context);
  const stop = (): void => room.setTyping(false);
  return {
    start,
    stop,
    inputProps: {
      onInput: ({ currentTarget }) => {
        // Of an editable element that is no form field nothing is known but that it changed.
        const { value } = (currentTarget ?? {}) as Partial<HTMLInputElement>;
        if (value === '') stop();
        else start();
      },
      onKeyDown: ({ key, shiftKey }) => {
        if (key === 'Enter' && !shiftKey) stop();
      },
      onBlur: stop,
    },
  };
}
