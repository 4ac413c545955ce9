import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import http from 'node:http';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { findChromium, launch, launchLifecycle } from './chromium.mjs';
import { killGroup } from './guard.mjs';
import { block, setLifecycle, shiftClock } from './page.mjs';
import { own } from './scope.mjs';
import { until } from './wait.mjs';

const PAGE = `<!doctype html><title>a page</title><script>
  window.told = [];
  document.addEventListener('visibilitychange', () => told.push(document.visibilityState));
  for (const name of ['freeze', 'resume']) document.addEventListener(name, () => told.push(name));
</script>`;

async function pageServer(t) {
  const server = http.createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(PAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  own(t, () => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${server.address().port}`;
}

/** Processes, zombies aside, that have a text in their command line. */
async function processesWith(text) {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,stat=,args='], { maxBuffer: 1e8 });
  return stdout.split('\n').filter((line) => line.includes(text) && !/^\s*\d+\s+Z/.test(line));
}

test('an asked-for Chromium is not replaced by another', (t) => {
  const { CHROMIUM } = process.env;
  t.after(() => (CHROMIUM === undefined ? delete process.env.CHROMIUM : (process.env.CHROMIUM = CHROMIUM)));
  process.env.CHROMIUM = '/nowhere/chromium';
  assert.throws(findChromium, /CHROMIUM=\/nowhere\/chromium/);
});

test('launch: contexts that know nothing of each other, and pictures', async (t) => {
  const url = await pageServer(t);
  const browser = await launch(t);
  const pages = await Promise.all([1, 2].map(async () => (await browser.newContext()).newPage()));
  for (const page of pages) await page.goto(url);
  await pages[0].evaluate(() => localStorage.setItem('who', 'alice'));
  assert.equal(await pages[1].evaluate(() => localStorage.getItem('who')), null);
  assert.ok((await pages[0].screenshot()).length > 0);
});

test('a page can be kept busy, and its clock set wrong', async (t) => {
  const url = await pageServer(t);
  const context = await (await launch(t)).newContext();
  const right = await context.newPage();
  await right.goto(url);
  await right.evaluate(() => setTimeout(() => told.push('timer'), 0) && told.push('before'));
  await block(right, 300);
  await until(() => right.evaluate(() => told), { is: ['before', 'timer'] });

  await shiftClock(context, 3_600_000);
  const wrong = await context.newPage();
  await wrong.goto(url);
  const clocks = await wrong.evaluate(() => [
    Date.now(),
    new Date().getTime(),
    Date.parse(Date()),
    performance.timeOrigin + performance.now(),
  ]);
  // Hours apart, so that minutes more or less do not matter.
  for (const clock of clocks) assert.equal(Math.round((clock - Date.now()) / 3_600_000), 1);
  assert.equal(await wrong.evaluate(() => new Date(0).toISOString()), '1970-01-01T00:00:00.000Z');
  assert.ok(await wrong.evaluate(() => new Date() instanceof Date));
});

test('launchLifecycle: a tab behind another is hidden, and told so', async (t) => {
  const url = await pageServer(t);
  const { context } = await launchLifecycle(t);
  const page = await context.newPage();
  await page.goto(url);
  const state = () => page.evaluate(() => document.visibilityState);
  const told = () => page.evaluate(() => window.told);
  await page.bringToFront();
  await until(state, { is: 'visible' });
  const before = (await told()).length;
  const other = await context.newPage();
  await other.goto(url);
  await other.bringToFront();
  await until(state, { is: 'hidden' });
  assert.deepEqual((await told()).slice(before), ['hidden']);
  await page.bringToFront();
  await until(async () => (await told()).slice(before), { is: ['hidden', 'visible'] });
});

test('launchLifecycle: a hidden tab can be frozen and resumed', async (t) => {
  const url = await pageServer(t);
  const { context } = await launchLifecycle(t);
  const page = await context.newPage();
  await page.goto(url);
  await (await context.newPage()).bringToFront();
  await until(() => page.evaluate(() => document.visibilityState), { is: 'hidden' });
  await setLifecycle(page, 'frozen');
  await setLifecycle(page, 'active');
  await until(() => page.evaluate(() => window.told.slice(-2)), { is: ['freeze', 'resume'] });
});

test('launchLifecycle: closing leaves no process and no directory', async () => {
  const { dir, context, close } = await launchLifecycle();
  await context.newPage();
  assert.ok((await processesWith(dir)).length > 1);
  await close();
  assert.ok(!existsSync(dir));
  await until(() => processesWith(dir), { is: [] });
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL']) {
  test(`nothing is left behind by a run that was ended by ${signal}`, async (t) => {
    const script = fileURLToPath(new URL('./fixtures/left-behind.mjs', import.meta.url));
    const child = spawn(process.execPath, [script], { detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
    own(t, () => killGroup(child.pid));
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const left = JSON.parse(line);
    assert.ok(existsSync(left.browser) && existsSync(left.server));
    child.kill(signal);
    for (const dir of [left.browser, left.server]) {
      await until(() => !existsSync(dir), { timeout: 15_000, what: `${dir} to be removed` });
      await until(() => processesWith(dir), { is: [], timeout: 15_000 });
    }
  });
}

test('a Chromium that ends at once is told with what it said', async (t) => {
  const { CHROMIUM } = process.env;
  t.after(() => (CHROMIUM === undefined ? delete process.env.CHROMIUM : (process.env.CHROMIUM = CHROMIUM)));
  process.env.CHROMIUM = '/bin/false';
  await assert.rejects(launchLifecycle(), /Chromium ended before it was ready: exit code 1/);
});
