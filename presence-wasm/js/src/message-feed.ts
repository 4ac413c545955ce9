// What is said to people, whatever room they are in, as stores.

import type { Client } from './client.js';
import { feed, onePerClient } from './feed.js';
import { whileWatched } from './hold.js';
import { Recent } from './recent.js';
import { cell, derive, keep, type Store } from './store.js';
import { NONE } from './table.js';
import type { AgentStatusUpdate, Availability, ChatUpdate, NotificationLevel, NotificationUpdate, Status } from './types.gen.js';

/** Something that this page's person is to know. */
export type UserNotification = Readonly<Omit<NotificationUpdate, 'kind'>>;

/** Something said in a conversation. */
export type ChatMessage = Readonly<Omit<ChatUpdate, 'kind'>>;

/** What an agent says of itself. */
export type AgentNotice = Readonly<Omit<AgentStatusUpdate, 'kind'>>;

export interface MessageFeed {
  /** What the person was told and did not dismiss, the oldest first; each once, however often it comes. */
  readonly notifications: Store<readonly UserNotification[]>;
  readonly dismiss: (id: string) => void;
  /** Dismisses all of them. */
  readonly clear: () => void;
  /** What was said in a conversation since somebody listens, the oldest first. */
  readonly chat: (conversationId: string) => Store<readonly ChatMessage[]>;
  /** What a user was last told to do, or what the list of who is here says. */
  readonly availability: (userId: string) => Store<Availability>;
  /** What each agent said of itself last, by name. */
  readonly agents: Store<readonly AgentNotice[]>;
}

/** So many are kept of each; the oldest go first, but no conversation that somebody listens to. */
const NOTIFICATIONS = 100;
const DISMISSED = 1_000;
const CONVERSATIONS = 100;
const MESSAGES = 500;
const PEOPLE = 10_000;
const AGENTS = 1_000;

/** What a status is called where people are told of each other. */
const AVAILABLE: Readonly<Record<Status, Availability>> = {
  active: 'online',
  idle: 'away',
  away: 'away',
  busy: 'busy',
  reviewing: 'busy',
  offline: 'offline',
};

/** Whether it stays until somebody dismisses it. */
export function isUrgent({ level }: { readonly level: NotificationLevel }): boolean {
  return level === 'warning' || level === 'error';
}

/** What is said to this page's person, the same stores for the same client. It is heard while somebody listens. */
export const followMessages: (client: Client) => MessageFeed = onePerClient((client) => {
  const hold = feed(client, 'messages', {
    lose: forget,
    hear: (news) => {
      switch (news.kind) {
        case 'self':
          return forget();
        case 'notification':
          return notify(Object.freeze(without(news)));
        case 'chat_message':
          return say(Object.freeze(without(news)));
        case 'user_presence':
          return people.put(news.userId, news.status);
        case 'agent_status':
          return agents.put(news.agentName, Object.freeze(without(news)));
      }
    },
  });
  const dismissed = new Recent<true>(DISMISSED);
  const notifications = cell<readonly UserNotification[]>(NONE, whileWatched(hold));
  /** How many listen to each conversation. */
  const listening = new Map<string, number>();
  const chats = new Recent<readonly ChatMessage[]>(CONVERSATIONS, whileWatched(hold), (id) => listening.has(id));
  const people = new Recent<Availability>(PEOPLE, whileWatched(hold));
  const agents = new Recent<AgentNotice>(AGENTS, whileWatched(hold));

  /** What was missed meanwhile nobody tells again. Of people the list of who is here knows. */
  function forget(): void {
    people.clear();
    agents.clear();
  }

  function notify(told: UserNotification): void {
    const before = notifications.get();
    if (dismissed.get(told.id) || before.some(({ id }) => id === told.id)) return;
    const all = [...before, told];
    if (all.length > NOTIFICATIONS) all.splice(Math.max(0, all.findIndex((one) => !isUrgent(one))), 1);
    notifications.set(Object.freeze(all));
  }

  function dismiss(id: string): void {
    dismissed.put(id, true);
    const left = notifications.get().filter((told) => told.id !== id);
    notifications.set(left.length === 0 ? NONE : Object.freeze(left));
  }

  /** What is said again under the same id takes the place of what it was. */
  function say(message: ChatMessage): void {
    const { conversationId, messageId } = message;
    const before = chats.get(conversationId) ?? NONE;
    const isAgain = before.some((said) => said.messageId === messageId);
    const after = isAgain
      ? before.map((said) => (said.messageId === messageId ? message : said))
      : [...before, message].slice(-MESSAGES);
    chats.put(conversationId, Object.freeze(after));
  }

  return {
    notifications,
    dismiss,
    clear: () => notifications.get().forEach(({ id }) => dismiss(id)),
    chat: (conversationId) => {
      const said = derive(chats.changes, () => chats.get(conversationId) ?? NONE);
      const subscribe: typeof said.subscribe = (listener) => {
        count(listening, conversationId, 1);
        const end = said.subscribe(listener);
        let isOver = false;
        return () => {
          if (isOver) return;
          isOver = true;
          end();
          count(listening, conversationId, -1);
        };
      };
      return { ...said, subscribe };
    },
    availability: (userId) => {
      const get = (): Availability => people.get(userId) ?? AVAILABLE[client.status(userId)];
      const subscribe: Store<Availability>['subscribe'] = (listener) => {
        let told = get();
        const look = (): void => {
          if (get() !== told) listener((told = get()));
        };
        const ends = [people.changes.subscribe(look), client.users.subscribe(look)];
        return () => ends.forEach((end) => end());
      };
      return { initial: 'offline', get, subscribe };
    },
    agents: derive(agents.changes, (_, before: readonly AgentNotice[] | undefined) =>
      keep<readonly AgentNotice[]>(before, Object.freeze(agents.values().sort(byName))),
    ),
  };
});

function count(counts: Map<string, number>, key: string, more: number): void {
  const now = (counts.get(key) ?? 0) + more;
  if (now === 0) counts.delete(key);
  else counts.set(key, now);
}

function byName(a: AgentNotice, b: AgentNotice): number {
  return a.agentName < b.agentName ? -1 : 1;
}

function without<T extends { readonly kind: string }>({ kind: _, ...rest }: T): Omit<T, 'kind'> {
  return rest;
}
