'use client';
// The agents: how many do what, what they cost, and a card for each.

import { memo, useMemo, type ReactElement, type ReactNode } from 'react';

import type { Agent } from './agent-feed.js';
import { useAgents } from './agent-hooks.js';
import { AGENT_WORDS, type AgentWords } from './agent-words.js';
import { useConnection, usePresenceClient } from './hooks.js';
import { StatusIndicator } from './status-indicator.js';
import { useTicking } from './ticking.js';

/** Who is at work comes first. */
const RANKS: Readonly<Record<Agent['status'], number>> = { active: 0, idle: 1, offline: 2 };

export interface AgentWidgetProps {
  /** Which agents to show and to count. Default: all of them. */
  readonly filter?: ((agent: Agent) => boolean) | undefined;
  /** For a page that reads out by itself how its line is: the widget only shows it. Default: false. */
  readonly silentLine?: boolean | undefined;
  /** Any words of its own, as `{ title: 'Agenten' }`. */
  readonly words?: Partial<AgentWords> | undefined;
}

/** The agents, live. Without a stylesheet it is lists of words and numbers. */
export function AgentWidget({ filter, silentLine = false, words }: AgentWidgetProps): ReactElement {
  const said = useMemo(() => ({ ...AGENT_WORDS, ...words }), [words]);
  const agents = useAgents((snapshot) => (filter ? snapshot.agents.filter(filter) : snapshot.agents));
  const connected = useAgents((snapshot) => snapshot.connected);
  // By name among those of one status, as they came.
  const cards = useMemo(() => [...agents].sort((a, b) => RANKS[a.status] - RANKS[b.status]), [agents]);
  return (
    <section className="presence-agents" aria-label={said.title} data-connected={connected}>
      <Line connected={connected} silent={silentLine} words={said} />
      <Totals agents={agents} words={said} />
      {agents.length === 0 ? (
        <p className="presence-empty">{said.waiting}</p>
      ) : (
        // Safari takes a list without bullets for none, unless it is called one.
        <ul className="presence-agent-cards" role="list">
          {cards.map((agent) => (
            <Card key={agent.agentId} agent={agent} words={said} />
          ))}
        </ul>
      )}
    </section>
  );
}

interface LineProps {
  readonly connected: boolean;
  readonly silent: boolean;
  readonly words: AgentWords;
}

function Line({ connected, silent, words }: LineProps): ReactElement {
  const { state } = useConnection();
  const isOver = state === 'stopped' || state === 'refused';
  return (
    <p className="presence-agents-line" role={silent ? undefined : 'status'}>
      {connected ? words.connected : isOver ? words.disconnected : words.connecting}
    </p>
  );
}

function Totals({ agents, words }: { readonly agents: readonly Agent[]; readonly words: AgentWords }): ReactElement {
  const tokens = agents.reduce((sum, agent) => sum + agent.tokens, 0);
  return (
    <dl className="presence-totals">
      {(['active', 'idle', 'offline'] as const).map((status) => (
        <Total key={status} name={words[status]} total={status}>
          {words.number(agents.filter((agent) => agent.status === status).length)}
        </Total>
      ))}
      <Total name={words.cost} total="cost">
        {words.number(tokens)} <small>{words.tokensSpent}</small>
      </Total>
    </dl>
  );
}

interface TotalProps {
  readonly name: string;
  readonly total: string;
  readonly children: ReactNode;
}

function Total({ name, total, children }: TotalProps): ReactElement {
  return (
    <div className="presence-total" data-total={total}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** An agent that says nothing new is not rendered again, however many others do. */
const Card = memo(function Card({ agent, words }: { readonly agent: Agent; readonly words: AgentWords }): ReactElement {
  const { agentId, status, activity, featureId, lastTool, tools, tokens, lastActivity } = agent;
  return (
    <li className="presence-agent" data-agent={agentId} data-status={status}>
      <p className="presence-agent-name">
        <strong>{agentId}</strong> <StatusIndicator status={status} />
      </p>
      <p className="presence-agent-activity">{activity}</p>
      <dl>
        <Fact name="feature" words={words}>
          {featureId}
        </Fact>
        <Fact name="lastTool" words={words}>
          {lastTool}
        </Fact>
        <Fact name="tools" words={words}>
          {words.number(tools)}
        </Fact>
        <Fact name="tokens" words={words}>
          {words.number(tokens)}
        </Fact>
        <Fact name="lastActivity" words={words}>
          <Age at={lastActivity} words={words} />
        </Fact>
      </dl>
    </li>
  );
});

interface FactProps {
  readonly name: 'feature' | 'lastTool' | 'tools' | 'tokens' | 'lastActivity';
  readonly words: AgentWords;
  readonly children: ReactNode;
}

function Fact({ name, words, children }: FactProps): ReactElement {
  return (
    <div data-fact={name}>
      <dt>{words[name]}</dt> <dd>{children || words.nothing}</dd>
    </div>
  );
}

function Age({ at, words }: { readonly at: number; readonly words: AgentWords }): ReactElement {
  const { serverNow } = usePresenceClient();
  const age = useTicking(() => words.age(serverNow(), at));
  return <time dateTime={new Date(at).toISOString()}>{age}</time>;
}
