// The tab of instances: pages, gateway clients, devices that beacons tell of, and the server itself, as a person
// with a keyboard finds their way in it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { launch } from './harness/chromium.mjs';
import { open } from './harness/raw.mjs';
import { shared } from './harness/scope.mjs';
import { startServer } from './harness/server.mjs';
import { visit } from './harness/visitor.mjs';
import { until } from './harness/wait.mjs';

const browser = await launch(shared());

/** A gateway client of protocol 3, without any of its authors' code. */
async function gatewayClient(t, server, client) {
  const ws = await open(`${server.url}/`, { t });
  await ws.next('event');
  const ask = async (method, params) => {
    const id = `${method} ${ws.all.length}`;
    ws.send({ type: 'req', id, method, params });
    const answer = await ws.next('res', { where: (res) => res.id === id });
    assert.ok(answer.ok, JSON.stringify(answer));
  };
  await ask('connect', {
    minProtocol: 3,
    maxProtocol: 3,
    client: { id: 'gateway-client', version: '1.0.0', platform: 'linux', mode: 'ui', ...client },
    auth: { token: 'Gwen' },
  });
  return { ws, beacon: (params) => ask('system-event', params) };
}

/** The rows as they are shown, by what stands in their cells. */
const rows = ({ page }) =>
  page.getByTestId('instance-row').evaluateAll((all) =>
    all.map((row) => ({
      title: row.querySelector('button').textContent,
      mode: row.dataset.mode,
      state: row.querySelector('.instance-state').textContent,
      input: row.querySelector('.instance-input').textContent,
      seen: row.querySelector('.instance-seen').textContent,
      own: row.dataset.own === 'true',
    })),
  );

const titles = async (visitor) => (await rows(visitor)).map(({ title }) => title);
const row = async (visitor, title) => (await rows(visitor)).find((one) => one.title === title);
const focused = ({ page }) => page.evaluate(() => document.activeElement.textContent);

/** Shows the tab as somebody without a mouse does. */
async function showInstances({ page }) {
  await page.getByRole('tab', { name: 'Room' }).focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('tabpanel', { name: 'Instances' }).waitFor();
}

test('it shows the server, pages, and a gateway client that comes and goes', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  await visit(t, browser, server.url, 'Bob');
  await showInstances(ann);
  await until(async () => (await rows(ann)).map(({ mode }) => mode).sort(), { is: ['gateway', 'ui', 'ui'] });
  const own = (await rows(ann)).find((one) => one.mode === 'gateway');
  assert.deepEqual({ state: own.state, seen: own.seen }, { state: 'Active', seen: 'now' });
  assert.equal((await row(ann, 'Ann')).own, true);
  assert.equal((await row(ann, 'Bob')).own, false);

  const { ws, beacon } = await gatewayClient(t, server, { displayName: 'studio-mac', instanceId: 'mac-1' });
  await until(() => titles(ann), { is: (all) => all.includes('studio-mac') });
  assert.deepEqual(await row(ann, 'studio-mac'), {
    title: 'studio-mac',
    mode: 'ui',
    state: 'Active',
    input: 'unknown',
    seen: 'now',
    own: false,
  });
  // What it tells of another device is a row of its own, and stays when it goes.
  await beacon({ text: 'Node: kitchen-pi (10.0.0.9) · app 1.2 · last input 4000s ago · mode node · reason periodic', instanceId: 'pi' });
  await until(async () => (await row(ann, 'kitchen-pi'))?.input, { is: '1 h ago' });
  await ws.close();
  await until(() => titles(ann), { is: (all) => !all.includes('studio-mac') });
  assert.equal((await row(ann, 'kitchen-pi')).state, 'Active');
  assert.deepEqual(ann.errors, []);
});

test('filter, order and details are reached by keyboard', async (t) => {
  const server = await startServer(t);
  const gwen = await gatewayClient(t, server, { displayName: 'b-mac', instanceId: 'b', mode: 'backend' });
  await gatewayClient(t, server, { displayName: 'c-mac', instanceId: 'c', mode: 'node' });
  await gwen.beacon({ text: 'one', instanceId: 'a', host: 'a-mac', lastInputSeconds: 900, tags: ['desk', 'berlin'], ip: '10.0.0.5' });
  await gwen.beacon({ text: 'two', instanceId: 'd', host: 'd-mac', lastInputSeconds: 60, mode: 'node' });
  const ann = await visit(t, browser, server.url, 'Ann');
  const { page } = ann;
  await showInstances(ann);
  const macs = async () => (await titles(ann)).filter((title) => title.endsWith('-mac'));
  await until(macs, { is: ['a-mac', 'b-mac', 'c-mac', 'd-mac'] });

  // To the field; what is written there leaves what matches.
  await page.keyboard.press('Tab');
  await page.keyboard.type('10.0.0.5 mac');
  await until(() => titles(ann), { is: ['a-mac'] });
  assert.match(await page.getByTestId('instance-count').textContent(), /^1 of 6$/);
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('nobody has this');
  await until(() => titles(ann), { is: [] });
  await page.getByRole('button', { name: 'Show all 6' }).press('Enter');
  await until(macs, { is: ['a-mac', 'b-mac', 'c-mac', 'd-mac'] });
  await page.getByTestId('instance-mode').selectOption('node');
  await until(() => titles(ann), { is: ['c-mac', 'd-mac'] });
  await page.getByTestId('instance-mode').selectOption('');

  // Newest input first, and by a second press the oldest; what is unknown stands last.
  const header = page.getByRole('columnheader', { name: 'Last input' });
  const inputs = async () => (await rows(ann)).filter(({ title }) => title.endsWith('-mac')).map(({ title }) => title);
  await header.getByRole('button').press('Enter');
  await until(inputs, { is: ['d-mac', 'a-mac', 'b-mac', 'c-mac'] });
  assert.equal(await header.getAttribute('aria-sort'), 'ascending');
  await page.keyboard.press('Enter');
  await until(inputs, { is: ['a-mac', 'd-mac', 'b-mac', 'c-mac'] });
  assert.equal(await header.getAttribute('aria-sort'), 'descending');
  assert.equal(await page.locator('[aria-sort]').count(), 1);

  // Through the rows, and into one.
  await page.getByRole('columnheader', { name: 'Last seen' }).getByRole('button').focus();
  await page.keyboard.press('Tab');
  assert.equal(await focused(ann), 'a-mac');
  await page.keyboard.press('ArrowDown');
  assert.equal(await focused(ann), 'd-mac');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  const details = page.getByTestId('instance-details');
  await details.waitFor();
  const told = await details.locator('dl > div').evaluateAll((all) =>
    Object.fromEntries(all.map((one) => [one.children[0].textContent, one.children[1].textContent])),
  );
  assert.deepEqual(
    [told.instanceId, told.host, told.ip, told.text, told.userId, told.status],
    ['a', 'a-mac', '10.0.0.5', 'one', 'Gwen', 'away, connected'],
  );
  const button = page.getByRole('button', { name: 'a-mac', exact: true });
  assert.equal(await button.getAttribute('aria-expanded'), 'true');
  assert.equal(await button.getAttribute('aria-controls'), await details.getAttribute('id'));
  await page.keyboard.press('Enter');
  await until(() => details.count(), { is: 0 });
  assert.deepEqual(ann.errors, []);
});

test('the address says which tab is shown, and what was typed in the other one stays', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const { page } = ann;
  await page.getByTestId('comment').fill('half a sent');
  await showInstances(ann);
  assert.equal(await page.getByTestId('surface').isVisible(), false);
  assert.match(page.url(), /\?name=Ann&room=lobby&tab=instances$/);
  await page.keyboard.press('End');
  await page.keyboard.press('Home');
  await page.getByTestId('surface').waitFor();
  assert.equal(await page.getByTestId('comment').inputValue(), 'half a sent');
  assert.match(page.url(), /\?name=Ann&room=lobby$/);
  await page.getByRole('tab', { name: 'Instances' }).click();
  await page.reload();
  await page.getByRole('tabpanel', { name: 'Instances' }).waitFor();
  await until(() => titles(ann), { is: (all) => all.includes('Ann') });
  // Whom others see in the room they see there all the same.
  const bob = await visit(t, browser, server.url, 'Bob');
  await until(async () => (await bob.members()).map(({ user }) => user), { is: ['Ann', 'Bob'] });
});

test('on a narrow screen nothing is cut off, and the order is chosen from a list', async (t) => {
  const server = await startServer(t);
  const context = await browser.newContext({ viewport: { width: 360, height: 740 } });
  t.after(() => context.close());
  await gatewayClient(t, server, { displayName: 'a-host-with-a-name-that-is-far-too-long.internal.example.com' });
  const ann = await visit(t, context, server.url, 'Ann');
  const { page } = ann;
  await page.getByTestId('tab-instances').click();
  await until(() => page.getByTestId('instance-row').count(), { is: 3 });
  assert.deepEqual(await page.getByRole('columnheader').allTextContents(), ['State', 'Name', 'Last seen']);
  await page.getByRole('button', { name: 'Ann', exact: true }).click();
  await page.getByTestId('instance-details').waitFor();
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.equal(width, 360);
  await page.getByTestId('instance-sort').selectOption('mode');
  await until(async () => (await page.getByTestId('instance-row').first().getAttribute('data-mode')), { is: 'gateway' });
});

test('the lines for a terminal are copied as they stand there', async (t) => {
  const server = await startServer(t);
  const ann = await visit(t, browser, server.url, 'Ann');
  const { page } = ann;
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await showInstances(ann);
  const line = await page.getByTestId('command-wscat').textContent();
  await page.getByRole('button', { name: 'Copy the wscat command' }).click();
  await until(() => page.evaluate(() => navigator.clipboard.readText()), { is: line });
  // What the line sends is what a gateway client sends.
  const [, url, message] = /^npx wscat -c (\S+) -w 60 -x '(.*)'$/.exec(line);
  const ws = await open(url, { t });
  ws.send(message);
  await until(() => titles(ann), { is: (all) => all.includes('my-terminal') });
  await ws.close();
  await until(() => titles(ann), { is: (all) => !all.includes('my-terminal') });
});
