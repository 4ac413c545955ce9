import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server, startServer, toToml } from './server.mjs';
import { until } from './wait.mjs';

const binary = fileURLToPath(new URL('./fixtures/fake-server.mjs', import.meta.url));
const ask = async (server, path = '/') =>
  (
    await fetch(server.url + path, { headers: { connection: 'close' }, signal: AbortSignal.timeout(5000) })
  ).json();

test('it starts with its configuration, without settings from outside, and ends well', async (t) => {
  process.env.PRESENCE_LISTEN = 'somewhere';
  t.after(() => delete process.env.PRESENCE_LISTEN);
  const server = await startServer(t, {
    binary,
    config: { idle: 3, room: { users: 2 } },
    env: { PRESENCE_X: '1' },
  });
  const { config, env, dataDir } = await ask(server);
  assert.equal(config, 'idle = 3\n[room]\nusers = 2\n');
  assert.deepEqual(env, ['PRESENCE_X']);
  assert.ok(existsSync(dataDir));
  await until(() => server.log, { is: ['asked for /'] });
  await server.stop();
  assert.ok(!existsSync(dataDir));
  assert.ok(!server.running);
});

test('kill -9 and restart: same port, same data, another process', async (t) => {
  const server = await startServer(t, { binary });
  const before = { port: server.port, ...(await ask(server)) };
  await server.kill9();
  await assert.rejects(ask(server));
  await server.restart();
  const after = { port: server.port, ...(await ask(server)) };
  assert.equal(after.port, before.port);
  assert.equal(after.dataDir, before.dataDir);
  assert.notEqual(after.pid, before.pid);
  await server.restart();
  assert.notEqual((await ask(server)).pid, after.pid);
});

test('paused it takes connections and answers nobody until it is resumed', async (t) => {
  const server = await startServer(t, { binary });
  await server.pause();
  let answered = false;
  const answer = ask(server).then(() => (answered = true));
  await assert.rejects(fetch(server.url, { signal: AbortSignal.timeout(200) }), { name: 'TimeoutError' });
  assert.ok(!answered);
  await server.resume();
  await answer;
  await server.pause();
  await server.stop();
});

test('an end that is not exit code 0 fails the test, and so does one nobody asked for', async () => {
  const bad = await startServer(undefined, { binary, args: ['--exit-code', '9'] });
  await assert.rejects(bad.stop(), /exit code 9 instead of exit code 0\n--- server/);
  const crashed = await startServer(undefined, { binary });
  await assert.rejects(ask(crashed, '/crash'));
  await until(() => !crashed.running);
  await assert.rejects(crashed.stop(), /ended by itself: exit code 7[^]*asked for \/crash/);
  const deaf = await startServer(undefined, { binary, args: ['--deaf'] });
  await assert.rejects(deaf.stop({ timeout: 100 }), /waited 100 ms for the server to end after SIGTERM/);
  assert.ok(!deaf.running);
});

test('a server that does not start says why', async () => {
  await assert.rejects(
    startServer(undefined, { binary: '/nowhere/presence-server' }),
    /no server at \/nowhere/,
  );
  const server = new Server({ binary, args: ['--die-at-start'] });
  await assert.rejects(server.start(), /exit code 3[^]*cannot start today/);
  await server.stop().catch(() => {});
});

test('TOML: plain keys before tables, undefined left out', () => {
  const config = { a: { x: 0.5, 'odd key': 'say "hi"\n' }, n: 1, yes: true, list: ['a', 2], gone: undefined };
  assert.equal(
    toToml(config),
    'n = 1\nyes = true\nlist = ["a", 2]\n[a]\nx = 0.5\n"odd key" = "say \\"hi\\"\\n"\n',
  );
  assert.throws(() => toToml({ a: { b: null } }), /a\.b: TOML has no null/);
});
