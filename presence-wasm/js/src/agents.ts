// The entry `presence-wasm/agents`: the programs that report what they do. Works with any framework or none.

export { followAgents, type Agent, type AgentFeed, type AgentsSnapshot, type FeatureChange } from './agent-feed.js';
export type { AgentStatus, FeatureStatus } from './types.gen.js';
