// The agents that report to the server, as a store.

import type { Client } from './client.js';
import { feed, onePerClient } from './feed.js';
import { whileWatched } from './hold.js';
import { Listeners } from './listeners.js';
import { cell, derive, keep, type Store } from './store.js';
import { NONE } from './table.js';
import type { AgentView, FeatureUpdate } from './types.gen.js';

/** A program that reports what it does. */
export type Agent = Readonly<AgentView>;

export interface AgentsSnapshot {
  /** All agents, by their ids: `worker-2` before `worker-10`. */
  readonly agents: readonly Agent[];
  /** Whether changes are heard now. Else it is what was heard last. */
  readonly connected: boolean;
}

/** An agent reported where the work on a feature stands. */
export type FeatureChange = Readonly<Omit<FeatureUpdate, 'kind'>>;

export interface AgentFeed extends Store<AgentsSnapshot> {
  /** Hears where the work on features stands, from now on. */
  readonly onFeature: (listener: (change: FeatureChange) => void) => () => void;
}

const UNKNOWN: AgentsSnapshot = Object.freeze({ agents: NONE, connected: false });

const NAMES = new Intl.Collator('en', { numeric: true });

/** The agents of the server, the same store for the same client. They are heard of while somebody listens. */
export const followAgents: (client: Client) => AgentFeed = onePerClient((client) => {
  const known = new Map<string, Agent>();
  /** Their ids as they stand; undefined when there are others. */
  let order: string[] | undefined;
  let connected = false;

  const hold = feed(client, 'agents', {
    lose: () => connect(false),
    hear: (news) => {
      switch (news.kind) {
        case 'self':
          return connect(false);
        case 'agents':
          forgetAllBut(news.agents);
          news.agents.forEach(put);
          return connect(true);
        case 'agent':
          return put(news.agent);
        case 'feature': {
          const { kind: _, ...change } = news;
          return features.tell(Object.freeze(change));
        }
      }
    },
  });
  // A thousand agents may report at once: what is known of them all is put together when somebody looks.
  const changes = cell(0, whileWatched(hold));
  const features = new Listeners<FeatureChange>(whileWatched(hold));
  const changed = (): void => changes.set(changes.get() + 1);

  function connect(now: boolean): void {
    connected = now;
    changed();
  }

  function put(agent: Agent): void {
    const before = known.get(agent.agentId);
    known.set(agent.agentId, keep(before, Object.freeze(agent)));
    if (!before) order = undefined;
    changed();
  }

  function forgetAllBut(agents: readonly Agent[]): void {
    const ids = new Set(agents.map(({ agentId }) => agentId));
    for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    order = undefined;
  }

  const snapshot = derive(changes, (_, before = UNKNOWN): AgentsSnapshot => {
    order ??= [...known.keys()].sort((a, b) => NAMES.compare(a, b) || (a < b ? -1 : 1));
    const now = Object.freeze(order.map((id) => known.get(id)!)); // as many as are known
    return keep(before, Object.freeze({ agents: keep(before.agents, now), connected }));
  });
  return { ...snapshot, onFeature: features.add };
});
