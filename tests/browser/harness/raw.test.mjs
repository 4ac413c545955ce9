import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { open } from './raw.mjs';
import { own } from './scope.mjs';
import { until } from './wait.mjs';

/** A door that greets at once, and refuses whoever has no origin on /strict. */
async function door(t) {
  const sockets = [];
  const seen = [];
  const wss = new WebSocketServer({ noServer: true });
  const server = http.createServer().on('upgrade', (request, socket, head) => {
    if (request.url === '/strict' && !request.headers.origin) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\nConnection: close\r\n\r\nno origin');
      return;
    }
    wss.handleUpgrade(request, socket, head, (ws) => {
      sockets.push(ws);
      ws.on('message', (data) => seen.push(data.toString()));
      ws.send('{"type":"welcome"}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  own(t, () => {
    for (const socket of sockets) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${server.address().port}`, sockets, seen };
}

test('the greeting is not missed, and next takes each message once', async (t) => {
  const { url, sockets } = await door(t);
  const client = await open(url, { t });
  assert.deepEqual(await client.next('welcome'), { type: 'welcome' });
  for (const text of ['{"type":"a","n":1}', 'pong', '{"type":"b"}', '{"type":"a","n":2}'])
    sockets[0].send(text);
  assert.equal((await client.next('b')).type, 'b');
  assert.equal((await client.next('a', { where: ({ n }) => n === 2 })).n, 2);
  assert.equal((await client.next('a')).n, 1);
  assert.equal(await client.next(), 'pong');
  assert.equal(client.of('a').length, 2);
  assert.equal(client.all.length, 5);
  await assert.rejects(
    client.next('a', { timeout: 30 }),
    /a message of type a; .*\n.*received 5 messages[^]*pong/,
  );
});

test('objects go out as JSON, text as it is', async (t) => {
  const { url, seen } = await door(t);
  const client = await open(url, { t });
  client.send({ type: 'x' });
  client.send('{"type":');
  await until(() => seen, { is: ['{"type":"x"}', '{"type":'] });
});

test('a close gives its code, ends what is awaited, and leaves what came before', async (t) => {
  const { url, sockets } = await door(t);
  const client = await open(url, { t });
  const awaited = assert.rejects(client.next('never'), /the socket is closed: 4003 go away/);
  sockets[0].close(4003, 'go away');
  await awaited;
  const { code, reason } = await client.closed;
  assert.deepEqual({ code, reason }, { code: 4003, reason: 'go away' });
  assert.equal((await client.next('welcome')).type, 'welcome');
});

test('a dead line answers no ping', async (t) => {
  const { url, sockets } = await door(t);
  const living = await open(url, { t });
  const dead = await open(url, { t, autoPong: false });
  const pongs = [];
  sockets.forEach((socket, index) => socket.on('pong', () => pongs.push(index)));
  for (const socket of sockets) socket.ping();
  await until(() => living.pings.length === 1 && dead.pings.length === 1);
  // The same connection carries an answer in order: had there been a pong, it would be here first.
  dead.send('after the ping');
  await once(sockets[1], 'message');
  await until(() => pongs.length > 0);
  assert.deepEqual(pongs, [0]);
});

test('a refused upgrade says why', async (t) => {
  const { url } = await door(t);
  await assert.rejects(open(`${url}/strict`), { statusCode: 403, body: 'no origin' });
  const client = await open(`${url}/strict`, { t, origin: 'http://localhost' });
  assert.ok(client.isOpen);
});
