// One room as the page sees it: what is wanted of it (kept here, so that a new engine can be told)
// and what is known of it. Knows no client: what it needs of one is its `RoomLink`.

import { CursorLayer, type CursorPlace, type Cursors } from './cursors.js';
import type { Engine } from './engine/contract.js';
import { Hold } from './hold.js';
import { Listeners } from './listeners.js';
import { written } from './message.js';
import { othersOf, typingIn, type OtherUser } from './people.js';
import { cell, derive, keep, share, type Store } from './store.js';
import { NONE, Table } from './table.js';
import {
  type BroadcastUpdate,
  type MemberEntry,
  type Millis,
  type RefusalView,
  type RoomKind,
  type RoomState,
  type RoomUpdate,
  type Status,
  type WatchUpdate,
} from './types.gen.js';
import type { MemberView } from './views.js';
import { NOTHING, watchOf, type Broadcast, type PlaybackSaid, type Selection, type Watch } from './watch.js';

/** What a room is about. The same id under another type is another room. */
export type RoomType = RoomKind;

/** Where this page stands with a room. */
export interface RoomStateView {
  readonly state: 'outside' | RoomState;
  /** Why the room was refused. */
  readonly refusal?: RefusalView;
}

/** A room: the same handle for everybody who asks a client for the same id and type. */
export interface Room {
  readonly id: string;
  readonly type: RoomType;
  /** Everyone in the room, this page's session too, in order of joining. */
  readonly members: Store<readonly MemberView[]>;
  /** The other users, each over all of their sessions; this page's own user is left out. */
  readonly others: Store<readonly OtherUser[]>;
  /** Those of the others who are typing. */
  readonly typing: Store<readonly OtherUser[]>;
  /** This page's own session in the room; null while it is not in. */
  readonly self: Store<MemberView | null>;
  readonly state: Store<RoomStateView>;
  readonly cursors: Cursors;
  /**
   * Enters, until the function given back is called. Several may be in at once; the room is left
   * in the task after the last of them let go, so that a remount is no leave.
   */
  readonly enter: () => () => void;
  /** Says where this page's person points; null: nowhere any more. Call it as often as you like. */
  readonly setCursor: (place: CursorPlace | null) => void;
  /** Says that this page's person is typing (where, if a text); false: no more. It ends by itself after 5 s. */
  readonly setTyping: (typing: boolean | string) => void;
  /** Marks a part of the medium for the others to see; null: nothing any more. */
  readonly setSelection: (selection: Selection | null) => void;
  /** The person's status, everywhere: `client.setStatus`. */
  readonly setStatus: (status: Status, message?: string) => void;
  /** Says something that only the app understands to everybody else in the room now; JSON, at most 4 KiB of it. */
  readonly broadcast: (data: unknown) => void;
  /** Hears what others broadcast. */
  readonly onBroadcast: (listener: (said: Broadcast) => void) => () => void;
  /** What is watched together here. `followPlayback` of `presence-wasm/playback` makes a player follow it. */
  readonly watch: Store<Watch>;
  /** Says what this page's player does now: what all do, if the person has control. */
  readonly playback: (said: PlaybackSaid) => void;
  /** Asks for control, or takes it where nobody has it. */
  readonly requestControl: () => void;
  /** Gives control to another user in the room. */
  readonly grantControl: (userId: string) => void;
  /** Gives control up, or takes the request for it back. */
  readonly releaseControl: () => void;
  /** The server's clock as far as it is known, in ms: `client.serverNow`. */
  readonly serverNow: () => Millis;
}

/** What a room needs of its client. */
export interface RoomLink {
  tell(what: (engine: Engine) => void): void;
  opened(room: RoomHandle): void;
  closed(room: RoomHandle): void;
  ownUserId(): string | undefined;
  readonly setStatus: Room['setStatus'];
  readonly serverNow: () => Millis;
}

const OUTSIDE: RoomStateView = Object.freeze({ state: 'outside' });
const JOINING: RoomStateView = Object.freeze({ state: 'joining' });

/** The server ends a typing mark by itself after this. */
const TYPING_MS = 5_000;

export class RoomHandle implements Room {
  readonly id: string;
  readonly type: RoomType;
  readonly members = cell<readonly MemberView[]>(NONE);
  readonly state = cell(OUTSIDE);
  readonly cursors = new CursorLayer();
  readonly others: Store<readonly OtherUser[]>;
  readonly typing: Store<readonly OtherUser[]>;
  readonly self: Store<MemberView | null>;
  readonly watch = cell(NOTHING);
  readonly setStatus: Room['setStatus'];
  readonly serverNow: Room['serverNow'];
  readonly #link: RoomLink;
  readonly #broadcasts = new Listeners<Broadcast>();
  readonly #table = new Table<MemberView>((member) => member.sessionId, oldestFirst);
  readonly #hold: Hold;
  #place: CursorPlace | null = null;
  #context: string | undefined;
  #typedAt = 0;
  /** The message that says it; undefined while this page never said one. */
  #selection: string | undefined;

  constructor(id: string, type: RoomType, link: RoomLink) {
    this.id = id;
    this.type = type;
    this.#link = link;
    this.setStatus = link.setStatus;
    this.serverNow = link.serverNow;
    this.#hold = new Hold(0, () => this.#open(), () => this.#close());
    this.others = derive(this.members, (members, before) =>
      othersOf(members, members.find((member) => member.own)?.userId ?? link.ownUserId(), before),
    );
    this.typing = derive(this.others, (others, before) =>
      keep(before ?? NONE, Object.freeze(typingIn(others, undefined))),
    );
    this.self = derive(this.members, (members) => members.find((member) => member.own) ?? null);
  }

  readonly enter = (): (() => void) => this.#hold.take();

  readonly setCursor = (place: CursorPlace | null): void => {
    if (!this.#hold.isUp) return;
    this.#place = place;
    this.#link.tell((engine) => this.#tellCursor(engine));
  };

  readonly setTyping = (typing: boolean | string): void => {
    const context = typing === false ? undefined : typing === true ? '' : `${typing}`;
    if (!this.#hold.isUp || (context === undefined && this.#context === undefined)) return;
    this.#context = context;
    this.#typedAt = Date.now();
    this.#link.tell((engine) => engine.setTyping(this.id, context));
  };

  readonly setSelection = (selection: Selection | null): void => {
    if (!this.#hold.isUp) return;
    const { startTime, endTime } = selection ?? {};
    this.#selection = this.#written('selection', selection && { startTime, endTime });
    this.#post(this.#selection);
  };

  readonly broadcast = (data: unknown): void => this.#say('broadcast', data);
  readonly onBroadcast = this.#broadcasts.add;

  readonly playback = (said: PlaybackSaid): void =>
    this.#say('playback', { ...said, serverTime: this.serverNow() });
  readonly requestControl = (): void => this.#say('control_request');
  readonly grantControl = (toUserId: string): void => this.#say('control_grant', { toUserId });
  readonly releaseControl = (): void => this.#say('control_release');

  /** Puts the room down although it may be held: another takes its id. */
  expel(): void {
    this.#hold.drop();
  }

  /** Tells an engine that knows nothing of this room all that is wanted of it. */
  announce(engine: Engine): void {
    engine.enter(this.id, this.type);
    if (this.#place) this.#tellCursor(engine);
    const fresh = Date.now() - this.#typedAt < TYPING_MS;
    if (fresh && this.#context !== undefined) engine.setTyping(this.id, this.#context);
  }

  apply(update: RoomUpdate, view: (entry: MemberEntry) => MemberView): void {
    const { state, refusal } = update;
    this.state.set(keep(this.state.get(), Object.freeze(refusal ? { state, refusal } : { state })));
    // An engine that is refused knows nothing of whom the one before it showed.
    this.#table.apply(update.whole || state === 'refused', update.changed.map(view), update.left);
    this.#showMembers();
    if (state === 'refused') this.forgetWatch();
    if (!update.pictured) return;
    // A selection that this page knows nothing of is from before it was reloaded.
    if (this.self.get()?.selection) this.#selection ??= this.#written('selection', null);
    if (this.#selection) this.#post(this.#selection);
  }

  forgetWatch(): void {
    this.watch.set(NOTHING);
  }

  applyWatch(update: WatchUpdate): void {
    this.watch.set(watchOf(update, this.watch.get()));
  }

  hear(said: BroadcastUpdate): void {
    this.#broadcasts.tell(share(undefined, said));
  }

  #open(): void {
    this.state.set(JOINING);
    this.#link.opened(this);
    this.#link.tell((engine) => this.announce(engine));
  }

  #close(): void {
    this.#link.tell((engine) => engine.leave(this.id));
    this.#link.closed(this);
    this.#place = null;
    this.#context = this.#selection = undefined;
    this.state.set(OUTSIDE);
    this.forgetWatch();
    this.#table.clear();
    this.#showMembers();
    this.cursors.clear();
  }

  #showMembers(): void {
    if (this.members.get() === this.#table.values) return;
    this.members.set(this.#table.values);
    this.cursors.setMembers(this.#table.values);
  }

  #written(type: string, data: unknown): string {
    return written(type, { roomId: this.id, data });
  }

  /** While the room is not joined nobody hears it. */
  #post(text: string): void {
    // Without a room's id it would be the session's; such a room was refused.
    if (this.id) this.#link.tell((engine) => engine.post(this.id, text));
  }

  #say(type: string, data?: unknown): void {
    this.#post(this.#written(type, data));
  }

  #tellCursor(engine: Engine): void {
    const place = this.#place;
    engine.setCursor(this.id, place?.x ?? NaN, place?.y ?? NaN, place?.timestamp ?? NaN);
  }
}

function oldestFirst(a: MemberView, b: MemberView): number {
  return a.joinedAt - b.joinedAt || (a.sessionId < b.sessionId ? -1 : 1);
}
