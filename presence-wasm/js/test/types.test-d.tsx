// Checked by tsc, never run: what the package hands out has the types that users build on.

import {
  createClient,
  typingInput,
  type Client,
  type CursorMap,
  type InstanceView,
  type MemberView,
  type OtherUser,
  type Person,
  type Privacy,
  type Room,
  type Selection,
  type Status,
  type Store,
  type UserView,
  type Watch,
} from 'presence-wasm';
import { followAgents, type Agent, type AgentFeed, type AgentsSnapshot } from 'presence-wasm/agents';
import {
  AgentWidget,
  AvatarStack,
  Face,
  LiveCursors,
  Notifications,
  playTime,
  PresenceList,
  StatusIndicator,
  TimelineCursors,
  TypingIndicator,
  WatchTogether,
} from 'presence-wasm/components';
import { followMessages, type AgentNotice, type Availability, type ChatMessage, type UserNotification } from 'presence-wasm/messages';
import { followPlayback, type Follower } from 'presence-wasm/playback';
import {
  PresenceProvider,
  RoomProvider,
  useAgent,
  useAgentNotices,
  useAgentPresence,
  useAgents,
  useBroadcast,
  useChat,
  useConnection,
  useCursors,
  useJoined,
  useNotifications,
  useOthers,
  usePlayback,
  usePresence,
  usePrivacy,
  useRoom,
  useSelection,
  useSelf,
  useSessionTyping,
  useSetStatus,
  useSlice,
  useStatus,
  useTyping,
  useTypingUsers,
  useUserAvailability,
  useUserStatus,
  useWatch,
} from 'presence-wasm/react';
import { getUserStatus, type UserStatus } from 'presence-wasm/status';
import { useRef, useSyncExternalStore } from 'react';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function expect<A, B>(_same: Equal<A, B>): void {}

const client: Client = createClient();
createClient({ url: '/ws', token: 't', host: 'h', mode: 'webchat', agentId: 'a', version: '1', clientId: 'c' });
createClient({ webSocket: (url, protocols) => new WebSocket(url, protocols) });
createClient({ getToken: (reason) => (reason === 'rejected' ? Promise.resolve('t') : undefined) });
createClient({ getToken: async () => 't' });
// @ts-expect-error no text
createClient({ getToken: () => 7 });
// @ts-expect-error misspelt
createClient({ tokn: 't' });

expect<typeof client.users, Store<readonly UserView[]>>(true);
expect<ReturnType<typeof client.status>, Status>(true);
expect<ReturnType<typeof client.typingUsers>, Store<readonly string[]>>(true);
client.setSessionTyping('main', true);
// @ts-expect-error whether
client.setSessionTyping('main');
const room: Room = client.room('video_123', { type: 'video' });
// @ts-expect-error no such type
client.room('video_123', { type: 'movie' });
room.setCursor({ x: 0.5, y: 0.5, timestamp: 1 });
room.setCursor(null);
room.setTyping('comment');
room.setSelection({ startTime: 1, endTime: 2 });
room.setSelection(null);
room.playback({ action: 'seek', currentTime: 3 });
// @ts-expect-error no such action
room.playback({ action: 'rewind' });
room.onBroadcast(({ userId, data }) => {
  expect<typeof data, unknown>(true);
  userId.toUpperCase();
});
expect<typeof room.watch, Store<Watch>>(true);
expect<typeof client.privacy, Store<Privacy>>(true);
client.setPrivacy({ invisible: true });
// @ts-expect-error misspelt
client.setPrivacy({ invisble: true });
client.setStatus('busy', 'lunch');
room.setStatus('active');
// @ts-expect-error no such status
client.setStatus('asleep');
createClient({ privacy: { presence: false } });
const agents: AgentFeed = followAgents(client);
expect<ReturnType<typeof agents.get>, AgentsSnapshot>(true);
agents.onFeature(({ newStatus }) => newStatus === 'done');
// @ts-expect-error snapshots are not written
agents.get().agents[0]!.tools = 7;
const messages = followMessages(client);
expect<typeof messages.notifications, Store<readonly UserNotification[]>>(true);
expect<ReturnType<typeof messages.chat>, Store<readonly ChatMessage[]>>(true);
const follower: Follower = followPlayback(room, document.createElement('video'), { every: 250 });
follower.stop();
const leave: () => void = room.enter();
leave();
room.cursors.subscribe((cursors: CursorMap) => {
  for (const [sessionId, { x, member }] of cursors) {
    expect<typeof x, number | undefined>(true);
    expect<typeof member, MemberView>(true);
    sessionId.toUpperCase();
  }
});
// @ts-expect-error snapshots are not written
room.others.get().push();
// @ts-expect-error stores are not written
room.others.set([]);
const entry: InstanceView | undefined = client.instances.get().entries[0];
void entry?.deviceFamily;
expect<ReturnType<typeof getUserStatus>, UserStatus>(true);
if (entry) getUserStatus(entry);
getUserStatus({ ts: 0, lastInputSeconds: 0 }, { now: client.serverNow(), idleAfter: 60_000 });
// @ts-expect-error without a life sign there is no age
getUserStatus({ lastInputSeconds: 0 });
document.querySelector('input')?.addEventListener('input', typingInput(room, 'comment').inputProps.onInput);

export function Components() {
  const surface = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const { entries } = usePresence();
  expect<typeof entries, readonly InstanceView[]>(true);
  expect<number, ReturnType<typeof usePresence<number>>>(true);
  const count: number = usePresence((snapshot) => snapshot.entries.length);
  const others = useOthers();
  expect<typeof others, readonly OtherUser[]>(true);
  const names = useOthers((all) => all.map(({ name }) => name), (a, b) => a.length === b.length);
  expect<typeof names, string[]>(true);
  const members = useSlice(useRoom().members);
  expect<typeof members, readonly MemberView[]>(true);
  const raw = useSyncExternalStore(client.self.subscribe, client.self.get, () => client.self.initial);
  const { others: typing, inputProps, start, stop } = useTyping('comment');
  const cursors = useCursors(surface, video);
  expect<ReturnType<typeof useAgentPresence>, readonly InstanceView[]>(true);
  expect<ReturnType<typeof useTypingUsers>, readonly InstanceView[]>(true);
  const conversation = useSessionTyping('main');
  const [selection, select] = useSelection();
  expect<typeof selection, Selection | null>(true);
  const say = useBroadcast(({ data }) => void data);
  const controller = useWatch((watch) => watch.controller);
  expect<typeof controller, Person | null>(true);
  const playback = usePlayback(video, { every: 100 });
  usePlayback(video.current);
  usePlayback(null);
  const [{ invisible }, setPrivacy] = usePrivacy();
  const setStatus = useSetStatus();
  useJoined((came) => came.host?.toUpperCase());
  const everyAgent = useAgents();
  expect<typeof everyAgent, AgentsSnapshot>(true);
  const tokens: number = useAgents((snapshot) => snapshot.agents.reduce((sum, agent) => sum + agent.tokens, 0));
  expect<ReturnType<typeof useAgent>, Agent | undefined>(true);
  expect<ReturnType<typeof useChat>, readonly ChatMessage[]>(true);
  expect<ReturnType<typeof useAgentNotices>, readonly AgentNotice[]>(true);
  expect<ReturnType<typeof useUserAvailability>, Availability>(true);
  const { notifications, dismiss, clear } = useNotifications();
  return (
    <PresenceProvider client={client}>
      <RoomProvider id="video_123" type="video">
        <div ref={surface} title={`${useUserStatus('u')} ${useConnection().state} ${useSelf()?.name} ${raw?.name}`}>
          <button onClick={playback.rejoin} disabled={playback.state !== 'desynced' || invisible} title={useStatus()} />
          <button onClick={() => [select(null), say(1), setPrivacy({}), setStatus('busy')]} />
          <video ref={video} /> {count} {typing.length} {cursors.get().size}
          <input {...inputProps} onFocus={start} />
          <textarea {...inputProps} onMouseLeave={stop} />
          <div contentEditable {...inputProps} />
          <input {...conversation.inputProps} onFocus={conversation.start} />
          <StatusIndicator status="busy" liveness="suspect" compact />
          {entry && <StatusIndicator status={getUserStatus(entry)} label="Hola" />}
          <PresenceList filter={({ own }) => !own} renderItem={({ host }) => host} empty={<b>Nobody</b>} />
          <AvatarStack max={3} moreLabel={(more) => `${more.toFixed()} más`} /> <Face name={playTime(1)} color="#3B82F6" />
          <LiveCursors surface={surface} media={video} />
          <TimelineCursors duration={undefined} onPick={(seconds, { name }) => [seconds.toFixed(), name.trim()]} />
          <TypingIndicator context="comment" words={(who) => who.join()} />
          <AgentWidget filter={({ status }) => status !== 'offline'} words={{ title: `${tokens}` }} />
          <Notifications max={3} duration={0} words={{ level: (level) => level.toUpperCase() }} />
          <button onClick={() => notifications.forEach(({ id }) => dismiss(id))} onBlur={clear} />
          <WatchTogether playback={playback} words={{ synced: (some, of) => `${some} de ${of}` }} />
          {/* @ts-expect-error no such word */}
          <WatchTogether playback={playback} words={{ titel: 'Zusammen' }} />
        </div>
      </RoomProvider>
    </PresenceProvider>
  );
}
