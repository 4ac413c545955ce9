// The film on the demo page: what a person does to it, and where it is.

import { until } from './wait.mjs';

/** How far apart pages may be that watch together, in seconds. */
export const TOGETHER = 0.1;

/** Counts what happens to the player of a page from here on; `window.deeds` has it. */
export function record(visitor) {
  return visitor.page.evaluate(() => {
    const video = document.querySelector('[data-testid=video]');
    window.deeds = { seeks: 0, said: 0 };
    video.addEventListener('seeking', () => (window.deeds.seeks += 1));
    const { send } = WebSocket.prototype;
    WebSocket.prototype.send = function (message) {
      if (new TextDecoder().decode(message).includes('"playback"')) window.deeds.said += 1;
      return send.call(this, message);
    };
  });
}

export function deeds(visitor) {
  return visitor.page.evaluate(() => ({ ...window.deeds }));
}

/** Does something to the player, as its controls would: `({ video }) => video.pause()`. */
export function act(visitor, what, detail) {
  return visitor.page.evaluate(
    ({ what, detail }) => {
      const video = document.querySelector('[data-testid=video]');
      return (0, eval)(`(${what})`)(video, detail);
    },
    { what: what.toString(), detail },
  );
}

/** What the player does now: `at` is in milliseconds of a clock that all pages have. */
export function player(visitor) {
  return act(visitor, (video) => ({
    at: performance.timeOrigin + performance.now(),
    place: video.currentTime,
    rate: video.playbackRate,
    paused: video.paused,
    seeking: video.seeking,
    ready: video.readyState,
  }));
}

/** What the room of a page watches, as the page knows it. */
export function watch(visitor) {
  return visitor.page.evaluate((id) => window.presence.room(id, { type: 'video' }).watch.get(), visitor.room);
}

/** The panel's lines about who watches: `{ Ann: 'controlling', Bob: 'desynced paused' }`. */
export function viewers(visitor) {
  return visitor.page.locator('.presence-viewer').evaluateAll((items) =>
    Object.fromEntries(
      items.map(({ dataset: { user, state, reason } }) => [user, reason ? `${state} ${reason}` : state]),
    ),
  );
}

/** How far apart the places of some pages are in one moment, in seconds. */
async function spread(visitors) {
  const all = await Promise.all(visitors.map(player));
  const now = Math.max(...all.map(({ at }) => at));
  const places = all.map(({ at, place, rate, paused }) => (paused ? place : place + ((now - at) / 1000) * rate));
  return Math.max(...places) - Math.min(...places);
}

/** The median of some looks at how far apart they are. */
export async function medianSpread(visitors, looks = 15) {
  const seen = [];
  for (let look = 0; look < looks; look += 1) seen.push(await spread(visitors));
  return seen.sort((a, b) => a - b)[Math.floor(looks / 2)];
}

/** Waits until all of them play at the same place. */
export async function playTogether(visitors, { timeout = 5_000 } = {}) {
  const what = `${visitors.map(({ name }) => name).join(', ')} to play together`;
  const paused = async () => (await Promise.all(visitors.map(player))).map(({ paused }) => paused);
  await until(paused, { is: (all) => all.every((one) => !one), timeout, what });
  return until(() => medianSpread(visitors), { is: (apart) => apart <= TOGETHER, timeout, what });
}

/** Clicks a button of the panel. */
export function press(visitor, name) {
  return visitor.page.locator('.presence-watch').getByRole('button', { name, exact: true }).click();
}
