// The state of the connection in plain words, and what can be done about it. Pure.

import type { Connection } from 'presence-wasm';

export interface ConnectionWords {
  /** `fine` is a whisper, `busy` will pass, `down` needs to be read. */
  readonly tone: 'fine' | 'busy' | 'down';
  readonly title: string;
  readonly help?: string;
  readonly action?: 'retry' | 'resume' | 'rename';
}

/** Close codes of the server that have a remedy of their own. */
const RESTARTING = 1012;
const REPLACED = 4500;
const UNAUTHORIZED = 4501;

export const ACTION_WORDS = { retry: 'Try now', resume: 'Come back', rename: 'Choose another name' } as const;

/**
 * @param wasOnline whether this page ever reached the server
 * @param network whether the browser believes in a network
 */
export function connectionWords(view: Connection, wasOnline: boolean, network: boolean): ConnectionWords {
  switch (view.state) {
    case 'online':
      return { tone: 'fine', title: 'Connected' };
    case 'initial':
    case 'connecting':
      return { tone: 'busy', title: wasOnline ? 'Connecting again…' : 'Connecting…' };
    case 'waiting':
      return waiting(view, wasOnline, network);
    case 'stopped':
      return stopped(view);
    case 'refused':
      return refused(view);
  }
}

function stopped({ error }: Connection): ConnectionWords {
  if (error === undefined) {
    return { tone: 'down', title: 'You have left.', help: 'Nobody sees you now.', action: 'resume' };
  }
  return { tone: 'down', title: 'This page could not start.', help: `${error.message}.`, action: 'retry' };
}

function waiting(view: Connection, wasOnline: boolean, network: boolean): ConnectionWords {
  if (!network) {
    const help = 'The page connects by itself as soon as there is a network.';
    return { tone: 'down', title: 'This device is offline.', help, action: 'retry' };
  }
  if (view.closeCode === RESTARTING) return { tone: 'down', title: 'The server is restarting.', action: 'retry' };
  if (wasOnline) return { tone: 'down', title: 'Connection lost.', action: 'retry' };
  const help = 'Start presence-server and open the page it serves.';
  return { tone: 'down', title: 'No server answers here.', help, action: 'retry' };
}

function refused({ closeCode, closeReason }: Connection): ConnectionWords {
  if (closeCode === UNAUTHORIZED) {
    const help = 'It asks for a signed token instead.';
    return { tone: 'down', title: 'The server does not take this name.', help, action: 'rename' };
  }
  if (closeCode === REPLACED) {
    return { tone: 'down', title: 'You are here in another window.', help: 'It took this one’s place.', action: 'resume' };
  }
  const title = closeReason ? `The server refused: ${closeReason}.` : 'The server refused.';
  return { tone: 'down', title, action: 'resume' };
}
