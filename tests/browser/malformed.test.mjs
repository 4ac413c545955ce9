// What no client should send, at every WebSocket door: an error that names message and field by a stable
// code, the connection lives on, nothing is stored, and nobody else notices.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createClient } from 'presence-wasm';
import { nodeSocket, open } from './harness/raw.mjs';
import { own } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { until } from './harness/wait.mjs';

/** So much nonsense in a row is abuse, which is another test's. */
const PATIENT = { config: { limits: { abuse_after: 10_000 } } };

const ROOM = 'r';
const LONG = 'x'.repeat(10_000);
const KIB = 1024;

/** Text frames of the JSON doors: what is sent, the code, and the field. */
const TEXTS = [
  // Not JSON, or not a message.
  ['', 'bad_json'],
  ['hello', 'bad_json'],
  ['{', 'bad_json'],
  ['{"type":"ping"} x', 'bad_json'],
  ["{'type':'ping'}", 'bad_json'],
  ['null', 'bad_json'],
  ['[]', 'bad_json'],
  ['7', 'bad_json'],
  ['"ping"', 'bad_json'],
  ['['.repeat(5000), 'bad_json'],
  [`{"type":"ping","x":${'{"x":'.repeat(100)}0${'}'.repeat(100)}}`, 'bad_json'],
  ['{"type":"heartbeat","lastInputSeconds":NaN}', 'bad_json'],
  ['{"type":"heartbeat","lastInputSeconds":1e400}', 'bad_json'],
  ['{"type":"ping","x":"\\ud800"}', 'bad_json'],
  // No name, or one that nobody knows.
  [{}, 'missing_field', 'type'],
  [{ type: null }, 'missing_field', 'type'],
  [{ type: 7 }, 'bad_field', 'type'],
  [{ type: ['join'] }, 'bad_field', 'type'],
  [{ type: 'dance' }, 'unknown_message', 'type'],
  [{ type: 'Join' }, 'unknown_message', 'type'],
  [{ type: LONG }, 'unknown_message', 'type'],
  // A field is missing.
  [{ type: 'join', roomType: 'video' }, 'missing_field', 'roomId'],
  [{ type: 'join', roomId: 'other' }, 'missing_field', 'roomType'],
  [{ type: 'leave' }, 'missing_field', 'roomId'],
  [{ type: 'cursor', data: { x: 0, y: 0 } }, 'missing_field', 'roomId'],
  [{ type: 'cursor', roomId: ROOM }, 'missing_field', 'data'],
  [{ type: 'typing', roomId: ROOM }, 'missing_field', 'data'],
  [{ type: 'typing', roomId: ROOM, data: {} }, 'missing_field', 'data.isTyping'],
  [{ type: 'session.typing', isTyping: true }, 'missing_field', 'sessionKey'],
  [{ type: 'session.typing', sessionKey: 'k' }, 'missing_field', 'isTyping'],
  // A field is of another type.
  [{ type: 'join', roomId: 7, roomType: 'video' }, 'bad_field', 'roomId'],
  [{ type: 'join', roomId: { id: 'a' }, roomType: 'video' }, 'bad_field', 'roomId'],
  [{ type: 'join', roomId: 'other', roomType: true }, 'bad_field', 'roomType'],
  [{ type: 'leave', roomId: [ROOM] }, 'bad_field', 'roomId'],
  [{ type: 'cursor', roomId: ROOM, data: [0, 0] }, 'bad_field', 'data'],
  [{ type: 'cursor', roomId: ROOM, data: { x: '0.5', y: 0 } }, 'bad_field', 'data.x'],
  [{ type: 'typing', roomId: ROOM, data: { isTyping: 'yes' } }, 'bad_field', 'data.isTyping'],
  [{ type: 'session.typing', sessionKey: LONG, isTyping: true }, 'bad_field', 'sessionKey'],
  [{ type: 'session.typing', sessionKey: 'k', isTyping: 1 }, 'bad_field', 'isTyping'],
  [{ type: 'typing', roomId: ROOM, data: { isTyping: true, context: 7 } }, 'bad_field', 'data.context'],
  [{ type: 'heartbeat', status: 1 }, 'bad_field', 'status'],
  [{ type: 'heartbeat', lastInputSeconds: 'long' }, 'bad_field', 'lastInputSeconds'],
  [{ type: 'connect', params: 'all' }, 'bad_field', 'params'],
  [{ type: 'connect', params: { client: [] } }, 'bad_field', 'params.client'],
  [{ type: 'connect', client: { host: 7 } }, 'bad_field', 'client.host'],
  [{ type: 'connect', client: { roles: 'operator' } }, 'bad_field', 'client.roles'],
  [{ type: 'connect', client: { roles: [7] } }, 'bad_field', 'client.roles'],
  [{ type: 'connect', sessionId: 7 }, 'bad_field', 'sessionId'],
  [{ type: 'auth', token: { sub: 'ann' } }, 'bad_field', 'token'],
  // A word that steers the server and is none of those it knows.
  [{ type: 'join', roomId: 'other', roomType: 'kitchen' }, 'unknown_room_type', 'roomType'],
  [{ type: 'setStatus', status: 'asleep' }, 'bad_field', 'status'],
  [{ type: 'playback', roomId: ROOM, data: { action: 'rewind' } }, 'bad_field', 'data.action'],
  [{ type: 'heartbeat', status: 'asleep' }, 'bad_field', 'status'],
  // NaN as JavaScript writes it, negative, huge.
  [{ type: 'cursor', roomId: ROOM, data: { x: NaN, y: 0 } }, 'bad_field', 'data.x'],
  [{ type: 'cursor', roomId: ROOM, data: { x: -0.1, y: 0 } }, 'out_of_range', 'data.x'],
  [{ type: 'cursor', roomId: ROOM, data: { x: 0, y: 1e300 } }, 'out_of_range', 'data.y'],
  [{ type: 'cursor', roomId: ROOM, data: { timestamp: -1 } }, 'out_of_range', 'data.timestamp'],
  [{ type: 'selection', roomId: ROOM, data: { startTime: NaN, endTime: 1 } }, 'bad_field', 'data.startTime'],
  [{ type: 'selection', roomId: ROOM, data: { startTime: -1, endTime: 1 } }, 'out_of_range', 'data.startTime'],
  [{ type: 'playback', roomId: ROOM, data: { action: 'seek', currentTime: -1 } }, 'out_of_range', 'data.currentTime'],
  [{ type: 'heartbeat', lastInputSeconds: NaN }, 'bad_field', 'lastInputSeconds'],
  [{ type: 'heartbeat', lastInputSeconds: -1 }, 'bad_field', 'lastInputSeconds'],
  // Too long, too many, too large.
  [{ type: 'join', roomId: LONG, roomType: 'video' }, 'bad_field', 'roomId'],
  [{ type: 'join', roomId: ' ', roomType: 'video' }, 'bad_field', 'roomId'],
  [{ type: 'join', roomId: 'a\u0000b', roomType: 'video' }, 'bad_field', 'roomId'],
  [{ type: 'typing', roomId: ROOM, data: { isTyping: true, context: LONG } }, 'bad_field', 'data.context'],
  [{ type: 'connect', client: { host: LONG } }, 'bad_field', 'client.host'],
  [{ type: 'connect', params: { client: { instanceId: LONG } } }, 'bad_field', 'params.client.instanceId'],
  [{ type: 'connect', client: { roles: Array(100).fill('r') } }, 'bad_field', 'client.roles'],
  [{ type: 'setStatus', status: 'busy', statusMessage: 'x'.repeat(101) }, 'too_long', 'statusMessage'],
  [{ type: 'broadcast', roomId: ROOM, data: 'x'.repeat(4 * KIB) }, 'too_large', 'data'],
  [{ type: 'ping', x: 'x'.repeat(33 * KIB) }, 'too_large'],
  // A binary frame.
  [Buffer.from([1, 2, 3]), 'bad_json'],
  [Buffer.from('{"type":"ping"}'), 'bad_json'],
];

/** Signed in, subscribed, in the room, and with nothing under way. */
async function settled(t, server, door, token) {
  const ws = await open(server.url + door, { t });
  ws.send({ type: 'auth', token, instanceId: token });
  await ws.next('auth', { where: ({ data }) => data.success });
  ws.send({ type: 'subscribe.presence' });
  await ws.next('presence.updated');
  ws.send({ type: 'join', roomId: ROOM, roomType: 'video' });
  await ws.next('joined');
  return ws;
}

/** Everything is as it was before, but for the ages of things. */
async function stored(server) {
  const { entries } = await (
    await fetch(`${server.url}/api/presence`, { headers: { connection: 'close' } })
  ).json();
  return entries.map(({ ts, lastInputSeconds, ...entry }) => entry);
}

const shown = (message) => (typeof message === 'string' ? message : JSON.stringify(message)).slice(0, 80);
const isNews = ({ type }) => type !== 'ping';

for (const door of ['/ws', '/presence', '/api/ws']) {
  describe(`JSON on ${door}`, () => {
    test('bad messages are refused by name, the connection lives, and nobody else notices', async (t) => {
      const server = await startServer(t, PATIENT);
      const witness = await settled(t, server, door, 'bob');
      const client = await settled(t, server, door, 'ann');
      await witness.next('user_joined');
      const before = await stored(server);
      client.skip();
      const heard = witness.all.length;

      for (const [message, code, field] of TEXTS) {
        client.send(message);
        const { error, data, timestamp, ...more } = await client.next();
        const told = `${shown(message)}: ${JSON.stringify(error)}`;
        assert.deepEqual(Object.keys(more), ['type'], told);
        assert.equal(more.type, 'error', told);
        assert.deepEqual([error.code, error.field, error.retryable], [code, field, false], told);
        // The message's name stands first in the sentence, and the field in it.
        const name = code === 'bad_json' ? /^(json|frame): / : nameOf(message);
        assert.match(error.message, name, told);
        if (field) assert.ok(error.message.includes(`\`${field}\``), told);
        assert.ok(error.message.length < 300, told);
        assert.equal(typeof data.error, 'string', told);
        assert.ok(!Number.isNaN(Date.parse(timestamp)), told);
        client.send({ type: 'heartbeat' });
        assert.equal((await client.next()).type, 'pong', told);
      }
      assert.deepEqual(await stored(server), before);

      // What the witness hears next is the first sensible thing after all that.
      client.send({ type: 'cursor', roomId: ROOM, data: { x: 0.25, y: 0.5 } });
      await witness.next('cursor_moved');
      assert.deepEqual(
        witness.all
          .slice(heard)
          .filter(isNews)
          .map(({ type }) => type),
        ['cursor_moved'],
      );
      assert.ok(client.isOpen && witness.isOpen);
    });

    test('what breaks WebSocket closes as its standard says', async (t) => {
      const server = await startServer(t, PATIENT);
      const witness = await settled(t, server, door, 'bob');
      for (const [what, code, send] of [
        ['a frame over 64 KiB', 1009, (ws) => ws.send('x'.repeat(64 * KIB + 1))],
        ['a message over 64 KiB in parts', 1009, (ws) => inParts(ws, 40 * KIB, 40 * KIB)],
        [
          'a text that is no UTF-8',
          1007,
          (ws) => ws.socket.send(Buffer.from([0xff, 0xfe]), { binary: false }),
        ],
        [
          'a continuation of nothing',
          1002,
          (ws) => ws.socket._socket.write(Buffer.from([0x80, 0x80, 0, 0, 0, 0])),
        ],
      ]) {
        const client = await open(server.url + door, { t });
        send(client);
        await until(() => client.end?.code, { is: code, what: `${what} to end the socket` });
      }
      const heard = witness.all.length;
      witness.send({ type: 'heartbeat' });
      await witness.next('pong');
      assert.equal(witness.all.slice(heard).filter(isNews).length, 1);
    });
  });
}

/** How a sentence about a message begins. */
const KNOWN = [
  ...['join', 'leave', 'cursor', 'selection', 'typing', 'setStatus', 'playback', 'broadcast'],
  ...['session.typing', 'heartbeat', 'connect', 'auth'],
];

function nameOf(message) {
  const known = KNOWN.includes(message?.type);
  return new RegExp(`^(${known ? message.type : 'message|frame'}): `);
}

function inParts(ws, ...sizes) {
  sizes.forEach((size, at) => ws.socket.send('x'.repeat(size), { fin: at === sizes.length - 1 }));
}

describe('presence.v1 on /ws', () => {
  const text = (text) => [...varint(text.length), ...Buffer.from(text)];
  const frame = (kind, ...body) => Buffer.from([kind, ...varint(body.length), ...body]);
  const ONLY_A_MOMENT = 0x20;
  const [HELLO, WISH, CURSOR, TYPING, REPORT, RESYNC, ACK, PROBE] = [1, 2, 3, 4, 5, 6, 7, 8];

  /** Frames, the code, how the sentence begins, and the field. */
  const FRAMES = [
    ['{"type":"ping"}', 'bad_frame', 'frame'],
    [Buffer.from([WISH, 200]), 'bad_frame', 'frame 2', 'length'],
    [Buffer.alloc(1000, 0xff), 'bad_frame', 'frame 255', 'length'],
    [frame(HELLO), 'bad_frame', 'hello', 'protocol'],
    [frame(HELLO, 1, 7, 7, 7), 'bad_frame', 'hello', 'hello'],
    [frame(WISH, 0xff, 0xff, 0xff), 'bad_frame', 'wish', 'wish'],
    // A type of room that there is not, and a name that is too long.
    [frame(WISH, 9, 1, ...text('other'), 9, 0), 'bad_frame', 'wish', 'wish'],
    [frame(WISH, 9, 1, ...text(LONG), 1, 0), 'bad_field', 'wish', 'roomId'],
    [frame(CURSOR), 'bad_frame', 'cursor', 'cursor'],
    [frame(CURSOR, ...text(ROOM), 0xff), 'bad_frame', 'cursor', 'cursor'],
    // Places and moments are whole numbers here: none can be nonsense, only cut short.
    [frame(CURSOR, ...text(ROOM), ONLY_A_MOMENT, 1, 2, 3), 'bad_frame', 'cursor', 'cursor'],
    [frame(CURSOR, ...text('elsewhere'), 0), 'not_a_member', 'cursor', 'roomId'],
    [frame(TYPING, ...text(ROOM), 1, ...text(LONG)), 'bad_field', 'typing', 'data.context'],
    [frame(TYPING, ...text(ROOM), 9), 'bad_frame', 'typing', 'typing'],
    [frame(REPORT, 1, 99, 0), 'bad_frame', 'heartbeat', 'heartbeat'],
    [frame(RESYNC, 1, ...text('elsewhere')), 'not_a_member', 'resync', 'roomId'],
    [frame(ACK), 'bad_frame', 'ack', 'ack'],
    [frame(PROBE, 0xff), 'bad_frame', 'probe', 'probe'],
    [Buffer.alloc(33 * KIB, PROBE), 'too_large', 'frame'],
  ];

  /** The package itself, whose socket says more than it should. */
  async function client(t, server, token) {
    const sockets = [];
    const refusals = [];
    const client = createClient({
      url: `${server.url}/ws`,
      token,
      webSocket: (url, protocols) => {
        sockets.push(nodeSocket(url, protocols));
        return sockets.at(-1);
      },
    });
    client.onError((error) => refusals.push(error));
    const room = client.room(ROOM, { type: 'video' });
    room.enter();
    client.start();
    own(t, () => client.stop());
    await until(() => room.state.get().state, { is: 'joined' });
    return { ...client, room, sockets, refusals, send: (data) => sockets.at(-1).send(data) };
  }

  test('bad frames are refused by name, the connection lives, and nobody else notices', async (t) => {
    const server = await startServer(t, PATIENT);
    const witness = await settled(t, server, '/ws', 'bob');
    const ann = await client(t, server, 'ann');
    await witness.next('user_joined');
    const states = [];
    ann.connection.subscribe(({ state }) => states.push(state));
    const before = await stored(server);
    const heard = witness.all.length;

    for (const [message, code, begin, field] of FRAMES) {
      ann.send(message);
      const sent = Buffer.from(message).toString('hex').slice(0, 80);
      const { about, refusal } = await until(() => ann.refusals.shift(), { what: `an error about ${sent}` });
      const told = `${sent}: ${JSON.stringify(refusal)}`;
      assert.deepEqual([refusal.code, refusal.field, refusal.retryable], [code, field, false], told);
      assert.ok(refusal.message.startsWith(`${begin}: `), told);
      assert.equal(about, begin.split(' ')[0], told);
    }
    // A kind from the future is passed over, and so is a message of nothing.
    ann.send(frame(63, 1, 2, 3));
    ann.send(Buffer.alloc(0));
    assert.deepEqual(await stored(server), before);

    ann.room.setCursor({ x: 0.25, y: 0.5 });
    await witness.next('cursor_moved');
    assert.deepEqual(
      witness.all
        .slice(heard)
        .filter(isNews)
        .map(({ type }) => type),
      ['cursor_moved'],
    );
    assert.deepEqual([states, ann.refusals, ann.sockets.length], [[], [], 1]);
  });

  test('too large a frame ends the socket, and the client takes its session up again unseen', async (t) => {
    const server = await startServer(t, PATIENT);
    const witness = await settled(t, server, '/ws', 'bob');
    const ann = await client(t, server, 'ann');
    await witness.next('user_joined');
    const { sessionId } = ann.self.get();
    const heard = witness.all.length;
    const ended = new Promise((resolve) => ann.sockets[0].once('close', resolve));
    ann.send(Buffer.alloc(64 * KIB + 1, PROBE));
    assert.equal(await ended, 1009);
    await until(() => ann.sockets.length === 2 && ann.connection.get().state, { is: 'online' });
    assert.equal(ann.self.get().sessionId, sessionId);
    ann.room.setCursor({ x: 0.25, y: 0.5 });
    await witness.next('cursor_moved');
    const comings = /joined|left/;
    assert.deepEqual(
      witness.all.slice(heard).filter(({ type }) => comings.test(type)),
      [],
    );
  });

  test('garbage before hello is answered, and a hello from the future is told to stay away', async (t) => {
    const server = await startServer(t, PATIENT);
    const ws = await open(`${server.url}/ws`, { t, protocols: ['presence.v1'] });
    assert.equal(ws.protocol, 'presence.v1');
    for (const [garbage, code] of [
      [Buffer.from([WISH, 200]), 'bad_frame'],
      ['{}', 'bad_frame'],
      [frame(TYPING, ...text(ROOM), 0), 'unauthenticated'],
    ]) {
      ws.send(garbage);
      const answer = await ws.next(Buffer.isBuffer);
      assert.ok(answer.includes(code), answer.toString('latin1'));
    }
    ws.send(frame(HELLO, 9, ...Array(40).fill(0)));
    assert.ok((await ws.next(Buffer.isBuffer)).includes('unsupported_protocol'));
    assert.equal((await ws.closed).code, 4502);
  });
});

/** Numbers on the wire: seven bits a byte, lowest first. */
function varint(value) {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >> 7)];
}
