// The built server as a process of its own, to be killed, stopped, continued and started again.

import { execFile, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { guard, killGroup } from './guard.mjs';
import { own } from './scope.mjs';
import { until } from './wait.mjs';

const run = promisify(execFile);
const BUILT = fileURLToPath(new URL('../../../target/debug/presence-server', import.meta.url));
const LINES_KEPT = 5000;
const LINES_TOLD = 50;

/**
 * Starts the server on a free port, with a data directory of its own, and waits until it listens.
 *
 * @param {object} [t] stops it at the end of the test, and prints its last words if the test failed
 * @param {object} [options]
 * @param {string[]} [options.args] further arguments
 * @param {Record<string, string>} [options.env] further environment
 * @param {object} [options.config] written as TOML and given with --config
 * @param {string} [options.binary] another program than $PRESENCE_SERVER or the debug build
 * @returns {Promise<Server>}
 */
export async function startServer(t, options = {}) {
  const server = new Server(options);
  own(
    t,
    () => server.stop(),
    () => console.error(server.tail()),
  );
  await server.start();
  return server;
}

export class Server {
  /** Lines of stderr, of all lives of this server. */
  log = [];
  port = 0;
  #options;
  #child;
  #dir;
  #release = () => {};
  #paused = false;
  /** Whether its end was asked for, and what is known of an end that was not. */
  #ending = false;
  #crash;

  constructor(options) {
    this.#options = options;
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child?.pid;
  }

  get running() {
    return this.#child !== undefined;
  }

  /** On a free port the first time, on the same one ever after. */
  async start({ timeout = 15_000 } = {}) {
    if (this.#child) throw new Error('the server is running already');
    const { binary = process.env.PRESENCE_SERVER ?? BUILT, args = [], env = {}, config } = this.#options;
    try {
      accessSync(binary, constants.X_OK);
    } catch {
      throw new Error(`no server at ${binary}: run \`cargo build\`, or set PRESENCE_SERVER`);
    }
    if (!this.#dir) {
      this.#dir = await mkdtemp(join(tmpdir(), 'presence-server-'));
      this.#guard(0);
    }
    const all = ['--listen', `127.0.0.1:${this.port}`, '--data-dir', join(this.#dir, 'data')];
    await mkdir(join(this.#dir, 'data'), { recursive: true });
    if (config) {
      const file = join(this.#dir, 'presence.toml');
      await writeFile(file, toToml(config));
      all.push('--config', file);
    }
    const child = spawn(binary, [...all, ...args], {
      // A group of its own: a Ctrl-C must not stop it under a test that is still running.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...cleanEnv(), ...env },
    });
    const exited = new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: null, signal: null, error }));
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    this.#child = Object.assign(child, { exited });
    this.#paused = false;
    this.#ending = false;
    if (child.pid) this.#guard(child.pid);
    exited.then(({ code, signal }) => {
      this.#child = undefined;
      // Its number may soon be another's: from here on only the directory is left to guard.
      this.#guard(0);
      if (!this.#ending) this.#crash = `the server ended by itself: ${signal ?? `exit code ${code}`}`;
    });
    createInterface({ input: child.stderr }).on('line', (line) => {
      this.log.push(line);
      if (this.log.length > LINES_KEPT) this.log.shift();
    });

    const port = await this.#listening(child, timeout).catch(async (error) => {
      await this.kill9();
      throw new Error(`${error.message}\n${this.tail()}`, { cause: error });
    });
    if (this.port && port !== this.port) throw new Error(`asked for port ${this.port}, got ${port}`);
    this.port = port;
  }

  /** The first line on stdout says the address; what follows is read and dropped. */
  async #listening(child, timeout) {
    let first;
    let end;
    createInterface({ input: child.stdout }).on('line', (line) => (first ??= line));
    child.exited.then((how) => (end = how));
    const what = "the server's first line on stdout";
    const line = await until(() => first ?? end, { timeout, every: 5, what });
    if (end && line === end) {
      throw (
        end.error ??
        new Error(`the server ended before it listened: ${end.signal ?? `exit code ${end.code}`}`)
      );
    }
    const match = /^listening on http:\/\/127\.0\.0\.1:(\d+)\s*$/.exec(line);
    if (!match) throw new Error(`the server's first line on stdout does not say where it listens: ${line}`);
    return Number(match[1]);
  }

  #guard(pid) {
    const old = this.#release;
    this.#release = guard(pid, this.#dir);
    old();
  }

  /** Ends it as a crash or a power cut does: nothing is flushed, nobody is told. */
  async kill9() {
    const child = this.#child;
    if (!child) return;
    this.#ending = true;
    if (child.pid) killGroup(child.pid);
    await child.exited;
  }

  /** The same server again: same port, arguments, configuration and data. Stops a running one first. */
  async restart(options) {
    if (this.#child) await this.#terminate();
    await this.start(options);
  }

  /** SIGSTOP: its sockets stay open and nobody answers. Returns when it has really stopped. */
  async pause() {
    const child = this.#alive();
    process.kill(child.pid, 'SIGSTOP');
    await until(() => processState(child.pid), {
      is: (state) => state.startsWith('T'),
      what: 'the server to be stopped',
    });
    this.#paused = true;
  }

  /** SIGCONT. */
  async resume() {
    const child = this.#alive();
    process.kill(child.pid, 'SIGCONT');
    this.#paused = false;
  }

  /**
   * Asks it to end, waits, and checks that it ended well, now and before. Removes its data. Safe to
   * call twice.
   */
  async stop(options) {
    try {
      if (this.#child) await this.#terminate(options);
    } finally {
      await this.kill9();
      if (this.#dir) await rm(this.#dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
      this.#dir = undefined;
      this.#release();
    }
    const crash = this.#crash;
    this.#crash = undefined;
    if (crash) throw new Error(`${crash}\n${this.tail()}`);
  }

  async #terminate({ timeout = 10_000 } = {}) {
    const child = this.#alive();
    // A stopped process gets its SIGTERM only when it goes on.
    if (this.#paused) await this.resume();
    this.#ending = true;
    child.kill('SIGTERM');
    await until(() => !this.#child, { timeout, what: 'the server to end after SIGTERM' }).catch((error) => {
      throw new Error(`${error.message}\n${this.tail()}`);
    });
    const { code, signal } = await child.exited;
    if (code !== 0) {
      throw new Error(
        `the server ended with ${signal ?? `exit code ${code}`} instead of exit code 0\n${this.tail()}`,
      );
    }
  }

  #alive() {
    if (!this.#child?.pid) throw new Error(`the server is not running\n${this.tail()}`);
    return this.#child;
  }

  /** What it said last. */
  tail(lines = LINES_TOLD) {
    const last = this.log.slice(-lines);
    return [`--- server, last ${last.length} lines of ${this.log.length} ---`, ...last, '---'].join('\n');
  }
}

/** A developer's own PRESENCE_* settings must not decide whether the tests pass. */
function cleanEnv() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PRESENCE_')));
}

async function processState(pid) {
  const { stdout } = await run('ps', ['-o', 'stat=', '-p', String(pid)]);
  return stdout.trim();
}

/**
 * TOML of tables of numbers, strings, booleans and arrays of those. Fields that are undefined are
 * left out.
 *
 * @param {Record<string, unknown>} config
 */
export function toToml(config) {
  const lines = [];
  writeTable(config, [], lines);
  return `${lines.join('\n')}\n`;
}

function writeTable(table, path, lines) {
  const entries = Object.entries(table).filter(([, value]) => value !== undefined);
  const isTable = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
  // Plain keys first: after a [header] they would belong to that table.
  if (path.length > 0) lines.push(`[${path.map(tomlKey).join('.')}]`);
  for (const [key, value] of entries) {
    if (!isTable(value)) lines.push(`${tomlKey(key)} = ${tomlValue(value, [...path, key])}`);
  }
  for (const [key, value] of entries) {
    if (isTable(value)) writeTable(value, [...path, key], lines);
  }
}

function tomlKey(key) {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key);
}

function tomlValue(value, path) {
  if (Array.isArray(value)) return `[${value.map((one) => tomlValue(one, path)).join(', ')}]`;
  // JSON's escapes are all TOML's too.
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'boolean' || Number.isFinite(value)) return String(value);
  throw new TypeError(
    `${path.join('.')}: TOML has no ${value === null ? 'null' : typeof value} that is written here`,
  );
}
