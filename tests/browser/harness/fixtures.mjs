// Pages of other people's clients, written again here, and what others post.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { own } from './scope.mjs';

const WORKSPACE = fileURLToPath(new URL('../../../', import.meta.url));

/**
 * Opens a page of `fixtures/`, which is served by the test: Chromium lets no page of nowhere talk to this machine.
 *
 * @param {object} t ends it at the end of the test
 * @param {import('playwright-core').BrowserContext} context
 * @param {string} url the server's that the page talks to, or that of a cable to it
 * @param {string} name of the file, without its end
 * @param {Record<string, string>} [query]
 * @returns {Promise<import('playwright-core').Page>}
 */
export async function openFixture(t, context, url, name, query = {}) {
  const html = await readFile(new URL(`./fixtures/${name}.html`, import.meta.url), 'utf8');
  const address = await served(t, { '/': ['text/html', html] });
  const page = await context.newPage();
  await page.goto(`${address}/?${new URLSearchParams({ server: new URL(url).host, ...query })}`);
  return page;
}

/**
 * Serves an empty page that runs a script of `fixtures/`, from another port than the server's.
 *
 * @param {object} t ends it
 * @param {string} name of the file, without its end
 * @returns {Promise<string>} its address
 */
export async function serveScript(t, name) {
  // The bundler that the package is built with.
  const { build } = createRequire(`${WORKSPACE}presence-wasm/js/package.json`)('esbuild');
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL(`./fixtures/${name}.mjs`, import.meta.url))],
    nodePaths: [`${WORKSPACE}node_modules`],
    bundle: true,
    format: 'iife',
    write: false,
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  return served(t, {
    '/': ['text/html', '<!doctype html><meta charset="utf-8"><body><script src="/page.js"></script>'],
    '/page.js': ['text/javascript; charset=utf-8', outputFiles[0].text],
  });
}

async function served(t, answers) {
  const pages = createServer(({ url }, response) => {
    const [type, body] = answers[new URL(url, 'http://page').pathname] ?? ['text/plain', ''];
    response.setHeader('content-type', type).end(body);
  });
  own(t, () => {
    pages.close();
    pages.closeAllConnections();
  });
  await once(pages.listen(0, '127.0.0.1'), 'listening');
  return `http://127.0.0.1:${pages.address().port}`;
}

/** What a backend or an agent posts; anything but success is an error. */
export async function post(server, path, body, headers = {}) {
  const answer = await fetch(`${server.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close', ...headers },
    body: JSON.stringify(body),
  });
  const told = await answer.json();
  if (!answer.ok || told.success !== true) throw new Error(`${path}: ${answer.status} ${JSON.stringify(told)}`);
  return told;
}
