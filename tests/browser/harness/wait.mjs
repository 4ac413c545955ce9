// Waiting for conditions. A test never sleeps: it says what must become true, or stay true.

import { setTimeout as sleep } from 'node:timers/promises';
import { inspect, isDeepStrictEqual } from 'node:util';

const PENDING = Symbol('no answer yet');

/**
 * Polls until `fn` gives what is awaited, and returns that.
 *
 * @template T
 * @param {() => T | Promise<T>} fn may throw: that counts as "not yet" and is told if it stays so
 * @param {object} [options]
 * @param {number} [options.timeout] milliseconds
 * @param {string} [options.what] completes "waited for …"
 * @param {unknown} [options.is] a value to equal or a predicate; without it anything truthy will do.
 *   With it the error can say what was seen instead, so prefer it to a comparison inside `fn`.
 * @param {number} [options.every] milliseconds between two looks
 * @returns {Promise<T>}
 */
export async function until(fn, { timeout = 5000, what, is, every = 20 } = {}) {
  const deadline = performance.now() + timeout;
  let last = { value: PENDING };
  for (;;) {
    last = await look(fn, deadline, last);
    if (fits(last, is)) return last.value;
    const left = deadline - performance.now();
    if (left <= 0) break;
    await sleep(Math.min(every, left));
  }
  throw new Error(`waited ${timeout} ms for ${what ?? describe(fn, is)}; ${seen(last)}`, {
    cause: last.error,
  });
}

/**
 * Polls during a whole window: throws at once when the condition does not hold, or when `fn` throws.
 * It samples. Where something must not even flash by, look at a record of events (`RawClient.all`).
 *
 * @template T
 * @param {() => T | Promise<T>} fn
 * @param {object} options
 * @param {number} options.for milliseconds
 * @param {string} [options.what] completes "… did not stay so"
 * @param {unknown} [options.is] as in `until`
 * @param {number} [options.every] milliseconds between two looks
 * @returns {Promise<T>} the last value seen
 */
export async function stays(fn, { for: duration, what, is, every = 50 }) {
  const begin = performance.now();
  const end = begin + duration;
  for (;;) {
    // An answer asked for before the end may come after it: a busy page is not a broken condition.
    const last = await look(fn, end + 30_000, { value: PENDING });
    if (!fits(last, is)) {
      const after = Math.round(performance.now() - begin);
      throw new Error(
        `${what ?? describe(fn, is)} did not stay so for ${duration} ms; after ${after} ms: ${seen(last)}`,
        { cause: last.error },
      );
    }
    const left = end - performance.now();
    if (left <= 0) return last.value;
    await sleep(Math.min(every, left));
  }
}

/** One look that cannot hang for ever: a page that is blocked or frozen answers nothing. */
async function look(fn, deadline, previous) {
  const stop = new AbortController();
  const late = sleep(Math.max(0, deadline - performance.now()), PENDING, { signal: stop.signal });
  late.catch(() => {});
  try {
    const value = await Promise.race([(async () => fn())(), late]);
    return value === PENDING ? { ...previous, hung: true } : { value };
  } catch (error) {
    return { value: PENDING, error };
  } finally {
    stop.abort();
  }
}

function fits({ value, hung }, is) {
  if (value === PENDING || hung) return false;
  if (is === undefined) return Boolean(value);
  return typeof is === 'function' ? Boolean(is(value)) : isDeepStrictEqual(value, is);
}

function seen({ value, error, hung }) {
  const told = hung ? 'the last look got no answer; ' : '';
  if (error) return `${told}last look threw: ${error.message ?? error}`;
  if (value === PENDING) return `${told}nothing was seen`;
  return `${told}last value: ${inspect(value, { depth: 6, breakLength: 120 })}`;
}

function describe(fn, is) {
  const source = fn.toString().replace(/\s+/g, ' ');
  const condition = source.length > 160 ? `${source.slice(0, 157)}…` : source;
  if (is === undefined) return condition;
  return `${condition} to be ${typeof is === 'function' ? is.toString() : inspect(is)}`;
}
