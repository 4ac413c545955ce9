'use client';
// React's view of a client: providers that hold it up while they are mounted, and hooks that read a
// slice of one store each. Whatever could be decided here is decided below.

import {
  createContext,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from 'react';

import type { Client, Connection, InstancesSnapshot } from './client.js';
import { timed } from './clocks.js';
import type { Cursors } from './cursors.js';
import { statusIn, typingIn, type OtherUser } from './people.js';
import { trackPointer } from './pointer.js';
import type { Privacy } from './privacy.js';
import type { Room, RoomType } from './room.js';
import { shallow, slice, type Equality, type Shown, type Store } from './store.js';
import type { SelfView, Status } from './types.gen.js';
import { typingInput, type TypingInput } from './typing.js';
import type { InstanceView } from './views.js';
import type { Broadcast, Selection, Watch } from './watch.js';

const ClientContext = createContext<Client | null>(null);
const RoomContext = createContext<Room | null>(null);

/** Keeps `client` connected while it is mounted, and gives it to the hooks below it. */
export function PresenceProvider(props: { readonly client: Client; readonly children?: ReactNode }): ReactElement {
  useEffect(() => props.client.retain(), [props.client]);
  return <ClientContext.Provider value={props.client}>{props.children}</ClientContext.Provider>;
}

/** Is in a room while it is mounted, and gives the room to the hooks below it. */
export function RoomProvider(props: {
  readonly id: string;
  readonly type: RoomType;
  readonly children?: ReactNode;
}): ReactElement {
  const room = usePresenceClient().room(props.id, { type: props.type });
  useEffect(() => room.enter(), [room]);
  return <RoomContext.Provider value={room}>{props.children}</RoomContext.Provider>;
}

/** The client of the provider above. */
export function usePresenceClient(): Client {
  const client = useContext(ClientContext);
  if (client) return client;
  throw new Error('no presence client here: wrap the app in <PresenceProvider client={createClient()}>');
}

/** The room of the provider above. */
export function useRoom(): Room {
  const room = useContext(RoomContext);
  if (room) return room;
  throw new Error('no room here: wrap this component in <RoomProvider id="video_123" type="video">');
}

/**
 * Renders again when what `select` takes from the store changes. All hooks that read are this one;
 * a result that `isEqual` to the last stays the object it was.
 */
export function useSlice<T, S = T>(
  store: Store<T>,
  select?: (value: T) => S,
  isEqual: Equality<S> = shallow,
): S {
  const shown: Shown<S> = useRef(null);
  const { now, first } = useMemo(() => slice(store, select, isEqual, shown), [store, select, isEqual]);
  const value = useSyncExternalStore(store.subscribe, now, first);
  useEffect(() => {
    shown.current = { value };
  }, [value]);
  return value;
}

/** Who is here, one entry per installed client: `const { entries } = usePresence()`. */
export function usePresence<S = InstancesSnapshot>(
  select?: (snapshot: InstancesSnapshot) => S,
  isEqual?: Equality<S>,
): S {
  const { instances, serverNow } = usePresenceClient();
  return useSlice(timed(instances, serverNow), select, isEqual);
}

/** Who is here with an agent: the web chats that name it. The same list until one of them changes. */
export function useAgentPresence(agentId: string): readonly InstanceView[] {
  return usePresence(({ entries }) =>
    entries.filter((entry) => entry.mode === 'webchat' && entry.agentId === agentId),
  );
}

/** Hears of each instance that comes; those already here are not told: `useJoined(({ name }) => toast(name))`. */
export function useJoined(listener: (entry: InstanceView) => void): void {
  useHearing(usePresenceClient().onJoined, listener);
}

/** Hears of each instance that goes. */
export function useLeft(listener: (entry: InstanceView) => void): void {
  useHearing(usePresenceClient().onLeft, listener);
}

/** Listens while the component is mounted; a listener that is new in each render is heard all the same. */
function useHearing<T>(
  add: (listener: (told: T) => void) => () => void,
  listener: ((told: T) => void) | undefined,
): void {
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  }, [listener]);
  useEffect(() => add((told) => newest.current?.(told)), [add]);
}

/**
 * Who types in a conversation, as entries of the list of who is here, without this page's own. The same list until one
 * of them changes.
 */
export function useTypingUsers(sessionKey: string): readonly InstanceView[] {
  const client = usePresenceClient();
  const store = useMemo(() => client.typingUsers(sessionKey), [client, sessionKey]);
  const ids = useSlice(store);
  return usePresence(({ entries }) => entries.filter(({ own, instanceId }) => !own && ids.includes(instanceId)));
}

/** The handlers that tell that this person is typing in a conversation. */
export function useSessionTyping(sessionKey: string): TypingInput {
  const client = usePresenceClient();
  const input = useMemo(
    () => typingInput({ setTyping: (typing) => client.setSessionTyping(sessionKey, typing !== false) }),
    [client, sessionKey],
  );
  useEffect(() => input.stop, [input]);
  return input;
}

/** A user's status over all of their instances; `offline` for who is not here. */
export function useUserStatus(userId: string): Status {
  return useSlice(usePresenceClient().users, (users) => statusIn(users, userId));
}

/** The other users in the room, each over all of their sessions. */
export function useOthers<S = readonly OtherUser[]>(
  select?: (others: readonly OtherUser[]) => S,
  isEqual?: Equality<S>,
): S {
  return useSlice(useRoom().others, select, isEqual);
}

/** Who the server says this page is; null until it did. */
export function useSelf(): SelfView | null {
  return useSlice(usePresenceClient().self);
}

/** How the line to the server is. */
export function useConnection(): Connection {
  return useSlice(usePresenceClient().connection);
}

/**
 * The room's cursors, to be drawn by a subscriber outside of React. With a `surface`, the pointer
 * over it is shown to the others; with a `media`, together with the moment it plays. The surface must
 * be there when the component mounts.
 */
export function useCursors(
  surface?: { readonly current: Element | null },
  media?: { readonly current: { readonly currentTime: number } | null },
): Cursors {
  const room = useRoom();
  useEffect(() => {
    const element = surface?.current;
    return element ? trackPointer(element, room, () => media?.current?.currentTime) : undefined;
  }, [room, surface, media]);
  return room.cursors;
}

/** Who else is typing (in `context`, if given), and the handlers that tell that this person is. */
export function useTyping(context?: string): TypingInput & { readonly others: readonly OtherUser[] } {
  const room = useRoom();
  const others = useSlice(room.typing, (users) => typingIn(users, context));
  const input = useMemo(() => typingInput(room, context), [room, context]);
  useEffect(() => input.stop, [input]);
  return useMemo(() => ({ ...input, others }), [input, others]);
}

/** The part of the medium that this person marks, and how to mark another: `const [selection, select] = useSelection()`. */
export function useSelection(): readonly [Selection | null, (selection: Selection | null) => void] {
  const room = useRoom();
  const selection = useSlice(room.self, (self) => self?.selection ?? null);
  return [selection, room.setSelection];
}

/** Says something to everybody else in the room, and hears what they say, if a listener is given. */
export function useBroadcast(listener?: (said: Broadcast) => void): (data: unknown) => void {
  const room = useRoom();
  useHearing(room.onBroadcast, listener);
  return room.broadcast;
}

/** What is watched together in the room. */
export function useWatch<S = Watch>(select?: (watch: Watch) => S, isEqual?: Equality<S>): S {
  return useSlice(useRoom().watch, select, isEqual);
}

/** This person's status over all of their pages; `offline` while it is not known. */
export function useStatus(): Status {
  return useSlice(usePresenceClient().users, (users) => users.find(({ own }) => own)?.status ?? 'offline');
}

/** How to say what this person does: `setStatus('busy', 'on the phone')`, until `setStatus('active')`. */
export function useSetStatus(): Client['setStatus'] {
  return usePresenceClient().setStatus;
}

/** What others see of this person, and how to change it: `const [{ invisible }, setPrivacy] = usePrivacy()`. */
export function usePrivacy(): readonly [Privacy, Client['setPrivacy']] {
  const { privacy, setPrivacy } = usePresenceClient();
  return [useSlice(privacy), setPrivacy];
}
