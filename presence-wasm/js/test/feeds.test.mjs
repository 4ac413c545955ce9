// Agents, and messages to people: asked for while somebody listens, on each line anew.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';

import { followAgents } from '../dist/agents.js';
import { ageWords } from '../dist/age-words.js';
import { followMessages } from '../dist/messages.js';
import {
  agent,
  agentsUpdate,
  chatUpdate,
  fakeClient,
  instance,
  instancesUpdate,
  lineUpdate,
  notificationUpdate,
  selfUpdate,
  settle,
} from './harness.mjs';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout'] }));
afterEach(() => mock.timers.reset());

const listen = () => {};

async function started() {
  const fake = fakeClient();
  fake.client.start();
  await settle();
  const say = async (...updates) => (fake.engine().say(...updates), settle());
  /** What was posted in the session since this was asked last. */
  const posted = () => {
    const { calls } = fake.engine();
    return calls.splice(0).filter(([name, room]) => name === 'post' && room === '').map(([, , text]) => JSON.parse(text).type);
  };
  const greet = () => say(selfUpdate('ann', 's1'), lineUpdate('online'));
  return { ...fake, say, posted, greet };
}

test('a feed is asked for once, however many listen, and given up after the last', async () => {
  for (const [name, stores] of [
    ['agents', (client) => [followAgents(client), { subscribe: followAgents(client).onFeature }]],
    ['messages', (client) => {
      const { notifications, chat, availability, agents } = followMessages(client);
      return [notifications, chat('a'), chat('b'), availability('ann'), agents];
    }],
  ]) {
    const { client, greet, posted } = await started();
    await greet();
    assert.deepEqual(posted(), [], 'before anybody listens nothing is asked for');
    const ends = [...stores(client), ...stores(client)].map((store) => store.subscribe(listen));
    assert.deepEqual(posted(), [`subscribe.${name}`]);
    for (const end of ends) end();
    mock.timers.tick(999);
    const end = stores(client)[0].subscribe(listen);
    mock.timers.tick(5_000);
    assert.deepEqual(posted(), [], 'a component that is mounted elsewhere asks for nothing');
    end();
    mock.timers.tick(1_000);
    assert.deepEqual(posted(), [`unsubscribe.${name}`]);
    await greet();
    assert.deepEqual(posted(), [], 'nobody listens any more');
    stores(client)[0].subscribe(listen);
    assert.deepEqual(posted(), [`subscribe.${name}`]);
  }
});

test('each line and each engine is asked anew', async () => {
  const { client, greet, posted, say, engine, engines } = await started();
  followAgents(client).subscribe(listen);
  posted();
  await greet();
  assert.deepEqual(posted(), ['subscribe.agents']);
  await say(lineUpdate('waiting'));
  assert.deepEqual(posted(), []);
  // The same self as before: no news for any store, and a new line all the same.
  await greet();
  assert.deepEqual(posted(), ['subscribe.agents']);
  engine().broken = new Error('trap');
  client.noteInput();
  mock.timers.tick(100);
  await settle();
  assert.equal(engines.length, 2);
  await greet();
  assert.deepEqual(posted(), ['subscribe.agents']);
});

test('agents stand by their ids, and what did not change stays the same', async () => {
  const { client, greet, say } = await started();
  const feed = followAgents(client);
  assert.equal(followAgents(client), feed);
  const heard = [];
  feed.subscribe(({ agents }) => heard.push(agents.map(({ agentId, tools }) => [agentId, tools])));
  await greet();
  assert.deepEqual(feed.get(), { agents: [], connected: false });
  await say(agentsUpdate(agent('w-10'), agent('w-2')));
  const before = feed.get();
  assert.equal(before.connected, true);
  assert.ok(Object.isFrozen(before) && Object.isFrozen(before.agents) && before.agents.every(Object.isFrozen));
  await say({ kind: 'agent', agent: agent('w-2') });
  assert.equal(feed.get(), before, 'what says the same is no news');
  await say({ kind: 'agent', agent: agent('w-2', { tools: 1 }) }, { kind: 'agent', agent: agent('a') });
  assert.equal(feed.get().agents[2], before.agents[1], 'who did nothing is the same object');
  await say(agentsUpdate(agent('a')));
  assert.deepEqual(heard, [
    [['w-2', 0], ['w-10', 0]],
    [['a', 0], ['w-2', 1], ['w-10', 0]],
    [['a', 0]],
  ]);
});

test('agents are not connected until the server told them all, on each line', async () => {
  const { client, greet, say } = await started();
  const feed = followAgents(client);
  const end = feed.subscribe(listen);
  const connected = async (...updates) => (await say(...updates), feed.get().connected);
  await greet();
  assert.equal(feed.get().connected, false);
  assert.equal(await connected(agentsUpdate(agent('a'))), true);
  assert.equal(await connected(lineUpdate('waiting')), false);
  assert.deepEqual(feed.get().agents.length, 1, 'what was heard last stays');
  await greet();
  assert.equal(await connected({ kind: 'agent', agent: agent('a', { tools: 2 }) }), false);
  assert.equal(await connected(agentsUpdate(agent('a', { tools: 2 }))), true);
  end();
  mock.timers.tick(1_000);
  assert.equal(feed.get().connected, false);
});

test('very many agents come in parts, and those that are gone leave with the last', async () => {
  const { client, greet, say } = await started();
  const feed = followAgents(client);
  const after = async (...updates) => (await say(...updates), [feed.get().connected, feed.get().agents.map(({ agentId }) => agentId).join('')]);
  const part = (...ids) => ({ ...agentsUpdate(...ids.map((id) => agent(id))), more: true });
  feed.subscribe(listen);
  await greet();
  assert.deepEqual(await after(part('a', 'b')), [false, 'ab']);
  assert.deepEqual(await after({ kind: 'agent', agent: agent('x') }), [false, 'abx']);
  assert.deepEqual(await after(agentsUpdate(agent('c'))), [true, 'abcx']);
  await say(lineUpdate('waiting'));
  await greet();
  assert.deepEqual(await after(part('b')), [false, 'abcx']);
  await say(lineUpdate('waiting'));
  await greet();
  assert.deepEqual(await after(part('a')), [false, 'abcx'], 'what was told before the line was lost counts no more');
  assert.deepEqual(await after(agentsUpdate()), [true, 'a']);
});

test('features are told as they change', async () => {
  const { client, greet, say } = await started();
  const heard = [];
  followAgents(client).onFeature((change) => heard.push(change));
  await greet();
  const change = { featureId: 'f', newStatus: 'done', agentId: 'a', sessionId: 's', at: 1 };
  await say({ kind: 'feature', ...change });
  assert.deepEqual(heard, [change]);
});

test('a notification is shown once, however often it comes, and not after it was dismissed', async () => {
  const { client, greet, say } = await started();
  const { notifications, dismiss, clear } = followMessages(client);
  const shown = () => notifications.get().map(({ id }) => id);
  notifications.subscribe(listen);
  await greet();
  const [one, two, three] = ['1', '2', '3'].map((id) => notificationUpdate(id));
  await say(one, two, one);
  assert.deepEqual(notifications.get()[0], { id: '1', level: 'info', message: 'message 1', at: 1_000 });
  assert.deepEqual(shown(), ['1', '2']);
  dismiss('1');
  await say(one, three);
  assert.deepEqual(shown(), ['2', '3']);
  clear();
  // Those who are told what waited for them may be told again by the next line.
  await greet();
  await say(one, two, three);
  assert.deepEqual(shown(), []);
  const nobody = notifications.get();
  dismiss('4');
  assert.equal(notifications.get(), nobody);
});

test('no more is kept than has its place', async () => {
  const { client, greet, say } = await started();
  const { notifications, chat } = followMessages(client);
  notifications.subscribe(listen);
  await greet();
  const many = (length, make) => Array.from({ length }, (_, index) => make(`${index}`));
  await say(...many(103, (id) => notificationUpdate(id)));
  assert.deepEqual([notifications.get().length, notifications.get()[0].id], [100, '3']);
  await say(...many(502, (id) => chatUpdate('main', id)));
  assert.deepEqual([chat('main').get().length, chat('main').get()[0].messageId], [500, '2']);
  await say(...many(99, (id) => chatUpdate(`other ${id}`, '1')), chatUpdate('main', 'again'), chatUpdate('new', '1'));
  assert.deepEqual([chat('main').get().length, chat('other 0').get().length], [500, 0], 'which was silent longest goes');
});

test('a conversation that somebody listens to stays, however silent it is', async () => {
  const { client, greet, say } = await started();
  const { chat } = followMessages(client);
  const ends = [chat('main'), chat('main')].map((said) => said.subscribe(listen));
  await greet();
  const others = (count, name) => Array.from({ length: count }, (_, index) => chatUpdate(`${name} ${index}`, '1'));
  await say(chatUpdate('main', '1'), ...others(150, 'a'));
  ends[0]();
  ends[0]();
  await say(...others(150, 'b'));
  const lengths = ['main', 'b 50', 'b 51'].map((id) => chat(id).get().length);
  assert.deepEqual(lengths, [1, 0, 1], 'and no more are kept for it');
  const end = chat('b 149').subscribe(listen);
  ends[1]();
  await say(...others(100, 'c'));
  assert.deepEqual(chat('main').get(), []);
  end();
});

test('of too many notifications an error goes last', async () => {
  const { client, greet, say } = await started();
  const { notifications } = followMessages(client);
  notifications.subscribe(listen);
  await greet();
  await say(notificationUpdate('e', { level: 'error' }), ...Array.from({ length: 105 }, (_, id) => notificationUpdate(`${id}`)));
  assert.deepEqual(notifications.get().slice(0, 2).map(({ id }) => id), ['e', '6']);
  await say(...Array.from({ length: 100 }, (_, id) => notificationUpdate(`w${id}`, { level: 'warning' })));
  assert.deepEqual([notifications.get().length, notifications.get()[0].id], [100, 'w0']);
});

test('of too many agents those who are long offline are forgotten', async () => {
  const { client, greet, say } = await started();
  const feed = followAgents(client);
  feed.subscribe(listen);
  await greet();
  const status = (index) => (index % 2 === 0 ? 'offline' : 'active');
  const many = Array.from({ length: 5_600 }, (_, index) => agent(`a-${index}`, { status: status(index), lastActivity: index }));
  await say(agentsUpdate(...many));
  const { agents } = feed.get();
  assert.ok(agents.length < 5_500);
  assert.deepEqual(agents.slice(0, 2).map(({ agentId }) => agentId), ['a-1', 'a-3']);
  assert.equal(agents.filter((one) => one.status === 'active').length, 2_800);
});

test('each conversation has its own messages; one that is said again takes its place', async () => {
  const { client, greet, say } = await started();
  const { chat } = followMessages(client);
  const [main, side] = [chat('main'), chat('side')];
  const heard = [];
  main.subscribe((said) => heard.push(said.map(({ content }) => content)));
  await greet();
  await say(chatUpdate('main', '1', 'a'), chatUpdate('main', '2', 'b'), chatUpdate('side', '1', 'c'));
  const shown = main.get();
  await say(chatUpdate('side', '2', 'd'));
  assert.equal(main.get(), shown, 'what others say elsewhere is no news');
  await say(chatUpdate('main', '1', 'A'));
  assert.deepEqual(heard, [['a', 'b'], ['A', 'b']]);
  assert.deepEqual(side.get().map(({ content }) => content), ['c', 'd']);
  assert.deepEqual(main.get()[0], { conversationId: 'main', messageId: '1', content: 'A', sender: 'LEAD', at: 1_000 });
});

test('what a user does is what was told last, else what the list of who is here says', async () => {
  const { client, greet, say } = await started();
  const bob = followMessages(client).availability('bob');
  const heard = [];
  bob.subscribe((now) => heard.push(now));
  await greet();
  assert.equal(bob.get(), 'offline');
  const listed = (status) => instancesUpdate([instance('i', 'bob', { status })], { whole: true });
  for (const status of ['active', 'reviewing', 'idle']) await say(listed(status));
  const told = (status) => say({ kind: 'user_presence', userId: 'bob', status, at: 1 });
  await told('away');
  await told('busy');
  await say({ kind: 'user_presence', userId: 'ann', status: 'away', at: 1 });
  // Another line: what was told is from before.
  await greet();
  assert.deepEqual(heard, ['online', 'busy', 'away', 'busy', 'away']);
});

test('what was told is not believed any more once nothing is heard', async () => {
  const { client, greet, say } = await started();
  const { availability, agents } = followMessages(client);
  const bob = availability('bob');
  const told = () => say({ kind: 'user_presence', userId: 'bob', status: 'busy', at: 1 }, { kind: 'agent_status', agentName: 'a', state: 'idle', at: 1 });
  const known = () => [bob.get(), agents.get().length];
  const end = bob.subscribe(listen);
  await greet();
  await told();
  assert.deepEqual(known(), ['busy', 1]);
  end();
  mock.timers.tick(1_000);
  bob.subscribe(listen);
  assert.deepEqual(known(), ['offline', 0], 'nobody listened for a while');
  await told();
  await say(lineUpdate('waiting'));
  assert.deepEqual(known(), ['offline', 0], 'the line is lost');
});

test('of each agent the last thing is known that it said of itself', async () => {
  const { client, greet, say } = await started();
  const { agents } = followMessages(client);
  agents.subscribe(listen);
  await greet();
  const notice = (agentName, state, more) => ({ kind: 'agent_status', agentName, state, at: 1, ...more });
  await say(notice('b', 'working', { currentTask: 'tests', progress: 45 }), notice('a', 'idle'), notice('b', 'stopped'));
  assert.deepEqual(agents.get(), [
    { agentName: 'a', state: 'idle', at: 1 },
    { agentName: 'b', state: 'stopped', at: 1 },
  ]);
});

test('ages are told in the largest unit that has passed', () => {
  const ages = [-5, 0, 4_999, 5_000, 59_999, 60_000, 3_599_999, 3_600_000, 86_400_000 * 3];
  const words = ages.map((age) => ageWords(1_000_000_000 + age, 1_000_000_000));
  assert.deepEqual(words, ['now', 'now', 'now', '5 s ago', '59 s ago', '1 min ago', '59 min ago', '1 h ago', '3 d ago']);
});
