// Something that the server tells only those who ask for it, whatever room they are in.

import type { Client, News } from './client.js';
import { Hold } from './hold.js';
import { written } from './message.js';

/** A component that is mounted elsewhere is no reason to ask again. */
const GRACE_MS = 1_000;

export interface Ears {
  /** Hears what is told, and each greeting, after which nothing is known of what came before. */
  readonly hear: (news: News) => void;
  /** The line is lost, or nobody listens any more. */
  readonly lose: () => void;
}

/** Asks for a feed on each line while it is held. */
export function feed(client: Client, name: 'agents' | 'messages', { hear, lose }: Ears): Hold {
  let ends: readonly (() => void)[] = [];
  const ask = (): void => client.post(written(`subscribe.${name}`, {}));
  const raise = (): void => {
    const heard = (news: News): void => {
      if (news.kind === 'self') ask();
      hear(news);
    };
    const watched = ({ state }: { readonly state: string }): void => {
      if (state !== 'online') lose();
    };
    ends = [client.onNews(heard), client.connection.subscribe(watched)];
    ask();
  };
  const lower = (): void => {
    for (const end of ends) end();
    client.post(written(`unsubscribe.${name}`, {}));
    lose();
  };
  return new Hold(GRACE_MS, raise, lower);
}

/** One of a kind for each client, made when it is first asked for. */
export function onePerClient<T>(make: (client: Client) => T): (client: Client) => T {
  const made = new WeakMap<Client, T>();
  return (client) => {
    const own = made.get(client) ?? make(client);
    made.set(client, own);
    return own;
  };
}
