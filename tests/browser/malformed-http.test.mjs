// What no client should send over HTTP, or where HTTP is expected.

import assert from 'node:assert/strict';
import http from 'node:http';
import net from 'node:net';
import { test } from 'node:test';
import { startServer } from './harness/server.mjs';
import { witness } from './harness/witness.mjs';

const KNOCK = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/** Method, path and headers; the status, the code, and the field. */
const REQUESTS = [
  ['POST', '/api/presence', {}, 405, 'method_not_allowed'],
  ['DELETE', '/healthz', {}, 405, 'method_not_allowed'],
  ['GET', '/api/nothing', {}, 404, 'not_found'],
  ['GET', '/api/presence/', {}, 404, 'not_found'],
  ['GET', '/nothing.js', {}, 404, 'not_found'],
  ['GET', '/..%2f..%2fCargo.toml', {}, 404, 'not_found'],
  ['GET', '/../../../../etc/passwd.txt', {}, 404, 'not_found'],
  ['POST', '/', {}, 405, 'method_not_allowed'],
  ['GET', '/ws', {}, 426, 'upgrade_required'],
  ['GET', '/presence', {}, 426, 'upgrade_required'],
  ['GET', '/api/ws', {}, 426, 'upgrade_required'],
  ['GET', '/ws/broadcasts', {}, 426, 'upgrade_required'],
  ['GET', '/ws/broadcasts', { ...KNOCK, origin: 'https://evil.example' }, 403, 'forbidden_origin'],
  ['GET', '/api/agents/a/events', {}, 405, 'method_not_allowed'],
  ['POST', '/api/agents/a/events', {}, 400, 'bad_json'],
  ['POST', '/api/agents/a/events', { origin: 'https://evil.example' }, 403, 'forbidden_origin'],
  ['POST', '/api/agents/%00/events', {}, 400, 'bad_field', 'agent_id'],
  ['POST', '/api/agents//events', {}, 400, 'bad_field', 'agent_id'],
  ['POST', '/api/broadcast/features/f/status', {}, 422, 'missing_field', 'X-Agent-ID'],
  ['POST', '/api/broadcast/chat', { host: 'evil.example' }, 403, 'forbidden_host'],
  ['POST', '/api/broadcast/nothing', {}, 404, 'not_found'],
  ['GET', '/api/presence/nobody', {}, 404, 'unknown_agent', 'agent_id'],
  ['GET', '/api/presence?include=everybody', {}, 400, 'bad_field', 'include'],
  ['GET', '/elsewhere', KNOCK, 404, 'not_found'],
  ['POST', '/ws', KNOCK, 405, 'method_not_allowed'],
  ['GET', '/ws', { ...KNOCK, 'sec-websocket-version': '7' }, 426, 'upgrade_required'],
  ['GET', '/ws', { ...KNOCK, 'sec-websocket-key': 'short' }, 400, 'bad_request'],
  ['GET', `/ws?sessionId=${'x'.repeat(1000)}`, KNOCK, 400, 'bad_field', 'sessionId'],
  ['GET', '/ws?instanceId=a%00b', KNOCK, 400, 'bad_field', 'instanceId'],
  ['GET', '/ws?invisible=yes', KNOCK, 400, 'bad_field', 'invisible'],
  ['GET', '/ws?token=a&token=b', KNOCK, 400, 'bad_field'],
  ['GET', '/presence', { ...KNOCK, 'sec-websocket-protocol': 'presence.token.!' }, 401, 'bad_token'],
  ['GET', '/api/presence', { host: 'evil.example' }, 403, 'forbidden_host'],
  ['GET', '/api/presence', { origin: 'https://evil.example' }, 403, 'forbidden_origin'],
  ['GET', '/ws', { ...KNOCK, origin: 'https://evil.example' }, 403, 'forbidden_origin'],
  ['GET', '/api/ws', { ...KNOCK, origin: 'https://evil.example' }, 403, 'forbidden_origin'],
];

test('bad requests are refused with a code, and nobody else notices', async (t) => {
  const server = await startServer(t);
  const seen = await witness(t, server.url);
  const before = await listed(server);
  seen.record();
  for (const [method, path, headers, status, code, field] of REQUESTS) {
    const answer = await ask(server, method, path, headers);
    const told = `${method} ${path.slice(0, 80)} ${JSON.stringify(headers)}: ${answer.status} ${answer.body.slice(0, 300)}`;
    assert.equal(answer.status, status, told);
    const { error, data } = JSON.parse(answer.body);
    assert.deepEqual([error.code, error.field, error.retryable], [code, field, false], told);
    assert.ok(error.message.length > 0 && data.error === error.message, told);
  }
  assert.deepEqual(await listed(server), before);
  for (const socket of [seen.list, seen.inRoom]) {
    socket.send({ type: 'heartbeat' });
    await socket.next('pong');
  }
  const heard = seen.heard().map(({ type }) => type);
  assert.deepEqual(
    heard.filter((type) => type !== 'ping'),
    ['pong', 'pong'],
  );
});

test('what is no HTTP is answered with 400 or hung up on, and the server goes on', async (t) => {
  const server = await startServer(t);
  const line = (text) => `GET /healthz HTTP/1.1\r\nhost: 127.0.0.1:${server.port}\r\n${text}\r\n\r\n`;
  for (const [garbage, answers] of [
    ['hello\r\n\r\n', /^HTTP\/1\.1 400 /],
    [Buffer.alloc(2000, 0xff), /^HTTP\/1\.1 400 |^$/],
    [line('no colon here'), /^HTTP\/1\.1 400 /],
    [line(`x-long: ${'x'.repeat(1_000_000)}`), /^HTTP\/1\.1 4\d\d |^$/],
    [line(Array.from({ length: 1000 }, (_, at) => `x-${at}: 1`).join('\r\n')), /^HTTP\/1\.1 4\d\d |^$/],
    ['GET /healthz HTTP/1.1\r\n\r\n', /^HTTP\/1\.1 4\d\d /],
  ]) {
    assert.match(await shout(server, garbage), answers, String(garbage).slice(0, 60));
    assert.equal((await ask(server, 'GET', '/healthz', {})).status, 200);
  }
});

/** Everything that is stored of those who are here, but for the ages of things. */
async function listed(server) {
  const { status, body } = await ask(server, 'GET', '/api/presence', {});
  assert.equal(status, 200);
  return JSON.parse(body).entries.map(({ ts, lastInputSeconds, ...entry }) => entry);
}

/** A request that `fetch` would not send. */
function ask(server, method, path, headers) {
  return new Promise((resolve, reject) => {
    const request = http.request({ port: server.port, method, path, headers, agent: false, timeout: 5000 });
    request.on('response', async (response) => {
      let body = '';
      for await (const piece of response.setEncoding('utf8')) body += piece;
      resolve({ status: response.statusCode, body });
    });
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, body: 'a WebSocket' });
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject);
    request.end();
  });
}

/** Writes bytes to the server's port and gives what comes back before it hangs up. */
function shout(server, bytes) {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = net.connect(server.port, '127.0.0.1', () => socket.end(bytes));
    socket.setTimeout(5000, () => socket.destroy(new Error(`no end, only: ${answer.slice(0, 100)}`)));
    socket.setEncoding('latin1').on('data', (text) => (answer += text));
    socket.on('error', (error) =>
      error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(answer) : reject(error),
    );
    socket.on('close', () => resolve(answer));
  });
}
