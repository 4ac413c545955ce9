// The client: what is wanted (kept here, and said again to a new engine) and what is known, as
// stores. Made without side effects; the engine is loaded at the first start.

import type { LoadEngine } from './engine/contract.js';
import { driverWith } from './engine/driver.js';
import { RefusedError } from './errors.js';
import { Hold, whileWatched } from './hold.js';
import { Listeners } from './listeners.js';
import { written } from './message.js';
import { engineOptions, infoOf, type ClientOptions } from './options.js';
import { statusIn, usersOf, type UserView } from './people.js';
import { chosen, keepChoice, kept, type Privacy } from './privacy.js';
import { RoomHandle, type Room, type RoomLink, type RoomType } from './room.js';
import { cell, derive, keep, type Store } from './store.js';
import { NONE, Table } from './table.js';
import {
  INPUT,
  PRESENCE,
  type ConnectionView,
  type EngineUpdate,
  type FeedUpdate,
  type InstanceEntry,
  type InstancesUpdate,
  type Millis,
  type SelfUpdate,
  type SelfView,
  type Status,
  type TokenReason,
  type TypistsUpdate,
} from './types.gen.js';
import type { InstanceView } from './views.js';

/** How the line to the server is. All moments are `Date.now()` in ms. */
export interface Connection extends Readonly<ConnectionView> {
  /** Why the server closed the last line, in its words; absent where it said nothing. */
  readonly closeReason?: string;
  /** Why the engine could not be loaded or kept running; only with `stopped`. */
  readonly error?: Error;
}

/** The list of who is here. */
export interface InstancesSnapshot {
  readonly entries: readonly InstanceView[];
  /** More are here than the server lists. */
  readonly truncated: boolean;
}

/** One page's share in presence. */
export interface Client {
  readonly connection: Store<Connection>;
  /** Who the server says this page is; null until it did. */
  readonly self: Store<SelfView | null>;
  /** Who is here, one entry per installed client. Heard of while somebody listens. */
  readonly instances: Store<InstancesSnapshot>;
  /** Who is here, one entry per user. Heard of while somebody listens. */
  readonly users: Store<readonly UserView[]>;
  /** A user's status by `users`; `offline` for who is not in it. */
  readonly status: (userId: string) => Status;
  /**
   * The instance ids of those who type in a conversation, this page's own among them, in the order of beginning. Heard
   * of while somebody listens.
   */
  readonly typingUsers: (sessionKey: string) => Store<readonly string[]>;
  /** Says that this page's person is typing in a conversation, or no more. It ends by itself after 5 s. */
  readonly setSessionTyping: (sessionKey: string, isTyping: boolean) => void;
  /**
   * Says what the person does, and something about it of at most 100 characters, until it is said otherwise or this
   * page ends. The newest of all their pages holds; `active` ends it. A server that starts anew is told by each page what
   * that one said, and takes what it hears last for the newest.
   */
  readonly setStatus: (status: Status, message?: string) => void;
  readonly privacy: Store<Privacy>;
  /** Changes what others see of the person; what is left out stays. It holds in this tab, also after a reload. */
  readonly setPrivacy: (change: Partial<Privacy>) => void;
  /** The handle of a room, always the same one for the same id and type. Enter it to be in it. */
  readonly room: (id: string, options: { readonly type: RoomType }) => Room;
  /** Connects, and stays connected until `stop`. Outside of a page it does nothing, unless `webSocket` was given. */
  readonly start: () => void;
  /** Says goodbye and disconnects, whoever still retains the client. */
  readonly stop: () => void;
  /** Connects while anybody retains it; it disconnects 1 s after the last of them let go. */
  readonly retain: () => () => void;
  /** Does not wait for the next attempt to connect; tries again also after `stopped` with an error. */
  readonly retryNow: () => void;
  /** The person did something that the page's own events do not show. */
  readonly noteInput: () => void;
  /** The server's clock as far as it is known, in ms. */
  readonly serverNow: () => Millis;
  /** Hears of failures and refusals. Without a listener they go to the console. */
  readonly onError: (listener: (error: Error) => void) => () => void;
  /** Hears of each instance that comes; those already here when the list arrives are not told. */
  readonly onJoined: (listener: (entry: InstanceView) => void) => () => void;
  /** Hears of each instance that goes. */
  readonly onLeft: (listener: (entry: InstanceView) => void) => () => void;
  /** @internal Says a message, as text, in this page's session; nothing while it has none. */
  readonly post: (text: string) => void;
  /** @internal Hears each greeting, and what only those hear who asked for it. */
  readonly onNews: (listener: (news: News) => void) => () => void;
}

export type News = SelfUpdate | FeedUpdate;

/** A change of route, or a list that is mounted elsewhere, is no reason to disconnect. */
const GRACE_MS = 1_000;

/** The WebSocket subprotocol. */
const PROTOCOLS = ['presence.v1'];

const INITIAL: Connection = Object.freeze({ state: 'initial', attempt: 0, since: 0 });
/** Who types, by conversation; of those in which nobody does it holds nothing. */
type Typists = ReadonlyMap<string, readonly string[]>;

/** A session that the server took up again was silent for less long: it has read what was said before. */
const READ_MS = 60_000;

const NOBODY: InstancesSnapshot = Object.freeze({ entries: NONE, truncated: false });

/** A client whose engine comes from `load`; without one, a client for a server, which never starts. */
export function clientWith(load: LoadEngine | undefined, options: ClientOptions): Client {
  const connection = cell(INITIAL);
  const self = cell<SelfView | null>(null);
  const table = new Table<InstanceView>((instance) => instance.id);
  const rooms = new Map<string, RoomHandle>();
  /** Rooms that are entered, by id: an id can be open under one type only. */
  const open = new Map<string, RoomHandle>();
  let listed = false;
  let closeReason = '';
  let { token } = options;
  let isAsking = false;
  let status: string | undefined;
  /** Until when a server that takes the session up again may not have read it. */
  let unreadUntil = 0;
  let knowsTime = false;
  const privacy = cell(chosen(undefined, options.privacy));
  // A server renders for many, and knows no tab.
  if (load) privacy.set(chosen(privacy.get(), kept()));

  const driver = driverWith(load, {
    options: () => engineOptions(options, privacy.get(), self.get()?.sessionId),
    closed: (reason) => void (closeReason = reason),
    openSocket: (url) => options.webSocket?.(url, PROTOCOLS) ?? new WebSocket(url, PROTOCOLS),
    announce: (engine) => {
      knowsTime = false;
      engine.setToken(token, !!options.getToken);
      if (presence.isUp) engine.tell(PRESENCE, 1);
      open.forEach((room) => room.announce(engine));
    },
    taken: (updates, moves) =>
      updates.forEach((update) => {
        try {
          apply(update, moves);
        } catch (error) {
          failed(error as Error);
        }
      }),
    show: (state, more) => connection.set(Object.freeze({ state, attempt: 0, since: Date.now(), ...more })),
    failed,
  });

  const running = new Hold(GRACE_MS, () => driver.start(), () => driver.stop());
  const presence = new Hold(GRACE_MS, () => setPresence(true), () => setPresence(false));

  const errors = new Listeners<Error>();
  const news = new Listeners<News>();
  const joined = new Listeners<InstanceView>(whileWatched(presence));
  const left = new Listeners<InstanceView>(whileWatched(presence));
  const instances = cell(NOBODY, whileWatched(presence));
  const typists = cell<Typists>(new Map(), whileWatched(presence));
  const users = derive(instances, ({ entries }, before: readonly UserView[] | undefined) => usersOf(entries, before));

  function setPresence(on: boolean): void {
    listed = false;
    driver.call((engine) => engine.tell(PRESENCE, +on));
  }

  function failed(error: Error): void {
    if (errors.isEmpty) console.error(error);
    errors.tell(error);
  }

  /** An engine that takes over while the app is asked gets the answer in place of the one that asked. */
  async function ask(reason: TokenReason): Promise<void> {
    if (isAsking) return;
    isAsking = true;
    let answer: string | undefined;
    try {
      const given = await options.getToken!(reason); // no engine asks without one
      if (!given) throw new Error('getToken gave no token');
      answer = token = `${given}`; // what is no text, and comes from plain JavaScript, would end the engine
    } catch (error) {
      failed(error as Error);
    }
    isAsking = false;
    driver.call((engine) => engine.setToken(answer, true));
  }

  function apply(update: EngineUpdate, moves: Float64Array): void {
    // Told before any entry that is ours.
    const ours = self.get()?.sessionId ?? '';
    switch (update.kind) {
      case 'connection':
        return showConnection(update.connection);
      case 'self':
        greeted(update);
        break;
      case 'instances':
        return applyInstances(update, (entry) => ({ ...entry, own: entry.sessions.includes(ours) }));
      case 'room':
        return open.get(update.roomId)?.apply(update, (entry) => ({ ...entry, own: entry.sessionId === ours }));
      case 'cursors':
        return open.get(update.roomId)?.cursors.move(moves, update.from, update.to);
      case 'watch':
        return open.get(update.roomId)?.applyWatch(update);
      case 'broadcast':
        return open.get(update.roomId)?.hear(update);
      case 'typists':
        return applyTypists(update);
      case 'typistsUnknown':
        return typists.set(new Map());
      case 'refused':
        // It would be refused again at each return.
        if (update.about === 'setStatus' && !update.refusal.retryable) status = undefined;
        return failed(new RefusedError(update.about, update.refusal));
      case 'token':
        return void ask(update.reason);
    }
    news.tell(update);
  }

  function greeted(update: SelfUpdate): void {
    self.set(keep(self.get(), Object.freeze(update.self)));
    knowsTime = true;
    serverNow();
    // If the server knew us, another page of the person may have said something newer since.
    if (!update.resumed || Date.now() < unreadUntil) sayStatus(true);
    // Else what rooms watched is told if it still is so.
    if (!update.resumed) open.forEach((room) => room.forgetWatch());
  }

  function showConnection(line: ConnectionView): void {
    const told = line.closeCode !== undefined && closeReason !== '';
    connection.set(keep(connection.get(), Object.freeze(told ? { ...line, closeReason } : line)));
  }

  function applyInstances(update: InstancesUpdate, view: (entry: InstanceEntry) => InstanceView): void {
    const change = table.apply(update.whole, update.changed.map(view), update.left);
    instances.set(keep(instances.get(), Object.freeze({ entries: table.values, truncated: update.truncated })));
    // The first list only says who was here before us.
    if (listed) {
      change.joined.forEach((entry) => joined.tell(entry));
      change.left.forEach((entry) => left.tell(entry));
    }
    listed = true;
  }

  function applyTypists({ sessionKey, instanceIds }: TypistsUpdate): void {
    const now = new Map(typists.get());
    if (instanceIds.length > 0) now.set(sessionKey, Object.freeze(instanceIds));
    else now.delete(sessionKey);
    typists.set(now);
  }

  function setStatus(name: Status, statusMessage?: string): void {
    status = written('setStatus', { status: name, statusMessage });
    sayStatus(connection.get().state === 'online');
  }

  function sayStatus(isHeard: boolean): void {
    const said = status;
    unreadUntil = isHeard ? Date.now() + READ_MS : Infinity;
    if (said) post(said);
  }

  function post(text: string): void {
    driver.call((engine) => engine.post('', text));
  }

  function setPrivacy(change: Partial<Privacy>): void {
    const data = chosen(privacy.get(), change);
    privacy.set(data);
    if (load) keepChoice(change, data);
    post(written('privacy', { data }));
    // For the lines to come, and so that rooms which were refused for it are asked for again.
    driver.call((engine) => engine.setInfo(infoOf(options, data)));
  }

  /** Without an engine that knows the server's clock it goes on as it went: a new one has the page's, which may be wrong. */
  let ahead = 0;
  function serverNow(): Millis {
    const now = knowsTime ? driver.call((engine) => engine.serverNow()) : undefined;
    if (now !== undefined) ahead = now - Date.now();
    return Date.now() + ahead;
  }

  const link: RoomLink = {
    setStatus,
    serverNow,
    tell: (what) => void driver.call(what),
    ownUserId: () => self.get()?.userId,
    opened: (room) => {
      open.get(room.id)?.expel();
      open.set(room.id, room);
    },
    closed: (room) => void open.delete(room.id),
  };

  function room(id: string, { type }: { readonly type: RoomType }): Room {
    // The server trims ids. What is no text, and comes from plain JavaScript, would end the engine.
    const trimmed = `${id}`.trim();
    const kind = `${type}` as const;
    const key = `${kind}/${trimmed}`;
    const handle = rooms.get(key) ?? new RoomHandle(trimmed, kind, link);
    // A server renders rooms without end and enters none.
    if (load) rooms.set(key, handle);
    return handle;
  }

  let unpin: (() => void) | undefined;
  return {
    connection,
    self,
    instances,
    users,
    status: (userId) => statusIn(users.get(), userId),
    typingUsers: (sessionKey) => {
      const key = `${sessionKey}`.trim(); // as the server does
      return derive(typists, (all, before: readonly string[] | undefined) => keep(before, all.get(key) ?? NONE));
    },
    // What is no text, and comes from plain JavaScript, would end the engine.
    setSessionTyping: (sessionKey, isTyping) =>
      void driver.call((engine) => engine.setSessionTyping(`${sessionKey}`, !!isTyping)),
    room,
    start: () => void (unpin ??= running.take()),
    stop: () => {
      unpin?.();
      unpin = undefined;
      running.drop();
    },
    retain: () => running.take(),
    retryNow: () => {
      if (running.isUp) driver.retryNow();
    },
    noteInput: () => void driver.call((engine) => engine.tell(INPUT, 0)),
    setStatus,
    privacy,
    setPrivacy,
    serverNow,
    onError: errors.add,
    onJoined: joined.add,
    onLeft: left.add,
    post,
    onNews: news.add,
  };
}
