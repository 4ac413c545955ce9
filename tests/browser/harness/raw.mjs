// A WebSocket client without any of our code in it: JSON in, JSON out, on any door.

import { WebSocket } from 'ws';
import { own } from './scope.mjs';
import { until } from './wait.mjs';

/**
 * Connects and waits until the socket is open. When the upgrade is refused the error carries
 * `statusCode` and `body`.
 *
 * @param {string} url http:// is read as ws://
 * @param {object} [options]
 * @param {string} [options.origin]
 * @param {string[]} [options.protocols] offered as subprotocols
 * @param {Record<string, string>} [options.headers]
 * @param {boolean} [options.autoPong] false: pings stay unanswered, as on a dead line
 * @param {number} [options.timeout] milliseconds until the socket must be open
 * @param {object} [options.t] ends it at the end of the test
 * @returns {Promise<RawClient>}
 */
export async function open(
  url,
  { origin, protocols = [], headers, autoPong = true, timeout = 5000, t } = {},
) {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), protocols, {
    origin,
    headers,
    autoPong,
    handshakeTimeout: timeout,
    perMessageDeflate: false,
  });
  // Before it is open: a server's greeting comes in the same packet as the upgrade.
  const client = new RawClient(socket);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
    socket.once('unexpected-response', (_request, response) => {
      refusal(response)
        .then(reject, reject)
        .then(() => socket.terminate());
    });
  });
  own(t, () => client.terminate());
  return client;
}

/**
 * A socket for the package where there is no browser. What goes wrong with it is told by its close
 * event, as in a browser; without a listener Node would end for it.
 */
export function nodeSocket(url, protocols) {
  return new WebSocket(url, protocols).on('error', () => {});
}

async function refusal(response) {
  let body = '';
  for await (const piece of response.setEncoding('utf8')) body += piece;
  const { statusCode } = response;
  return Object.assign(new Error(`the upgrade was refused: ${statusCode} ${body}`), { statusCode, body });
}

export class RawClient {
  /**
   * Everything received, in order: `data` is the parsed JSON, or the text where it is none, or the
   * Buffer of a binary frame; `at` is performance.now().
   *
   * @type {{ at: number, type: unknown, data: any, text?: string }[]}
   */
  all = [];
  /** When pings came. */
  pings = [];
  /** Resolves to `{ code, reason, at }`, also when the line was cut (1006). */
  closed;
  /** The same, once it is known. */
  end;
  socket;
  #taken = new Set();

  constructor(socket) {
    this.socket = socket;
    // Errors of a broken line end in `close`; those of the opening are told by `open`.
    socket.on('error', () => {});
    socket.on('ping', () => this.pings.push(performance.now()));
    socket.on('message', (raw, isBinary) => this.all.push(received(raw, isBinary)));
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) => {
        this.end = { code, reason: reason.toString(), at: performance.now() };
        resolve(this.end);
      });
    });
  }

  /** The subprotocol the server selected, or ''. */
  get protocol() {
    return this.socket.protocol;
  }

  get isOpen() {
    return this.socket.readyState === WebSocket.OPEN;
  }

  /** An object as JSON; a string or a Buffer as it is, for input that no client should send. */
  send(message) {
    const asIs = typeof message === 'string' || Buffer.isBuffer(message);
    this.socket.send(asIs ? message : JSON.stringify(message));
  }

  /**
   * Takes the oldest message of a type that was not taken yet, or waits for it; others stay.
   *
   * @param {string | ((data: any) => boolean)} [type] without it, whatever comes next
   * @param {{ timeout?: number, where?: (data: any) => boolean }} [options]
   * @returns {Promise<any>} its `data`
   */
  async next(type, { timeout = 5000, where } = {}) {
    const take = () => this.all.find((one) => !this.#taken.has(one) && matches(one, type, where));
    const what = `a message ${describe(type, where)}`;
    // What came before the close is still to be had; what comes after never is.
    const one = await until(() => take() ?? (this.end && 'closed'), { timeout, every: 5, what }).catch(
      (error) => {
        throw new Error(`${error.message}\n${this.#story()}`);
      },
    );
    if (one === 'closed') {
      const { code, reason } = this.end;
      throw new Error(`${what} was awaited, but the socket is closed: ${code} ${reason}\n${this.#story()}`);
    }
    this.#taken.add(one);
    return one.data;
  }

  /** All messages of a type so far, taken or not. */
  of(type, where) {
    return this.all.filter((one) => matches(one, type, where)).map(({ data }) => data);
  }

  /** From here on `next` looks at new messages only. */
  skip() {
    for (const one of this.all) this.#taken.add(one);
  }

  /** Says goodbye and waits for the server's. */
  async close(code = 1000, reason = '') {
    this.socket.close(code, reason);
    return this.closed;
  }

  /** Ends the line without a goodbye. */
  terminate() {
    this.socket.terminate();
    return this.closed;
  }

  #story() {
    const last = this.all
      .slice(-20)
      .map(({ data, text }) => `  ${(text ?? `${data.length} bytes`).slice(0, 300)}`);
    return [`received ${this.all.length} messages, the last ${last.length}:`, ...last].join('\n');
  }
}

function received(raw, isBinary) {
  const at = performance.now();
  if (isBinary) return { at, type: undefined, data: raw };
  const text = raw.toString();
  try {
    const data = JSON.parse(text);
    return { at, type: data?.type, data, text };
  } catch {
    // Some doors speak bare words too.
    return { at, type: undefined, data: text, text };
  }
}

function matches({ type, data }, wanted, where) {
  if (typeof wanted === 'function' && !wanted(data)) return false;
  if (typeof wanted === 'string' && type !== wanted) return false;
  return where ? Boolean(where(data)) : true;
}

function describe(type, where) {
  const kind = typeof type === 'string' ? `of type ${type}` : type ? `with ${type}` : 'of any type';
  return where ? `${kind} where ${where}` : kind;
}
