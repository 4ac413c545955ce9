// React below a provider whose engine the test plays. Imported before react-dom, which looks around when it is loaded.

import './dom.mjs';

import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';
import { act, createElement as h, StrictMode } from 'react';
import { createRoot } from 'react-dom/client';

import { PresenceProvider } from '../dist/react.js';
import { fakeClient, settle } from './harness.mjs';

/** React complains on the console; a test in which it does has failed. */
const complaints = [];
console.error = (...words) => {
  // Node says once that its timers for tests are new.
  if (!/MockTimers/.test(words)) complaints.push(words.join(' '));
};
afterEach(() => assert.deepEqual(complaints.splice(0), []));
after(() => window.close());

/** Shows `children` in the page; `render(children, …)` shows them again, in what `within` puts around them. */
export async function shown(children, { within = (inner) => inner, strict = true } = {}) {
  const fake = fakeClient();
  const page = document.body.appendChild(document.createElement('div'));
  const root = createRoot(page);
  const render = async (inner, ...more) => {
    const app = h(PresenceProvider, { client: fake.client }, within(inner, ...more));
    await act(async () => root.render(strict ? h(StrictMode, null, app) : app));
    await act(settle);
  };
  const unmount = async () => {
    await act(async () => root.unmount());
    page.remove();
  };
  await render(children);
  const engine = fake.engine();
  const say = (...updates) => act(async () => (engine.say(...updates), settle()));
  return { ...fake, engine, page, render, say, unmount };
}
