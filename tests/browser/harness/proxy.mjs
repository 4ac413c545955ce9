// A TCP proxy between one page and the server: the cable that a test can cut.
//
//   open     bytes pass (after a delay, if one is set)
//   reset    both sides of every connection get an RST, and so does whoever comes new
//   swallow  connections stay open and are read, but nothing passes in either direction, not even
//            their end; new ones are accepted and swallowed too
//
// What a test must know is that a cut really is one: `assertStopped` waits until somebody tried to
// get through and shows that nothing did.

import { once } from 'node:events';
import net from 'node:net';
import { Line } from './line.mjs';
import { own } from './scope.mjs';
import { until } from './wait.mjs';

/**
 * @param {object | undefined} t closes it at the end of the test
 * @param {number} target port on 127.0.0.1 where connections go; may be changed later
 * @returns {Promise<Proxy>}
 */
export async function startProxy(t, target) {
  const proxy = new Proxy(target);
  await proxy.listen();
  own(t, () => proxy.close());
  return proxy;
}

export class Proxy {
  /** Where new connections go. */
  target;
  /** Bytes that passed: `up` to the server, `down` to the page. */
  bytes = { up: 0, down: 0 };
  /** What arrived here, whether it passed or not; `connections` counts those that were opened. */
  attempted = { up: 0, down: 0, connections: 0 };
  #mode = 'open';
  #delay = { ms: 0, jitter: 0 };
  #lines = new Set();
  #listener = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#accept(socket));
  #atCut;

  constructor(target) {
    this.target = target;
  }

  async listen() {
    this.#listener.listen(0, '127.0.0.1');
    await once(this.#listener, 'listening');
  }

  get port() {
    return this.#listener.address().port;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get mode() {
    return this.#mode;
  }

  /** Connections of pages that are open now. */
  get connections() {
    return this.#lines.size;
  }

  /**
   * Lets bytes pass again. Streams that lost bytes cannot just go on; `swallowed` says what becomes
   * of them:
   *   'reset'    both ends get an RST, as from a router that has forgotten the connection
   *   'deliver'  all of it arrives now, as TCP's retransmission does after a short cut
   *   'keep'     they stay dead and open, as behind a NAT whose entry is gone; each end has to notice
   *
   * @param {{ swallowed?: 'reset' | 'deliver' | 'keep' }} [options]
   */
  open({ swallowed = 'reset' } = {}) {
    if (!['reset', 'deliver', 'keep'].includes(swallowed)) throw new TypeError(`swallowed: ${swallowed}`);
    if (this.#mode === 'open') return;
    this.#mode = 'open';
    this.#atCut = undefined;
    for (const line of [...this.#lines]) line.reopen(swallowed);
  }

  /** Cuts with a bang: everybody notices at once and nobody gets back in. */
  reset() {
    this.#cut('reset');
    for (const line of [...this.#lines]) line.abort();
  }

  /** Cuts in silence: nobody is told anything. */
  swallow() {
    this.#cut('swallow');
  }

  #cut(mode) {
    this.#mode = mode;
    this.#atCut = { bytes: { ...this.bytes }, attempted: { ...this.attempted } };
  }

  /** Holds every piece back for `ms` and up to `jitter` more; pieces keep their order. */
  delay(ms, jitter = 0) {
    this.#delay = { ms, jitter };
  }

  /** How long the next piece waits. */
  get held() {
    return this.#delay.ms + Math.random() * this.#delay.jitter;
  }

  /**
   * Proves a cut: since it began something was sent or somebody tried to connect, and not one byte
   * passed. Waits for the first of that, so the sender has to be one that sends by itself, or be
   * made to by `attempt`.
   *
   * @param {object} [options]
   * @param {() => unknown} [options.attempt] sends something through, or tries to
   * @param {('up' | 'down' | 'connections')[]} [options.tried] what all must have been tried
   *   (without it, anything will do)
   * @param {number} [options.timeout]
   */
  async assertStopped({ attempt, tried, timeout = 5000 } = {}) {
    const before = this.#atCut;
    if (!before) throw new Error('the proxy is open: there is no cut to prove');
    await attempt?.();
    const since = () => difference(this.attempted, before.attempted);
    const enough = (counts) =>
      tried ? tried.every((what) => counts[what] > 0) : Object.values(counts).some((count) => count > 0);
    const what = `an attempt to get through the cut (${tried?.join(' and ') ?? 'any'})`;
    const counts = await until(since, { is: enough, timeout, what });
    const passed = difference(this.bytes, before.bytes);
    if (this.#atCut !== before) throw new Error('the cut ended while it was being proven');
    if (passed.up !== 0 || passed.down !== 0) {
      throw new Error(`bytes passed the cut (${this.#mode}): ${passed.up} up, ${passed.down} down`);
    }
    return counts;
  }

  #accept(socket) {
    this.attempted.connections += 1;
    socket.on('error', () => {});
    if (this.#mode === 'reset') {
      // Refused after the handshake rather than by closing the port: the port stays ours, and the
      // attempt is counted.
      socket.resetAndDestroy();
      return;
    }
    const line = new Line(this, socket);
    this.#lines.add(line);
    line.done.then(() => this.#lines.delete(line));
  }

  async close() {
    this.#listener.close();
    for (const line of [...this.#lines]) line.abort();
    await Promise.all([...this.#lines].map((line) => line.done));
  }
}

function difference(now, before) {
  return Object.fromEntries(Object.entries(now).map(([name, count]) => [name, count - before[name]]));
}
