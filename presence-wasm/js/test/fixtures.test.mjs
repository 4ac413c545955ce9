// The examples of the two pages about instances, as TypeScript reads them: each is of the type that its page gives
// it, none has a `null`, and it comes out of JSON as it went in.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { getUserStatus } from 'presence-wasm/status';

const run = promisify(execFile);
const FIXTURES = fileURLToPath(new URL('../../../presence-model/tests/fixtures/', import.meta.url));
const TSC = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));

/** As the pages describe them; `mode` and `reason` are open here, and what this server adds may be missing. */
const TYPES = `
interface Entry {
  instanceId: string; host: string; ip: string; version: string;
  platform?: string; deviceFamily?: string; modelIdentifier?: string;
  mode: string; roles?: string[]; scopes?: string[]; lastInputSeconds?: number; reason: string; ts: number;
  agentId?: string; deviceId?: string; tags?: string[]; text?: string;
  userId?: string; name?: string; status?: string; liveness?: string; sessions?: number;
}
interface Client { id: string; instanceId?: string; version: string; platform: string; mode: string; host?: string; displayName?: string }
type GatewayEntry = Partial<Entry> & { ts: number };
interface Device { id: string; publicKey: string; signature: string; signedAt: number; nonce?: string }
interface Connect {
  minProtocol: number; maxProtocol: number; client: Client; caps?: string[]; role?: string; scopes?: string[];
  device?: Device; auth?: { token?: string; password?: string };
}
interface HelloOk {
  type: 'hello-ok'; protocol: number; server: { version: string; connId: string; host?: string };
  features: { methods: string[]; events: string[] };
  snapshot: { presence: GatewayEntry[]; health: object; stateVersion: { presence: number; health: number }; uptimeMs: number };
  policy: { maxPayload: number; maxBufferedBytes: number; tickIntervalMs: number };
}
interface Types {
  'kleoz/connect_flat': { type: 'connect'; token: string; client: Client };
  'kleoz/connect_params': { type: 'connect'; params: { client: Client } };
  'kleoz/connected': { type: 'connected'; wsSessionId: string; sessionId?: string };
  'kleoz/get_presence': { entries: Entry[]; agents?: unknown[]; gatewayUptime: number; stateVersion?: number; timestamp: number };
  'kleoz/ping': { type: 'ping'; ts: number };
  'kleoz/presence_joined': { type: 'presence.joined'; entry: Entry; stateVersion?: number };
  'kleoz/presence_left': { type: 'presence.left'; instanceId: string; userId?: string; stateVersion?: number };
  'kleoz/presence_snapshot': { type: 'presence.snapshot'; entries: Entry[]; stateVersion: number };
  'kleoz/presence_updated': { type: 'presence.updated'; entries: Entry[]; stateVersion: number };
  'kleoz/session_typing': { type: 'session.typing'; sessionKey: string; userIds: string[]; timestamp?: string };
  'kleoz/subscribe': { type: 'subscribe'; sessionKeys: string[] };
  'kleoz/subscribe_presence': { type: 'subscribe.presence' };
  'gateway/connect': { type: 'req'; id: string; method: 'connect'; params: Connect };
  'gateway/connect_challenge': { type: 'event'; event: 'connect.challenge'; payload: { nonce: string; ts: number } };
  'gateway/hello_ok': { type: 'res'; id: string; ok: true; payload: HelloOk };
  'gateway/system_presence': { type: 'req'; id: string; method: 'system-presence'; params: object };
  'gateway/system_presence_answer': { type: 'res'; id: string; ok: true; payload: GatewayEntry[] };
}
`;

async function fixtures() {
  const folders = ['kleoz', 'gateway'];
  const files = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(join(FIXTURES, folder));
      return names.sort().map((file) => `${folder}/${file.replace(/\.json$/, '')}`);
    }),
  );
  return Promise.all(
    files.flat().map(async (name) => ({ name, text: await readFile(join(FIXTURES, `${name}.json`), 'utf8') })),
  );
}

test('each example has the type of its page', async (t) => {
  const scratch = await mkdtemp(join(tmpdir(), 'fixtures-'));
  t.after(() => rm(scratch, { recursive: true }));
  const all = await fixtures();
  const known = [...TYPES.matchAll(/^ {2}'([\w/]+)':/gm)].map(([, name]) => name);
  assert.deepEqual(all.map(({ name }) => name).sort(), known.sort(), 'each fixture has a type, and the other way round');
  const values = all.map(({ name, text }, at) => `const v${at}: Types['${name}'] = ${text};\nvoid v${at};\n`);
  const file = join(scratch, 'fixtures.ts');
  await writeFile(file, TYPES + values.join(''));
  const checked = run(process.execPath, [TSC, '--noEmit', '--strict', '--ignoreConfig', '--target', 'es2022', file]);
  await checked.catch(({ stdout }) => assert.fail(stdout));
});

test('no example has a null, and each comes out of JSON as it went in', async () => {
  for (const { name, text } of await fixtures()) {
    const value = JSON.parse(text, (_key, inner) => {
      assert.notEqual(inner, null, name);
      return inner;
    });
    assert.deepEqual(JSON.parse(JSON.stringify(value)), value, name);
  }
});

test('the status of each listed entry can be told', async () => {
  const entries = (await fixtures()).flatMap(({ text }) => {
    const { entries, entry } = JSON.parse(text);
    return entries ?? (entry ? [entry] : []);
  });
  assert.ok(entries.length > 0);
  for (const entry of entries) {
    assert.equal(getUserStatus(entry, { now: entry.ts + 300_001 }), 'offline');
    assert.notEqual(getUserStatus(entry, { now: entry.ts }), 'offline');
  }
});
