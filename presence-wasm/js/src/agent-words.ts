// What the agents' widget says. Pure; `words` of `<AgentWidget>` replaces any of it.

import { ageWords } from './age-words.js';

const NUMBERS = new Intl.NumberFormat('en');

export const AGENT_WORDS = {
  title: 'Agents',
  active: 'Active agents',
  idle: 'Idle agents',
  offline: 'Offline agents',
  cost: 'Total cost',
  tokensSpent: 'tokens in their sessions',
  connected: 'Connected',
  connecting: 'Connecting…',
  disconnected: 'Not connected',
  waiting: 'Waiting for agent activity…',
  feature: 'Feature',
  lastTool: 'Last tool',
  tools: 'Tools',
  tokens: 'Tokens',
  lastActivity: 'Last activity',
  nothing: '–',
  number: (number: number): string => NUMBERS.format(number),
  age: ageWords,
};

/** Every word of the widget. */
export type AgentWords = Readonly<typeof AGENT_WORDS>;
