// What can happen to a page without its doing.

/**
 * What the browser does to a tab nobody looks at for long. The tab must be hidden, as a visible one
 * is never frozen. Only with `launchLifecycle`: in Playwright's own launch this does nothing.
 *
 * @param {import('playwright-core').Page} page
 * @param {'frozen' | 'active'} state
 */
export async function setLifecycle(page, state) {
  const session = await page.context().newCDPSession(page);
  try {
    await session.send('Page.setWebLifecycleState', { state });
  } finally {
    await session.detach();
  }
}

/**
 * Keeps the page's main thread busy: no timer, no event, no script runs there meanwhile.
 *
 * @param {import('playwright-core').Page} page
 * @param {number} ms
 * @returns {Promise<void>} when it is over. Await it: until then the page answers nothing else.
 */
export function block(page, ms) {
  return page.evaluate((duration) => {
    const end = performance.now() + duration;
    while (performance.now() < end);
  }, ms);
}

/**
 * Sets the wall clock of pages opened from here on wrong; how fast it runs stays right. Workers keep
 * the machine's clock.
 *
 * @param {import('playwright-core').BrowserContext | import('playwright-core').Page} target
 * @param {number} ms ahead, or behind if negative
 */
export function shiftClock(target, ms) {
  return target.addInitScript((offset) => {
    const Real = Date;
    const now = () => Real.now() + offset;
    globalThis.Date = new Proxy(Real, {
      construct: (real, args, made) => Reflect.construct(real, args.length ? args : [now()], made),
      apply: () => new Real(now()).toString(),
      get: (real, name) => (name === 'now' ? now : Reflect.get(real, name)),
    });
    const timeOrigin = performance.timeOrigin + offset;
    Object.defineProperty(performance, 'timeOrigin', { value: timeOrigin });
  }, ms);
}
