import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { WebSocketServer } from 'ws';
import { startProxy } from './proxy.mjs';
import { open } from './raw.mjs';
import { own } from './scope.mjs';
import { stays, until } from './wait.mjs';

/** Answers HTTP with a word and echoes WebSocket messages; keeps the server's ends of both. */
async function echoServer(t, word = 'hello') {
  const server = http.createServer((_request, response) => response.end(word));
  const sockets = [];
  const closes = [];
  new WebSocketServer({ server }).on('connection', (socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
    socket.on('close', (code) => closes.push(code));
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  own(t, () => {
    for (const socket of sockets) socket.terminate();
    server.closeAllConnections();
    server.close();
  });
  return { port: server.address().port, sockets, closes };
}

async function throughProxy(t) {
  const server = await echoServer(t);
  const proxy = await startProxy(t, server.port);
  const client = await open(proxy.url, { t });
  client.send({ type: 'first' });
  await client.next('first');
  return { server, proxy, client };
}

test('open: HTTP and WebSocket pass, and bytes are counted both ways', async (t) => {
  const { proxy, client } = await throughProxy(t);
  assert.equal(await (await fetch(proxy.url)).text(), 'hello');
  const before = { ...proxy.bytes };
  client.send('x'.repeat(100));
  await client.next((data) => data.startsWith?.('x'));
  // A frame is its payload and a header, and a mask on the way up.
  assert.deepEqual(proxy.bytes, { up: before.up + 100 + 6, down: before.down + 100 + 2 });
  assert.deepEqual({ up: proxy.attempted.up, down: proxy.attempted.down }, proxy.bytes);
  await assert.rejects(proxy.assertStopped(), /no cut to prove/);
});

test('open: a close passes with its code', async (t) => {
  const { server, client } = await throughProxy(t);
  assert.equal((await client.close(4001, 'bye')).code, 4001);
  await until(() => server.closes, { is: [4001] });
});

test('open: a slow reader slows the sender, and all arrives whole', async (t) => {
  const { proxy, client } = await throughProxy(t);
  const big = Buffer.alloc(8 * 1024 * 1024, 'presence');
  client.socket.pause();
  client.send(big);
  await until(() => proxy.bytes.down > 256 * 1024);
  // What waits here is bounded: a page that does not read must be felt by the server.
  await stays(() => proxy.attempted.down - proxy.bytes.down, {
    for: 100,
    every: 5,
    is: (held) => held <= 128 * 1024,
  });
  client.socket.resume();
  const answer = await client.next((data) => Buffer.isBuffer(data), { timeout: 20_000 });
  assert.ok(answer.equals(big));
});

test('reset: both sides are torn off and nobody gets in', async (t) => {
  const { server, proxy, client } = await throughProxy(t);
  proxy.reset();
  assert.equal((await client.closed).code, 1006);
  await until(() => server.closes, { is: [1006] });
  await proxy.assertStopped({ attempt: () => fetch(proxy.url).catch(() => {}), tried: ['connections'] });
  await assert.rejects(open(proxy.url), { code: 'ECONNRESET' });
  proxy.open();
  assert.equal(await (await fetch(proxy.url)).text(), 'hello');
});

test('swallow: everything is read, nothing passes, nobody is told', async (t) => {
  const { server, proxy, client } = await throughProxy(t);
  proxy.swallow();
  await assert.rejects(proxy.assertStopped({ timeout: 50 }), /an attempt to get through the cut/);
  const tried = await proxy.assertStopped({
    attempt: () => {
      client.send({ type: 'lost' });
      server.sockets[0].send('lost too');
    },
    tried: ['up', 'down'],
  });
  assert.ok(tried.up > 0 && tried.down > 0);
  // Neither what it says nor that it is gone gets to the other side.
  client.terminate();
  assert.deepEqual(await stays(() => server.closes, { for: 200, is: [] }), []);
  await assert.rejects(open(proxy.url, { timeout: 100 }), /timed out/);
  assert.equal(server.sockets.length, 1);
  assert.equal(client.of('lost').length, 0);
});

test('swallow, then open: lines with holes are reset, quiet ones go on', async (t) => {
  const { proxy, client } = await throughProxy(t);
  const quiet = await open(proxy.url, { t });
  proxy.swallow();
  await proxy.assertStopped({ attempt: () => client.send({ type: 'lost' }) });
  proxy.open();
  assert.equal((await client.closed).code, 1006);
  quiet.send({ type: 'still there' });
  await quiet.next('still there');
});

test('swallow, then open and deliver: what was sent arrives late and in order', async (t) => {
  const { server, proxy, client } = await throughProxy(t);
  proxy.swallow();
  await proxy.assertStopped({ attempt: () => client.send({ type: 'late' }), tried: ['up'] });
  const opening = open(proxy.url, { t });
  await until(() => proxy.connections, { is: 2 });
  client.send({ type: 'later' });
  proxy.open({ swallowed: 'deliver' });
  assert.deepEqual(await client.next(), { type: 'late' });
  assert.deepEqual(await client.next(), { type: 'later' });
  await opening;
  assert.equal(server.sockets.length, 2);
});

test('swallow, then open and keep: lines with holes stay dead, new ones live', async (t) => {
  const { server, proxy, client } = await throughProxy(t);
  proxy.swallow();
  await proxy.assertStopped({ attempt: () => client.send({ type: 'lost' }) });
  proxy.open({ swallowed: 'keep' });
  client.send({ type: 'lost again' });
  const other = await open(proxy.url, { t });
  other.send({ type: 'hello' });
  await other.next('hello');
  await stays(() => client.isOpen && server.closes.length === 0, { for: 100 });
  client.terminate();
  await stays(() => server.closes, { for: 100, is: [] });
});

test('delay: pieces arrive later, in order, and are counted when they pass', async (t) => {
  const { proxy, client } = await throughProxy(t);
  proxy.delay(80, 80);
  const before = proxy.bytes.up;
  const begin = performance.now();
  for (let number = 0; number < 20; number += 1) client.send({ type: 'n', number });
  await until(() => proxy.attempted.up > before);
  assert.equal(proxy.bytes.up, before);
  for (let number = 0; number < 20; number += 1) assert.equal((await client.next('n')).number, number);
  assert.ok(performance.now() - begin >= 160, 'held back on both ways');
});

test('the target may change, and a target without a listener is a reset', async (t) => {
  const first = await echoServer(t, 'first');
  const second = await echoServer(t, 'second');
  const proxy = await startProxy(t, first.port);
  const get = async () => (await fetch(proxy.url, { headers: { connection: 'close' } })).text();
  assert.equal(await get(), 'first');
  proxy.target = second.port;
  assert.equal(await get(), 'second');
  const unused = net.createServer().listen(0, '127.0.0.1');
  await once(unused, 'listening');
  proxy.target = unused.address().port;
  unused.close();
  await once(unused, 'close');
  await assert.rejects(open(proxy.url), { code: 'ECONNRESET' });
});
