// Gateway clients as their authors publish them, of both protocols: they connect, ask, report, hear of each
// other, and come back after the server was gone.

import assert from 'node:assert/strict';
import { createHash, createPrivateKey, generateKeyPairSync, sign } from 'node:crypto';
import { before, test } from 'node:test';
import { GatewayClient as ClientV4 } from '@openclaw/gateway-client';
import { gatewayClient } from './harness/clawdbot.mjs';
import { own } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { until } from './harness/wait.mjs';

const BEACON = 'Node: mac-studio (10.0.0.5) · app 1.2 · last input 9s ago · mode ui · reason periodic';

let ClientV3;
before(async () => {
  ClientV3 = await gatewayClient();
});

/** A device as the clients keep one: its id is the hash of its key. */
function device() {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ type: 'spki', format: 'der' }).subarray(-32);
  return {
    deviceId: createHash('sha256').update(raw).digest('hex'),
    publicKeyPem: publicKey.export({ type: 'spki', format: 'pem' }),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }),
    raw,
  };
}

/** What the client of protocol 4 leaves to its host. */
const hostOf = (identity) => ({
  signDevicePayload: (pem, payload) =>
    sign(null, Buffer.from(payload), createPrivateKey(pem)).toString('base64url'),
  publicKeyRawBase64UrlFromPem: () => identity.raw.toString('base64url'),
  loadDeviceAuthToken: () => null,
  storeDeviceAuthToken() {},
  clearDeviceAuthToken() {},
});

/** Starts one; `heard` fills with what it tells its app. */
function start(t, protocol, server, options) {
  const identity = device();
  const heard = { hello: [], events: [], closes: [], gaps: [], errors: [] };
  const Client = protocol === 3 ? ClientV3 : ClientV4;
  const client = new Client({
    url: server.url.replace('http', 'ws'),
    minProtocol: protocol,
    maxProtocol: protocol,
    clientName: 'gateway-client',
    clientVersion: '1.0.0',
    platform: 'linux',
    mode: 'ui',
    role: 'operator',
    scopes: ['operator.admin'],
    deviceIdentity: identity,
    hostDeps: hostOf(identity),
    onHelloOk: (hello) => heard.hello.push(hello),
    onEvent: (event) => heard.events.push(event),
    onClose: (code, reason) => heard.closes.push([code, `${reason}`]),
    onGap: (gap) => heard.gaps.push(gap),
    onConnectError: (error) => heard.errors.push(error.message),
    ...options,
  });
  own(t, () => client.stop());
  client.start();
  return { client, heard, identity };
}

/** Starts one and waits until it is in. */
async function connect(t, protocol, server, options) {
  const started = start(t, protocol, server, options);
  await until(() => started.heard.hello.length > 0);
  return started;
}

const row = (list, host) => list.find((entry) => entry.host === host);
const lists = ({ events }) => events.filter(({ event }) => event === 'presence');
const newest = (heard) => lists(heard).at(-1)?.payload.presence ?? [];

for (const protocol of [3, 4]) {
  test(`protocol ${protocol}: asks, reports and hears`, async (t) => {
    const server = await startServer(t);
    const one = await connect(t, protocol, server, { clientDisplayName: 'one' });
    const [hello] = one.heard.hello;
    assert.equal(hello.protocol, protocol);
    assert.equal(row(hello.snapshot.presence, 'one').deviceId, one.identity.deviceId);
    assert.equal(hello.snapshot.presence[0].reason, 'self');

    const two = await connect(t, 7 - protocol, server, { clientDisplayName: 'two' });
    await until(() => row(newest(one.heard), 'two'));
    const list = await one.client.request('system-presence', {});
    assert.deepEqual(list.map(({ host }) => host).slice(1).sort(), ['one', 'two']);

    const answer = await two.client.request('system-event', { text: BEACON, instanceId: 'mac-1' });
    assert.deepEqual(answer, { ok: true });
    assert.equal(row(newest(two.heard), 'mac-studio').lastInputSeconds, 9, 'told before the answer');
    await until(() => row(newest(one.heard), 'mac-studio'));

    await assert.rejects(one.client.request('fly', {}), /unknown method: fly/);
    two.client.stop();
    await until(() => row(newest(one.heard), 'two')?.reason === 'disconnect');
    assert.deepEqual(one.heard.gaps, []);
    assert.deepEqual([...one.heard.errors, ...two.heard.errors], []);
  });

  test(`protocol ${protocol}: comes back after a restart`, async (t) => {
    const server = await startServer(t);
    const { client, heard } = await connect(t, protocol, server, { clientDisplayName: 'one' });
    await server.stop();
    await until(() => heard.closes.length > 0);
    assert.deepEqual(heard.closes[0], [1012, 'service restart']);
    assert.deepEqual(
      heard.events.filter(({ event }) => event === 'shutdown').map(({ payload }) => payload.reason),
      ['service restart'],
    );
    await server.start();
    await until(() => heard.hello.length > 1, { timeout: 20_000 });
    assert.ok(row(await client.request('system-presence', {}), 'one'));
  });

  test(`protocol ${protocol}: a wrong token is refused with a reason`, async (t) => {
    const server = await startServer(t, { env: { PRESENCE_SERVER_KEY: 'the key' } });
    const { client } = await connect(t, protocol, server, { clientDisplayName: 'one', token: 'the key' });
    assert.ok(row(await client.request('system-presence', {}), 'one'));
    const { heard } = start(t, protocol, server, { token: 'another key' });
    await until(() => heard.closes.length > 0);
    const [[code, reason]] = heard.closes;
    assert.equal(code, 1008);
    assert.match(reason, /^unauthorized: gateway token mismatch/);
    assert.deepEqual(heard.hello, []);
  });
}
