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

/** So many are known; of more, who did nothing for longest goes first, and who is offline before the others. */
const KNOWN = 5_000;
/** They are looked through once for so many who are too many. */
const TOO_MANY = 500;

const NAMES = new Intl.Collator('en', { numeric: true });

/** The agents of the server, the same store for the same client. They are heard of while somebody listens. */
export const followAgents: (client: Client) => AgentFeed = onePerClient((client) => {
  const known = new Map<string, Agent>();
  /** Their ids as they stand; undefined when there are others. */
  let order: string[] | undefined;
  let connected = false;
  /** Those that were told since it was asked for them all, until the last part has come. */
  let told: Set<string> | undefined;

  const hold = feed(client, 'agents', {
    lose,
    hear: (news) => {
      switch (news.kind) {
        case 'self':
          return lose();
        case 'agents':
          told ??= new Set();
          news.agents.forEach(put);
          if (news.more) return;
          forgetAllBut(told);
          told = undefined;
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

  function lose(): void {
    told = new Set();
    connect(false);
  }

  function connect(now: boolean): void {
    connected = now;
    changed();
  }

  function put(agent: Agent): void {
    told?.add(agent.agentId);
    const before = known.get(agent.agentId);
    known.set(agent.agentId, keep(before, Object.freeze(agent)));
    if (!before) order = undefined;
    if (known.size >= KNOWN + TOO_MANY) trim();
    changed();
  }

  function trim(): void {
    const isOver = ({ status }: Agent): number => (status === 'offline' ? 0 : 1);
    const all = [...known.values()].sort((a, b) => isOver(a) - isOver(b) || a.lastActivity - b.lastActivity);
    for (const { agentId } of all.slice(0, known.size - KNOWN)) known.delete(agentId);
    order = undefined;
  }

  function forgetAllBut(ids: ReadonlySet<string>): void {
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
