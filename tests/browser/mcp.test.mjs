// An agent's own client, the one from npm, with `presence-server mcp` behind it: what the agent is offered, what people
// see of it, and that it is gone when its client is.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { startProxy } from './harness/proxy.mjs';
import { open } from './harness/raw.mjs';
import { own } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { stays, until } from './harness/wait.mjs';

const BINARY =
  process.env.PRESENCE_SERVER ?? fileURLToPath(new URL('../../target/debug/presence-server', import.meta.url));
const KEYS = { PRESENCE_JWT_SECRET: 'a secret of tests, at least 32 characters', PRESENCE_SERVER_KEY: 'the key' };

/**
 * A client of the protocol, as a coding agent has one.
 *
 * @param {object} t closes it at the end of the test
 * @param {string} url where its program looks for the presence server
 * @param {object} [options]
 * @param {string} [options.name] what the client calls itself
 * @param {string[]} [options.args] further arguments of `mcp`
 * @param {Record<string, string>} [options.env] of `mcp`; nothing else of ours reaches it
 */
async function connect(t, url, { name = 'test-agent', args = [], env = {} } = {}) {
  const transport = new StdioClientTransport({
    command: BINARY,
    args: ['mcp', '--url', url, ...args],
    env,
    stderr: 'pipe',
  });
  const log = [];
  transport.stderr.on('data', (piece) => log.push(String(piece)));
  const client = new Client({ name, version: '1.0.0' });
  const errors = [];
  // Whatever stands on stdout and is not the protocol comes here.
  client.onerror = (error) => errors.push(error);
  await client.connect(transport);
  own(t, () => client.close());
  return {
    client,
    log,
    errors,
    pid: transport.pid,
    /** What a tool says: `{ text, data, isError }`. */
    async call(tool, given = {}) {
      const { content, structuredContent, isError } = await client.callTool({ name: tool, arguments: given });
      assert.equal(content.length, 1);
      return { text: content[0].text, data: structuredContent, isError: isError === true };
    },
  };
}

const JOIN = { type: 'join', roomId: 'plan', roomType: 'project' };

/** Somebody in the room, with an ordinary client. */
async function ann(t, server, token = 'ann') {
  const ws = await open(`${server.url}/ws`, { t });
  ws.send({ type: 'auth', token });
  await until(() => ws.all.some(({ type, data }) => type === 'auth' && data.data?.success), { what: 'auth' });
  ws.send(JOIN);
  await ws.next('joined');
  return ws;
}

test('what an agent is offered', async (t) => {
  const server = await startServer(t);
  const agent = await connect(t, server.url);
  assert.equal(agent.client.getServerVersion().name, 'presence');
  assert.match(agent.client.getInstructions(), /report_status/);
  const { tools } = await agent.client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    ['report_status', 'who_is_here', 'join_room', 'leave_room', 'say_doing'],
  );
  // What it tells of notifications it tells once.
  assert.notEqual(tools.find(({ name }) => name === 'who_is_here').annotations?.readOnlyHint, true);
  for (const { description, inputSchema } of tools) {
    assert.ok(description.length > 20);
    assert.equal(inputSchema.type, 'object');
    assert.equal(inputSchema.additionalProperties, false);
  }
  const withKey = await connect(t, server.url, { env: { PRESENCE_SERVER_KEY: 'k' } });
  assert.equal((await withKey.client.listTools()).tools.at(-1).name, 'send_notification');
  await assert.rejects(agent.call('send_notification', { message: 'x' }), /no tool of this name/);
  await assert.rejects(agent.call('dance'), /no tool of this name/);
});

test('people see the agent in the room, what it does, and that it leaves with its client', async (t) => {
  const server = await startServer(t);
  const ws = await ann(t, server);
  const agent = await connect(t, server.url, { args: ['--agent', 'claude-1'] });

  const joined = await agent.call('join_room', { room: 'plan' });
  assert.deepEqual(joined, { ...joined, isError: false, text: 'In room plan (project) with you: ann (active).' });
  assert.deepEqual(joined.data.members.map(({ userId }) => userId).sort(), ['ann', 'claude-1']);
  const came = await ws.next('user_joined');
  assert.deepEqual([came.userId, came.data.name, came.data.status], ['claude-1', 'claude-1', 'active']);

  const said = await agent.call('say_doing', { doing: 'writing the tests' });
  assert.equal(said.text, 'Others see: claude-1, writing the tests.');
  const changed = await ws.next('status_changed', { where: ({ data }) => data.statusMessage !== undefined });
  assert.deepEqual([changed.userId, changed.data.status], ['claude-1', 'busy']);
  assert.equal(changed.data.statusMessage, 'writing the tests');

  ws.send({ type: 'setStatus', status: 'reviewing', statusMessage: 'line 7' });
  await ws.next('status_changed', { where: ({ userId }) => userId === 'ann' });
  const here = await agent.call('who_is_here');
  assert.match(here.text, /^People: .*ann \(reviewing, line 7\)/m);
  assert.match(here.text, /^Agents: claude-1 \(active, writing the tests, 0 tools, 0 tokens\)$/m);
  assert.match(here.text, /^In room plan \(project\) with you: ann \(reviewing, line 7\)$/m);
  assert.equal(here.data.rooms[0].room, 'plan');
  const list = await (await fetch(`${server.url}/api/presence`)).json();
  const entry = list.entries.find(({ agentId }) => agentId === 'claude-1');
  assert.deepEqual([entry.mode, entry.userId], ['agent', 'claude-1']);

  await agent.client.close();
  assert.equal((await ws.next('user_left')).userId, 'claude-1');
  const presence = async () => (await fetch(`${server.url}/api/presence/claude-1`)).json();
  await until(async () => (await presence()).status, { is: 'offline' });
  assert.deepEqual(agent.errors, []);
  assert.doesNotMatch(agent.log.join(''), /error|panic/i);
});

test('an agent leaves a room, and comes into another one', async (t) => {
  const server = await startServer(t);
  const ws = await ann(t, server);
  const agent = await connect(t, server.url);
  await agent.call('join_room', { room: 'other', type: 'video' });
  await agent.call('join_room', { room: 'plan', type: 'project' });
  assert.equal((await ws.next('user_joined')).userId, 'test-agent');
  assert.equal((await agent.call('leave_room', { room: 'plan' })).text, 'You left the room plan.');
  assert.equal((await ws.next('user_left')).userId, 'test-agent');
  const rooms = async () => (await agent.call('who_is_here')).data.rooms.map(({ room }) => room);
  assert.deepEqual(await rooms(), ['other']);
  await agent.call('leave_room', { room: 'other' });
  assert.deepEqual(await rooms(), []);
  // Without a room it is no member of anything, and not in the list.
  const list = await (await fetch(`${server.url}/api/presence`)).json();
  assert.ok(!list.entries.some(({ userId }) => userId === 'test-agent'));
  await agent.call('join_room', { room: 'plan' });
  await ws.next('user_joined');
});

test('a report is what dashboards see', async (t) => {
  const server = await startServer(t);
  const agent = await connect(t, server.url);
  const report = { activity: 'pushing', tool: 'Bash', feature: 'feat-1', tokens: 120 };
  const { data, text } = await agent.call('report_status', report);
  assert.equal(text, 'Reported: test-agent is working, pushing.');
  await agent.call('report_status', report);
  const presence = async () => (await fetch(`${server.url}/api/presence/test-agent`)).json();
  const { last_activity: _, ...seen } = await presence();
  assert.deepEqual(seen, {
    agent_id: 'test-agent',
    status: 'active',
    current_feature_id: 'feat-1',
    last_tool_name: 'Bash',
    total_tools_executed: 2,
    total_cost_tokens: 240,
    session_id: '',
    activity: 'pushing',
  });
  assert.equal(data.presence.total_cost_tokens, 120);
  await agent.call('report_status', { status: 'idle' });
  assert.equal((await presence()).status, 'idle');
  await agent.call('report_status', { status: 'stopped', tokens: 1 });
  const { status, total_cost_tokens: tokens } = await presence();
  assert.deepEqual({ status, tokens }, { status: 'offline', tokens: 241 });
});

test('a line that breaks is opened again, and nobody sees the agent go', async (t) => {
  const server = await startServer(t);
  const proxy = await startProxy(t, server.port);
  const ws = await ann(t, server);
  const agent = await connect(t, proxy.url);
  await agent.call('join_room', { room: 'plan' });
  const { sessionId } = await ws.next('user_joined');
  proxy.reset();
  await proxy.assertStopped({ tried: ['connections'] });
  assert.ok((await agent.call('say_doing', { doing: 'lost' })).isError);
  proxy.open();
  await until(async () => (await agent.call('say_doing', { doing: 'back' })).isError, { is: false });
  const back = await ws.next('status_changed', { where: ({ data }) => data.statusMessage === 'back' });
  assert.equal(back.sessionId, sessionId);
  // What recorded nothing has to record a real leave.
  assert.deepEqual([ws.of('user_left').length, ws.of('user_joined').length], [0, 1]);
  await agent.client.close();
  await ws.next('user_left');
});

test('an agent that says nothing stays where it is', async (t) => {
  const timing = { ping_every: 100, suspect_after: 300, gone_after: 500 };
  const server = await startServer(t, { config: { timing } });
  const ws = await ann(t, server);
  const agent = await connect(t, server.url);
  await agent.call('join_room', { room: 'plan' });
  await ws.next('user_joined');
  const told = () => ws.all.filter(({ type }) => type === 'user_left' || type === 'status_changed').length;
  await stays(told, { for: 4 * timing.gone_after, is: 0 });
  process.kill(agent.pid, 'SIGKILL');
  await until(told, { is: (count) => count > 0, what: 'what becomes of a line that is cut' });
});

test('an agent comes back to a server that was killed, with what it said', async (t) => {
  const server = await startServer(t);
  const agent = await connect(t, server.url);
  await agent.call('join_room', { room: 'plan' });
  await agent.call('say_doing', { doing: 'waiting' });
  await server.kill9();
  await server.start();
  const ws = await ann(t, server);
  const withAnn = (text) => text.includes('In room plan (project) with you: ann');
  await until(async () => (await agent.call('who_is_here')).text, { is: withAnn, timeout: 15_000 });
  ws.send({ type: 'leave', roomId: 'plan' });
  ws.skip();
  ws.send(JOIN);
  const { data } = await ws.next('joined');
  const { status, statusMessage } = data.room.users.find(({ userId }) => userId === 'test-agent');
  assert.deepEqual({ status, statusMessage }, { status: 'busy', statusMessage: 'waiting' });
});

test('an agent that was idle is not idle after it did something, on any line', async (t) => {
  const server = await startServer(t);
  const agent = await connect(t, server.url);
  await agent.call('join_room', { room: 'plan' });
  await agent.call('report_status', { status: 'idle' });
  await agent.call('who_is_here');
  await server.kill9();
  await server.start();
  const ws = await ann(t, server);
  const status = async () => {
    ws.send({ type: 'leave', roomId: 'plan' });
    ws.skip();
    ws.send(JOIN);
    const { data } = await ws.next('joined');
    return data.room.users.find(({ userId }) => userId === 'test-agent')?.status;
  };
  // It enters with what it said before.
  const back = await until(status, { is: (status) => status !== undefined, timeout: 15_000 });
  assert.equal(back, 'active');
});

test('what an agent said before it came is seen when it comes', async (t) => {
  const server = await startServer(t);
  const ws = await ann(t, server);
  const agent = await connect(t, server.url);
  await agent.call('say_doing', { doing: 'reading' });
  await agent.call('join_room', { room: 'plan' });
  const { data } = await ws.next('user_joined');
  assert.deepEqual([data.status, data.statusMessage], ['busy', 'reading']);
  const { text } = await agent.call('say_doing');
  assert.match(text, /Dashboards show what it did last/);
  const changed = await ws.next('status_changed');
  assert.deepEqual([changed.data.status, changed.data.statusMessage], ['active', undefined]);
});

test('an agent comes back into a room that was full for a while', async (t) => {
  const config = {
    limits: { users_per_room: 2 },
    timing: { ping_every: 100, suspect_after: 300, gone_after: 500 },
  };
  const server = await startServer(t, { config });
  const proxy = await startProxy(t, server.port);
  const ws = await ann(t, server);
  const agent = await connect(t, proxy.url);
  await agent.call('join_room', { room: 'plan' });
  await ws.next('user_joined');
  proxy.reset();
  await ws.next('user_left');
  const bob = await ann(t, server, 'bob');
  proxy.open();
  await until(() => agent.log.join(''), { is: (log) => log.includes('not in this room for now'), timeout: 15_000 });
  bob.send({ type: 'leave', roomId: 'plan' });
  await ws.next('user_joined', { where: ({ userId }) => userId === 'test-agent', timeout: 15_000 });
});

test('what goes wrong is told in sentences', async (t) => {
  const server = await startServer(t);
  const agent = await connect(t, server.url);
  for (const [tool, given, sentence] of [
    ['join_room', {}, '`room` is missing'],
    ['join_room', { room: 7 }, '`room` must be a text'],
    ['join_room', { room: 'r', type: 'kitchen' }, '`type` must be project, video, comment_thread or comparison'],
    ['join_room', { room: 'r', rom: 1 }, 'an argument is not known here; known are `room`, `type`'],
    ['leave_room', { room: 'r' }, 'you are not in the room r: join_room enters one'],
    ['report_status', { tokens: -1 }, '`tokens` must be a whole number, 0 or more'],
    ['report_status', { status: 'busy' }, '`status` must be one of `working`, `idle`, `stopped`'],
    ['say_doing', { doing: 'x'.repeat(101) }, '`doing` must have at most 100 characters: say it in fewer words'],
  ]) {
    assert.deepEqual(await agent.call(tool, given), { text: sentence, data: undefined, isError: true });
  }
  await server.stop();
  for (const [tool, given] of [['who_is_here'], ['join_room', { room: 'r' }], ['report_status']]) {
    const { text, isError } = await agent.call(tool, given);
    assert.ok(isError);
    assert.match(text, /nothing listens at 127\.0\.0\.1:\d+: start the server with `presence-server`/);
  }
});

test('with keys an agent needs a token, and its name and rooms are the token’s', async (t) => {
  const server = await startServer(t, { env: KEYS });
  const mint = (...args) => execFileSync(BINARY, ['token', ...args], { env: KEYS, encoding: 'utf8' }).trim();
  const stranger = await connect(t, server.url);
  const refused = await stranger.call('join_room', { room: 'plan' });
  assert.ok(refused.isError);
  assert.match(refused.text, /PRESENCE_TOKEN.*presence-server token --sub NAME --role agent/);
  assert.deepEqual(await stranger.call('report_status'), refused);

  const ws = await ann(t, server, mint('--sub', 'ann', '--room', '*=read,write'));
  const token = mint('--sub', 'claude-1', '--name', 'Claude', '--role', 'agent', '--room', 'plan=read,write');
  const agent = await connect(t, server.url, { args: ['--agent', 'claude-1'], env: { PRESENCE_TOKEN: token } });
  assert.equal((await agent.call('report_status')).isError, false);
  assert.equal((await agent.call('join_room', { room: 'plan' })).isError, false);
  const came = await ws.next('user_joined');
  assert.deepEqual([came.userId, came.data.name], ['claude-1', 'Claude']);
  assert.match((await agent.call('join_room', { room: 'secret' })).text, /secret/);
  // Nobody reports for somebody else with it.
  const other = await connect(t, server.url, { args: ['--agent', 'claude-2'], env: { PRESENCE_TOKEN: token } });
  assert.match((await other.call('report_status')).text, /`roles` hold `agent` and whose `sub` is the agent's id/);
  // Whoever has the key alone is there as the server itself.
  const keyed = await connect(t, server.url, { env: { PRESENCE_SERVER_KEY: KEYS.PRESENCE_SERVER_KEY } });
  assert.equal((await keyed.call('join_room', { room: 'plan' })).isError, false);
  assert.equal((await ws.next('user_joined')).userId, 'server');
  for (const { log } of [stranger, agent, other, keyed]) {
    for (const hidden of [token, 'the key']) assert.ok(!log.join('').includes(hidden));
  }
});

test('who has the key may tell people something, and a server without keys never shows it', async (t) => {
  const server = await startServer(t);
  const ws = await ann(t, server);
  const agent = await connect(t, server.url, { env: { PRESENCE_SERVER_KEY: 'hush-hush' } });
  await agent.call('join_room', { room: 'plan' });
  const told = await agent.call('send_notification', { message: 'the tests pass', level: 'success' });
  assert.equal(told.isError, false);
  const heard = await ws.next('notification', { where: ({ data }) => data.message === 'the tests pass' });
  assert.equal(heard.data.level, 'success');
  // The agent is told as well, when it looks.
  await until(async () => (await agent.call('who_is_here')).text, {
    is: (text) => text.includes('Notification (success): the tests pass'),
  });
  assert.ok(!JSON.stringify(ws.all).includes('hush'));
});
