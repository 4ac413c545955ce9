// Who closes what a test opened.
//
// node:test runs the `after` hooks of a test in the order they were added and stops at the first
// that throws: a server whose exit code is wrong would leave a browser running, and the run would
// never end. Here everything is closed, newest first, and what went wrong is told afterwards.

import { after, afterEach } from 'node:test';

const scopes = new WeakMap();

/**
 * Closes something at the end of a test.
 *
 * @param {{ after(fn: Function): void, error?: unknown } | undefined} t the test's context, or what
 *   `shared` gave; nothing happens without one, the caller closes by itself
 * @param {() => unknown} close called once, at the end
 * @param {() => void} [onFailure] called before that when the test failed
 */
export function own(t, close, onFailure) {
  if (!t) return;
  let owned = scopes.get(t);
  if (!owned) {
    owned = [];
    scopes.set(t, owned);
    t.after(() => closeAll(t, owned));
  }
  owned.push({ close, onFailure });
}

/**
 * What several tests share is closed after the last of them. To be called where tests are defined
 * (top level of the file, body of a `describe`), not in a `before`: an `after` added there runs at
 * the end of that hook.
 *
 * @returns {{ after(fn: Function): void, error?: unknown }} to be given in place of a test's context
 */
export function shared() {
  const closers = [];
  const scope = { after: (fn) => closers.push(fn), error: undefined };
  afterEach((t) => {
    scope.error ??= t.error;
  });
  after(async () => {
    for (const close of closers) await close();
  });
  return scope;
}

async function closeAll(t, owned) {
  scopes.delete(t);
  // The test's own error is the cause, whatever closing adds to it: tell what is known of it first.
  if (t.error) for (const { onFailure } of owned) onFailure?.();
  const errors = [];
  for (const { close } of owned.reverse()) {
    try {
      await close();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length === 1) throw errors[0];
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('\n'));
}
