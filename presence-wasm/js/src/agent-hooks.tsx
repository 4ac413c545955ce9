'use client';
// The agents that report to the server, for React.

import { followAgents, type Agent, type AgentsSnapshot } from './agent-feed.js';
import { usePresenceClient, useSlice } from './hooks.js';
import type { Equality } from './store.js';

/** The agents, by their ids: `const { agents, connected } = useAgents()`. */
export function useAgents<S = AgentsSnapshot>(select?: (snapshot: AgentsSnapshot) => S, isEqual?: Equality<S>): S {
  return useSlice(followAgents(usePresenceClient()), select, isEqual);
}

/** One agent; undefined while the server knows none by that id. */
export function useAgent(agentId: string): Agent | undefined {
  return useAgents(({ agents }) => agents.find((agent) => agent.agentId === agentId));
}
