// Whose clock the times in an entry are by. What reads a client's list notes it, so that whoever is given an
// entry alone can count its age rightly on a page whose own clock is wrong.

import type { InstancesSnapshot } from './client.js';
import type { Store } from './store.js';
import type { Millis } from './types.gen.js';

/** A clock, in ms. */
export type Clock = () => Millis;

const clocks = /* @__PURE__ */ new WeakMap<object, Clock>();
const noting = /* @__PURE__ */ new WeakMap<Store<InstancesSnapshot>, Store<InstancesSnapshot>>();

/** The clock of the server that an entry came from, where that is known; else this page's. */
export function clockOf(entry: object): Clock {
  return clocks.get(entry) ?? Date.now;
}

/** The same store; whose entries' clock is known as soon as they are read. Always the same one for a store. */
export function timed(store: Store<InstancesSnapshot>, clock: Clock): Store<InstancesSnapshot> {
  let reader = noting.get(store);
  if (!reader) {
    let noted = store.initial;
    const get = (): InstancesSnapshot => {
      const snapshot = store.get();
      if (snapshot !== noted) snapshot.entries.forEach((entry) => clocks.set(entry, clock));
      return (noted = snapshot);
    };
    noting.set(store, (reader = { ...store, get }));
  }
  return reader;
}
