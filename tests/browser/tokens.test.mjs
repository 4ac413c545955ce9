// The package against a server that takes tokens: the built binary mints them, and they end while the
// clients are connected.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { createClient } from '../../presence-wasm/js/dist/index.js';
import { nodeSocket } from './harness/raw.mjs';
import { own } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { TENTH } from './harness/timing.mjs';
import { until } from './harness/wait.mjs';

const BINARY =
  process.env.PRESENCE_SERVER ?? fileURLToPath(new URL('../../target/debug/presence-server', import.meta.url));
const ENV = { PRESENCE_JWT_SECRET: 'a secret of tests, at least 32 characters' };
const ROOM = 'team-1';

function mint(sub, { expiresIn = '1h', rooms = ['team-*=read,write'] } = {}) {
  const args = ['token', '--sub', sub, '--expires-in', expiresIn, ...rooms.flatMap((room) => ['--room', room])];
  return execFileSync(BINARY, args, { env: ENV, encoding: 'utf8' }).trim();
}

function visitor(t, server, options) {
  const seen = { states: [], errors: [], others: [] };
  const client = createClient({ url: `${server.url}/ws`, webSocket: nodeSocket, ...options });
  client.onError((error) => seen.errors.push(error));
  client.connection.subscribe(({ state }) => seen.states.push(state));
  const room = client.room(ROOM, { type: 'project' });
  room.others.subscribe((others) => seen.others.push(others.map(({ userId }) => userId).join()));
  room.enter();
  client.start();
  own(t, () => client.stop());
  return { client, room, seen, joined: () => until(() => room.state.get().state, { is: 'joined' }) };
}

test('a token is renewed over the same line before it ends, and nobody sees anything', async (t) => {
  const server = await startServer(t, { env: ENV, config: TENTH });
  const bob = visitor(t, server, { token: mint('bob') });
  await bob.joined();
  const reasons = [];
  const ann = visitor(t, server, {
    getToken: (reason) => {
      reasons.push(reason);
      return mint('ann', { expiresIn: reasons.length === 1 ? '3s' : '1h' });
    },
  });
  await ann.joined();
  await until(() => bob.seen.others.at(-1), { is: 'ann' });
  const ends = Date.now() + 4_000;
  await until(() => reasons, { is: ['start', 'expiring'] });
  // Past the end of the first token the line still carries what is said.
  await until(() => Date.now() > ends);
  ann.room.setTyping('comment');
  await until(() => bob.room.typing.get().map(({ userId }) => userId), { is: ['ann'] });
  const sinceOnline = ann.seen.states.slice(ann.seen.states.indexOf('online'));
  assert.deepEqual([...new Set(sinceOnline)], ['online']);
  assert.deepEqual(ann.seen.errors, []);
  assert.deepEqual([...new Set(bob.seen.others)], ['ann']);
});

test('a token that is not taken is asked for again, and without a way to ask the server’s word is final', async (t) => {
  const server = await startServer(t, { env: ENV, config: TENTH });
  const reasons = [];
  const ann = visitor(t, server, {
    token: 'not a token',
    getToken: (reason) => (reasons.push(reason), mint('ann')),
  });
  await ann.joined();
  assert.deepEqual(reasons, ['rejected']);
  assert.equal(ann.client.self.get().userId, 'ann');

  const eve = visitor(t, server, { token: 'not a token' });
  await until(() => eve.client.connection.get().state, { is: 'refused' });
  assert.equal(eve.client.connection.get().closeReason, 'unauthorized');
  assert.equal(eve.seen.errors[0]?.refusal.code, 'bad_token');
});

test('a room that the token does not grant stays closed, and the error names the claim', async (t) => {
  const server = await startServer(t, { env: ENV, config: TENTH });
  const ann = visitor(t, server, { token: mint('ann', { rooms: ['other=read'] }) });
  await until(() => ann.room.state.get().state, { is: 'refused' });
  const { refusal } = ann.room.state.get();
  assert.deepEqual([refusal.code, refusal.field], ['forbidden', 'roomId']);
  assert.match(refusal.message, /`rooms`/);

  const reader = visitor(t, server, { token: mint('rita', { rooms: ['team-*=read'] }) });
  await reader.joined();
  reader.room.setTyping('comment');
  await until(() => reader.seen.errors.at(-1)?.refusal?.code, { is: 'forbidden' });
  assert.equal(reader.room.state.get().state, 'joined');
});
