// A room full of moving cursors, from a program of its own: this process could not move so many.

import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { own } from './scope.mjs';
import { until } from './wait.mjs';

const BUILT = fileURLToPath(new URL('../../../target/debug/crowd', import.meta.url));

/**
 * Fills a room and waits until all are in.
 *
 * @param {object} t ends it at the end of the test
 * @param {string} url the server's
 * @param {{ room: string, members: number, hz?: number }} options how often each of them points
 * @returns {Promise<Crowd>}
 */
export async function startCrowd(t, url, { room, members, hz = 20 }) {
  const binary = process.env.PRESENCE_CROWD ?? BUILT;
  try {
    accessSync(binary, constants.X_OK);
  } catch {
    throw new Error(
      `no crowd at ${binary}: run \`cargo build -p presence-tests --bin crowd\`, or set PRESENCE_CROWD`,
    );
  }
  const door = `${url.replace(/^http/, 'ws')}/ws`;
  const args = ['--url', door, '--room', room, '--kind', 'video', '--members', String(members), '--hz', String(hz)];
  const crowd = new Crowd(spawn(binary, args, { stdio: 'pipe' }));
  own(t, () => crowd.kill());
  await crowd.told('joined', { timeout: 20_000 });
  return crowd;
}

export class Crowd {
  #child;
  #lines = [];
  #stderr = '';
  #end;
  #gone;

  /** @param {import('node:child_process').ChildProcess} child ends by itself when its stdin does, however that comes */
  constructor(child) {
    this.#child = child;
    this.#gone = new Promise((resolve) => {
      child.once('exit', (code, signal) => resolve((this.#end = signal ?? `exit code ${code}`)));
      child.once('error', (error) => resolve((this.#end = error.message)));
    });
    child.stdin.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text) => (this.#stderr += text));
    createInterface({ input: child.stdout }).on('line', (line) => this.#lines.push(line));
  }

  /** Waits for what it tells under a word. */
  async told(word, { timeout = 5000 } = {}) {
    const told = () => this.#lines.find((line) => line.startsWith(`${word} `));
    const what = `the crowd to tell what it ${word}`;
    const line = await until(() => told() ?? this.#end, { timeout, what });
    if (line !== told())
      throw new Error(`the crowd ended (${this.#end}) before it told what it ${word}: ${this.#stderr}`);
    return Number(line.slice(word.length));
  }

  /** From here on nobody points anywhere else. */
  still() {
    this.#child.stdin.write('still\n');
  }

  /** Lets all leave; gives the fewest bytes of cursors that one of them was sent. */
  async end() {
    this.#child.stdin.end();
    return this.told('heard');
  }

  async kill() {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }
}
