// Pages of other people's clients, written again here, and what others post.

import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { own } from './scope.mjs';

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
  const body = await readFile(new URL(`./fixtures/${name}.html`, import.meta.url), 'utf8');
  const pages = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(body);
  });
  pages.listen(0, '127.0.0.1');
  await once(pages, 'listening');
  own(t, () => pages.close());
  const page = await context.newPage();
  const search = new URLSearchParams({ server: new URL(url).host, ...query });
  await page.goto(`http://127.0.0.1:${pages.address().port}/?${search}`);
  return page;
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
