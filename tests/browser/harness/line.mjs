// One connection through the proxy: the page's socket, the one to the server, and what flows between.

import net from 'node:net';

/** More than this under way in one direction stops reading its sender, as a full line would. */
const HIGH_WATER = 64 * 1024;
const END = Symbol('FIN');
const ABORT = Symbol('RST');

export class Line {
  #proxy;
  #client;
  #server;
  #up;
  #down;
  #settle;
  /** Resolves when both sockets are closed. */
  done = new Promise((resolve) => (this.#settle = resolve));

  /**
   * @param {import('./proxy.mjs').Proxy} proxy
   * @param {net.Socket} client with `allowHalfOpen`
   */
  constructor(proxy, client) {
    this.#proxy = proxy;
    this.#client = client;
    this.#up = new Direction(proxy, 'up');
    this.#down = new Direction(proxy, 'down');
    this.#down.to(client);
    this.#up.from(client);
    client.once('close', () => this.#closed());
    // During a cut the server hears nothing of it; it may be connected when that ends.
    if (proxy.mode === 'open') this.#connect();
  }

  #connect() {
    const server = net.connect({
      port: this.#proxy.target,
      host: '127.0.0.1',
      allowHalfOpen: true,
      noDelay: true,
    });
    this.#server = server;
    server.on('error', () => {});
    server.once('close', () => this.#closed());
    // Where nobody listens this ends in an error, and the page's side in an RST.
    this.#down.from(server);
    server.once('connect', () => this.#up.to(server));
  }

  #closed() {
    if (this.#client.destroyed && (!this.#server || this.#server.destroyed)) this.#settle();
  }

  /** The cut is over; see `Proxy.open`. */
  reopen(swallowed) {
    if (swallowed === 'deliver') {
      if (!this.#server) this.#connect();
      this.#up.flow();
      this.#down.flow();
      return;
    }
    // A line on which nobody said a word has lost nothing and goes on.
    if (this.#server && !this.#up.waiting && !this.#down.waiting) return;
    if (swallowed === 'reset') {
      this.abort();
    } else {
      this.#up.die();
      this.#down.die();
    }
  }

  abort() {
    for (const socket of [this.#client, this.#server]) {
      if (socket) tearOff(socket);
    }
    this.#up.die();
    this.#down.die();
  }
}

/**
 * Ends a socket with an RST. After a FIN of ours that is not possible any more, and trying it makes
 * Node 20 forget the descriptor and spin on it.
 */
function tearOff(socket) {
  if (socket.destroyed) return;
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

/** What flows one way: a queue, as with a delay and with a cut things wait. */
class Direction {
  #proxy;
  #name;
  #source;
  #sink;
  #queue = [];
  #queued = 0;
  #lastDue = 0;
  #timer;
  #dead = false;
  #ended = false;

  constructor(proxy, name) {
    this.#proxy = proxy;
    this.#name = name;
  }

  get waiting() {
    return this.#queue.length > 0;
  }

  from(source) {
    this.#source = source;
    source.on('data', (piece) => {
      this.#proxy.attempted[this.#name] += piece.length;
      this.#push(piece);
    });
    source.once('end', () => {
      this.#ended = true;
      this.#push(END);
      this.#letGo();
    });
    source.once('error', () => this.#push(ABORT));
  }

  to(sink) {
    this.#sink = sink;
    sink.on('drain', () => this.flow());
    this.flow();
  }

  /** From now on it takes whatever it is given and passes nothing on. */
  die() {
    this.#dead = true;
    this.#queue = [];
    this.#queued = 0;
    clearTimeout(this.#timer);
    this.#source?.resume();
    this.#letGo();
  }

  /** The end of one side of a dead line is kept from the other, but its own socket may close. */
  #letGo() {
    if (this.#dead && this.#ended && !this.#source.destroyed) this.#source.end();
  }

  #push(item) {
    if (this.#dead) return;
    this.#lastDue = Math.max(this.#lastDue, performance.now() + this.#proxy.held);
    this.#queue.push({ item, due: this.#lastDue });
    this.#queued += item.length ?? 0;
    this.flow();
  }

  /** Passes on what is due. */
  flow() {
    clearTimeout(this.#timer);
    if (this.#dead) return;
    if (this.#proxy.mode !== 'open') {
      this.#source?.resume();
      return;
    }
    while (this.#sink && this.#queue.length > 0 && !this.#sink.writableNeedDrain) {
      const wait = this.#queue[0].due - performance.now();
      if (wait > 0) {
        this.#timer = setTimeout(() => this.flow(), wait);
        break;
      }
      const { item } = this.#queue.shift();
      this.#queued -= item.length ?? 0;
      this.#deliver(item);
    }
    if (this.#queued > HIGH_WATER) this.#source.pause();
    else this.#source?.resume();
  }

  #deliver(item) {
    if (this.#sink.destroyed) return;
    if (item === END) this.#sink.end();
    else if (item === ABORT) tearOff(this.#sink);
    else {
      this.#proxy.bytes[this.#name] += item.length;
      this.#sink.write(item);
    }
  }
}
