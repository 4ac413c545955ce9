// Pages that run the package as it was built, file by file, so that a profile knows which file a function
// stands in. They have the server's own origin and no other content.

import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../../../presence-wasm/js/dist/', import.meta.url));
/** Enters the room, and looks at every cursor whenever it is told to draw. */
const WATCH = `
  import { createClient } from '/bench/dist/index.js';
  const seen = (window.seen = { messages: 0, frames: 0, cursors: 0, sum: 0, errors: [] });
  const webSocket = (url, protocols) => {
    const socket = new WebSocket(url, protocols);
    socket.addEventListener('message', () => (seen.messages += 1));
    return socket;
  };
  const client = createClient({ webSocket });
  const room = client.room('lobby', { type: 'video' });
  client.onError((error) => seen.errors.push(String(error)));
  client.instances.subscribe(() => {});
  room.members.subscribe(() => {});
  room.cursors.subscribe((cursors) => {
    seen.frames += 1;
    seen.cursors = cursors.size;
    for (const { x, y } of cursors.values()) seen.sum += x + y;
  });
  room.enter();
  client.start();
`;

/**
 * From the text of the module to the answer of its first call. All files are there before the clock starts, and the
 * browser has opened the page's storage: what it takes for that is not ours, and varies most.
 */
const START = `
  import { boot } from '/bench/dist/engine/boot.js';
  import { browser } from '/bench/dist/engine/browser.js';
  const info = JSON.stringify({ mode: 'webchat' });
  window.startEngine = async () => {
    const needs = { openSocket: () => new WebSocket('/ws'), closed() {}, wake() {}, call() {} };
    for (const storage of [localStorage, sessionStorage]) storage.setItem('bench', storage.getItem('bench') ?? '');
    const began = performance.now();
    const makeEngine = await boot();
    const compiled = performance.now();
    const engine = await makeEngine(info, undefined, browser(needs, {}));
    engine.take();
    const answered = performance.now();
    return { compile: compiled - began, answer: answered - compiled, all: answered - began };
  };
`;

const PAGES = { watch: WATCH, start: START };

/**
 * Opens one of the pages in a context of its own.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} url the server's
 * @param {'watch' | 'start'} name
 */
export async function openPage(browser, url, name) {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.route(`${url}/bench/dist/**`, async (route) => {
    const path = new URL(route.request().url()).pathname.slice('/bench/dist/'.length);
    await route.fulfill({ body: await readFile(DIST + path), contentType: 'text/javascript' });
  });
  // What the server itself sent may open sockets to it; Chromium forbids that to a page from nowhere.
  await page.goto(`${url}/healthz`);
  await page.addScriptTag({ type: 'module', content: PAGES[name] });
  await page.waitForFunction(() => window.seen ?? window.startEngine);
  const cdp = await context.newCDPSession(page);
  return { page, cdp, close: () => context.close() };
}
