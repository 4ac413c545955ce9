// Chromium, two ways.
//
// `launch` is Playwright's own: as many contexts as wanted, every page counts as visible and is
// never throttled. Right for everything but the life of a page.
// `launchLifecycle` starts Chromium without what Playwright switches off: a tab behind another is
// hidden, its timers are throttled, freezing it works.

import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import { guard, killGroup } from './guard.mjs';
import { own } from './scope.mjs';
import { until } from './wait.mjs';

const NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'chrome',
  'microsoft-edge',
];
const PLACES = [
  ...NAMES.map((name) => `/usr/bin/${name}`),
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** The browser to test with: $CHROMIUM, the system's, one on the PATH, Playwright's download. */
export function findChromium() {
  const asked = process.env.CHROMIUM;
  if (asked) {
    if (isProgram(asked)) return asked;
    throw new Error(`CHROMIUM=${asked} is not a program that can be started`);
  }
  const path = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = [
    ...PLACES,
    ...NAMES.flatMap((name) => path.map((dir) => join(dir, name))),
    chromium.executablePath(),
  ];
  const found = candidates.find((candidate) => candidate && isProgram(candidate));
  if (found) return found;
  throw new Error('no Chromium found: install one (apt-get install chromium) or set CHROMIUM');
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function commonArgs() {
  // Nothing may leave the machine: a test run in a closed network must not wait for answers.
  const args = [
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-default-apps',
    '--disable-extensions',
    '--disable-breakpad',
    '--no-default-browser-check',
    '--no-first-run',
    '--no-pings',
    '--metrics-recording-only',
    '--password-store=basic',
    '--use-mock-keychain',
    '--mute-audio',
    // Containers give /dev/shm 64 MB, less than two pages need.
    '--disable-dev-shm-usage',
  ];
  // The sandbox refuses to start for root, which is who a container's tests run as.
  if (process.getuid?.() === 0) args.push('--no-sandbox');
  return args;
}

let signalsHandled = false;

/** Playwright's handlers for SIGTERM and SIGHUP close the browser and leave the process running. */
function exitOnSignals() {
  if (signalsHandled) return;
  signalsHandled = true;
  for (const [signal, number] of [
    ['SIGHUP', 1],
    ['SIGINT', 2],
    ['SIGTERM', 15],
  ]) {
    // Playwright kills its browsers and removes their directories on `exit`.
    process.once(signal, () => process.exit(128 + number));
  }
}

/**
 * Playwright's launch with the Chromium found here.
 *
 * @param {object} [t] closes it at the end of the test
 * @param {{ args?: string[], [option: string]: unknown }} [options] as for `chromium.launch`
 * @returns {Promise<import('playwright-core').Browser>}
 */
export async function launch(t, { args = [], ...options } = {}) {
  exitOnSignals();
  const browser = await chromium.launch({
    executablePath: findChromium(),
    headless: true,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    ...options,
    args: [...commonArgs(), ...args],
  });
  own(t, () => browser.close());
  return browser;
}

/**
 * Chromium as a person runs it, in a fresh profile. Tabs are `context.newPage()`; they share one
 * window, so `page.bringToFront()` hides the tab that was in front.
 *
 * @param {object} [t] closes it at the end of the test
 * @param {{ args?: string[], timeout?: number }} [options]
 * @returns {Promise<{
 *   browser: import('playwright-core').Browser,
 *   context: import('playwright-core').BrowserContext,
 *   pid: number, dir: string, close(): Promise<void>,
 * }>}
 */
export async function launchLifecycle(t, { args = [], timeout = 30_000 } = {}) {
  const dir = await mkdtemp(join(tmpdir(), 'presence-chromium-'));
  const child = spawn(
    findChromium(),
    [
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${dir}`,
      ...commonArgs(),
      ...args,
      'about:blank',
    ],
    { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-4000);
  });
  let end;
  const gone = new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve((end = { how: signal ?? `exit code ${code}` })));
    child.once('error', (error) => resolve((end = { how: error.message })));
  });
  const release = child.pid ? guard(child.pid, dir) : () => {};

  let browser;
  let closing;
  const close = () => (closing ??= tearDown());
  const tearDown = async () => {
    // Over CDP this only disconnects; asking Chromium to close would wait for its pages.
    await browser?.close().catch(() => {});
    if (child.pid) {
      killGroup(child.pid);
      await gone;
    }
    // The helpers were killed in the same instant but may still be on their way out.
    await rm(dir, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
    release();
  };

  try {
    const what = 'Chromium to open its debugging port';
    const endpoint = await until(() => end ?? devToolsEndpoint(dir), { timeout, what });
    if (end) throw new Error(`Chromium ended before it was ready: ${end.how}`);
    browser = await chromium.connectOverCDP(endpoint, {
      noDefaults: true,
      // In our directory, so that an interrupted run leaves nothing of Playwright's either.
      artifactsDir: join(dir, 'artifacts'),
      timeout,
    });
  } catch (error) {
    await close();
    throw new Error(`${error.message}\n${stderr}`, { cause: error });
  }
  own(t, close);
  return { browser, context: browser.contexts()[0], pid: child.pid, dir, close };
}

/** Chromium writes the port it took and the path of the socket, in two lines. */
async function devToolsEndpoint(dir) {
  const [port, path] = (await readFile(join(dir, 'DevToolsActivePort'), 'utf8')).split('\n');
  return port && path && `ws://127.0.0.1:${port}${path}`;
}
