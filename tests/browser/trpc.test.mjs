// Koko's procedures as its own client calls them: the real clients of tRPC 11 and 10, one call at a time and in
// batches. Beside them a raw socket sees what they do.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as trpc11 from '@trpc/client';
import { TRPC_ERROR_CODES_BY_KEY } from '@trpc/server/rpc';
import * as trpc10 from 'presence-trpc-10';
import { open } from './harness/raw.mjs';
import { startServer } from './harness/server.mjs';

const ROOM = { roomId: 'video_123', roomType: 'video' };
const { roomId } = ROOM;
const COLOUR = /^#[0-9A-F]{6}$/;

/** As Koko makes its client: a router's type is all that is missing. */
const CLIENTS = [
  ['tRPC 11', (link) => trpc11.createTRPCClient({ links: [link] }), trpc11],
  ['tRPC 10', (link) => trpc10.createTRPCProxyClient({ links: [link] }), trpc10],
];

const LINKS = ['httpLink', 'httpBatchLink'];

/** Every client with every link. `seen` is what its requests were answered. */
function eachWay(name, run) {
  for (const [version, create, module] of CLIENTS) {
    for (const link of LINKS) {
      test(`${version}, ${link}: ${name}`, async (t) => {
        const server = await startServer(t);
        const as = (token) => {
          const seen = [];
          const fetching = async (...request) => {
            const response = await fetch(...request);
            seen.push({ url: String(request[0]), status: response.status, headers: response.headers });
            return response;
          };
          const authorization = token && { authorization: `Bearer ${token}` };
          const url = `${server.url}/trpc`;
          const options = { url, headers: () => ({ ...authorization }), fetch: fetching };
          return { presence: create(module[link](options)).presence, seen };
        };
        await run(t, server, as, { module, link });
      });
    }
  }
}

/** A member of the room with a raw socket of Koko's. */
async function watcher(t, server) {
  const ws = await open(`${server.url}/presence`, { t });
  ws.send({ type: 'auth', token: 'bob', sessionId: 'of-bob' });
  await ws.next('auth');
  ws.send({ type: 'join', ...ROOM });
  await ws.next('joined');
  return ws;
}

/** What the call is refused with, as the client tells it. */
async function failure(call, { TRPCClientError }) {
  const error = await call.then(
    (data) => assert.fail(`not refused: ${JSON.stringify(data)}`),
    (error) => error,
  );
  assert.ok(error instanceof TRPCClientError, String(error));
  assert.equal(typeof error.shape?.code, 'number', String(error));
  return { message: error.message, number: error.shape.code, ...error.data };
}

eachWay('every procedure does what it says, and others see it', async (t, server, as) => {
  const bob = await watcher(t, server);
  const { presence, seen } = as('ann');

  const joined = await presence.join.mutate(ROOM);
  assert.match(joined.assignedColor, COLOUR);
  assert.deepEqual([joined.room.id, joined.room.type, joined.room.userCount], [roomId, 'video', 2]);
  const own = joined.room.users.find((user) => user.userId === 'ann');
  assert.deepEqual([own.sessionId, own.color], [joined.sessionId, joined.assignedColor]);
  assert.equal(seen.at(-1).headers.get('x-session-id'), joined.sessionId);
  const came = await bob.next('user_joined');
  assert.deepEqual([came.userId, came.sessionId, came.data.color], ['ann', own.sessionId, own.color]);

  const done = { success: true };
  assert.deepEqual(await presence.updateCursor.mutate({ roomId, timestamp: 15.5, x: 0.45, y: 0.62 }), done);
  const moved = await bob.next('cursor_moved');
  assert.equal(moved.userId, 'ann');
  assert.deepEqual(moved.data, { timestamp: 15.5, x: 0.45, y: 0.62, color: own.color });
  // As the page writes it for sockets.
  assert.deepEqual(await presence.updateCursor.mutate({ roomId, data: { x: 0.5, y: 0.5 } }), done);
  assert.deepEqual((await bob.next('cursor_moved')).data, { x: 0.5, y: 0.5, color: own.color });

  assert.deepEqual(await presence.updateSelection.mutate({ roomId, startTime: 10, endTime: 25.5 }), done);
  const marked = await bob.next('selection_changed');
  assert.deepEqual([marked.data.startTime, marked.data.endTime], [10, 25.5]);

  assert.deepEqual(await presence.setStatus.mutate({ status: 'busy', statusMessage: 'In review' }), done);
  const status = await bob.next('status_changed');
  assert.deepEqual([status.data.status, status.data.statusMessage], ['busy', 'In review']);

  assert.deepEqual(await presence.startTyping.mutate({ roomId, context: 'comment' }), done);
  assert.deepEqual((await bob.next('typing_started')).data, { context: 'comment' });
  assert.deepEqual(await presence.stopTyping.mutate({ roomId }), done);
  await bob.next('typing_stopped');

  const sync = { roomId, action: 'sync', isPlaying: true, currentTime: 45.5, playbackRate: 1 };
  assert.deepEqual(await presence.syncPlayback.mutate(sync), done);
  const synced = await bob.next('playback_synced');
  assert.equal(synced.userId, 'ann');
  assert.equal(synced.data.isPlaying, true);
  assert.ok(synced.data.currentTime >= 45.5 && synced.data.currentTime < 60, JSON.stringify(synced));

  assert.deepEqual(await presence.grantControl.mutate({ roomId, toUserId: 'bob' }), done);
  assert.equal((await bob.next('control_granted')).data.toUserId, 'bob');
  assert.deepEqual(await presence.requestControl.mutate({ roomId }), done);
  const asked = await bob.next('control_requested');
  assert.deepEqual([asked.userId, asked.data.requesterName], ['ann', 'ann']);

  const reaction = { type: 'reaction', emoji: '👍', timestamp: 15.5 };
  assert.deepEqual(await presence.broadcast.mutate({ roomId, data: reaction }), done);
  assert.deepEqual((await bob.next('broadcast')).data, reaction);
  assert.deepEqual(await presence.broadcast.mutate({ roomId, ...reaction }), done);
  assert.deepEqual((await bob.next('broadcast')).data, reaction);

  const heart = await presence.heartbeat.mutate({ status: 'active' });
  assert.equal(heart.success, true);
  assert.ok(!Number.isNaN(Date.parse(heart.timestamp)), heart.timestamp);
  // Without an input at all.
  assert.equal((await presence.heartbeat.mutate()).success, true);

  // Bob lives by his socket and ann by her calls; each is seen by the other.
  const { users, totalCount } = await as('eve').presence.getActive.query(ROOM);
  assert.equal(totalCount, 2);
  assert.deepEqual(
    users.map((user) => user.userId),
    ['bob', 'ann'],
  );
  assert.deepEqual(users[1].cursor, { x: 0.5, y: 0.5 });

  assert.deepEqual(await presence.leave.mutate({ roomId }), done);
  assert.equal((await bob.next('user_left')).userId, 'ann');
  const left = await presence.getActive.query(ROOM);
  assert.deepEqual([left.totalCount, left.users[0].userId], [1, 'bob']);
});

eachWay('each kind of error is told as the client expects it', async (t, server, as, { module, link }) => {
  const of = (call) => failure(call, module);
  const ann = as('ann');
  const told = async (call, code, number, httpStatus, presence) => {
    const error = await of(call);
    assert.deepEqual([error.code, error.number, error.httpStatus], [code, number, httpStatus], error.message);
    assert.equal(TRPC_ERROR_CODES_BY_KEY[code], number);
    assert.equal(error.presence.code, presence, error.message);
    return error;
  };

  const nobody = await told(
    as().presence.join.mutate(ROOM),
    'UNAUTHORIZED',
    -32001,
    401,
    'unauthenticated',
  );
  assert.equal(nobody.message, 'Authentication required');
  assert.equal(nobody.path, 'presence.join');

  const unknown = await told(ann.presence.dance.mutate({}), 'NOT_FOUND', -32004, 404, 'not_found');
  assert.equal(unknown.message, 'No procedure found on path "presence.dance"');
  await told(ann.presence.join.query(ROOM), 'METHOD_NOT_SUPPORTED', -32005, 405, 'method_not_allowed');
  assert.equal(ann.seen.at(-1).headers.get('allow'), 'POST');
  await told(ann.presence.getActive.mutate(ROOM), 'METHOD_NOT_SUPPORTED', -32005, 405, 'method_not_allowed');
  assert.equal(ann.seen.at(-1).headers.get('allow'), 'GET');

  const point = ann.presence.updateCursor;
  await told(point.mutate({ roomId, x: 0.5 }), 'PRECONDITION_FAILED', -32012, 412, 'no_session');
  await ann.presence.join.mutate(ROOM);
  const wrong = await told(point.mutate({ roomId, x: 2 }), 'BAD_REQUEST', -32600, 400, 'out_of_range');
  assert.equal(wrong.presence.field, 'x');
  const missing = await told(
    ann.presence.join.mutate({ roomId }),
    'BAD_REQUEST',
    -32600,
    400,
    'missing_field',
  );
  assert.equal(missing.presence.field, 'roomType');
  await told(
    ann.presence.setStatus.mutate({ status: 'asleep' }),
    'BAD_REQUEST',
    -32600,
    400,
    'bad_field',
  );
  await told(
    point.mutate({ roomId: 'elsewhere', x: 0.5 }),
    'FORBIDDEN',
    -32003,
    403,
    'not_a_member',
  );
  await told(
    ann.presence.join.mutate({ ...ROOM, roomType: 'project' }),
    'CONFLICT',
    -32009,
    409,
    'room_type_conflict',
  );
  await told(
    ann.presence.broadcast.mutate({ roomId, data: 'x'.repeat(5_000) }),
    'PAYLOAD_TOO_LARGE',
    -32013,
    413,
    'too_large',
  );
  await told(
    ann.presence.broadcast.mutate({ roomId, data: 'x'.repeat(70_000) }),
    'PAYLOAD_TOO_LARGE',
    -32013,
    413,
    'too_large',
  );

  // Typing may be said twice a second: one of these is too much, and says when to come again.
  let late;
  for (let calls = 0; calls < 10 && !late; calls += 1) {
    late = await ann.presence.startTyping.mutate({ roomId }).then(
      () => undefined,
      (error) => error,
    );
  }
  assert.deepEqual(
    [late.data.code, late.shape.code, late.data.presence.code, late.data.presence.retryable],
    ['TOO_MANY_REQUESTS', -32029, 'rate_limited', true],
  );
  assert.ok(late.data.presence.retryAfterMs > 0);
  assert.equal(ann.seen.at(-1).headers.get('retry-after'), '1');
  assert.ok(link === 'httpBatchLink' || ann.seen.at(-1).status === 429);
});

for (const [version, create, module] of CLIENTS) {
  test(`${version}: calls of one batch are made in order, and each has its own end`, async (t) => {
    const server = await startServer(t);
    const bob = await watcher(t, server);
    const statuses = [];
    const link = module.httpBatchLink({
      url: `${server.url}/trpc`,
      headers: { authorization: 'Bearer ann' },
      fetch: async (...request) => {
        const response = await fetch(...request);
        statuses.push(response.status);
        return response;
      },
    });
    const { presence } = create(link);
    const results = await Promise.allSettled([
      presence.join.mutate(ROOM),
      presence.updateCursor.mutate({ roomId, x: 0.1, y: 0.2 }),
      presence.updateCursor.mutate({ roomId, x: 7 }),
      presence.heartbeat.mutate(),
    ]);
    assert.deepEqual(statuses, [207], 'one request');
    assert.deepEqual(
      results.map(({ status, reason }) => reason?.data.code ?? status),
      ['fulfilled', 'fulfilled', 'BAD_REQUEST', 'fulfilled'],
    );
    const { userId, data } = await bob.next('cursor_moved');
    assert.deepEqual([userId, data.x, data.y], ['ann', 0.1, 0.2]);
    const queries = await Promise.all([presence.getActive.query(ROOM), presence.getActive.query(ROOM)]);
    assert.deepEqual(
      queries.map(({ totalCount }) => totalCount),
      [2, 2],
    );
    assert.deepEqual(statuses, [207, 200]);

    // All of them are told of what they are too many for.
    const many = Array.from({ length: 21 }, () => presence.heartbeat.mutate());
    for (const { reason } of await Promise.allSettled(many)) {
      assert.equal(reason?.data?.code, 'PAYLOAD_TOO_LARGE', String(reason));
    }
    assert.deepEqual(statuses, [207, 200, 413]);
  });
}

test('a call acts for the socket its user has, and for the session it names', async (t) => {
  const server = await startServer(t);
  const bob = await watcher(t, server);
  const first = await open(`${server.url}/presence`, { t });
  first.send({ type: 'auth', token: 'ann', sessionId: 'tab-1' });
  await first.next('auth');
  first.send({ type: 'join', ...ROOM });
  await first.next('joined');
  const client = (headers) => {
    const url = `${server.url}/trpc`;
    const link = trpc11.httpLink({ url, headers: { authorization: 'Bearer ann', ...headers } });
    return trpc11.createTRPCClient({ links: [link] });
  };
  const cursor = { roomId, x: 0.3, y: 0.4 };
  await client().presence.updateCursor.mutate(cursor);
  assert.equal((await bob.next('cursor_moved')).sessionId, 'tab-1');

  const second = await open(`${server.url}/presence`, { t });
  second.send({ type: 'auth', token: 'ann', sessionId: 'tab-2' });
  await second.next('auth');
  const either = await failure(client().presence.updateCursor.mutate(cursor), trpc11);
  assert.deepEqual(
    [either.presence.code, either.presence.field],
    ['no_session', 'x-session-id'],
    either.message,
  );
  await client({ 'x-session-id': 'tab-1' }).presence.updateCursor.mutate(cursor);
  assert.equal((await bob.next('cursor_moved')).sessionId, 'tab-1');

  // Another user's session is not taken over.
  const anothers = client({ 'x-session-id': 'of-bob' });
  const refused = await failure(anothers.presence.updateCursor.mutate(cursor), trpc11);
  assert.equal(refused.presence.code, 'no_session', refused.message);
  const { sessionId } = await anothers.presence.join.mutate(ROOM);
  assert.ok(!['of-bob', 'tab-1', 'tab-2'].includes(sessionId), sessionId);
});
