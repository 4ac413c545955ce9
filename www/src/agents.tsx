// All agents that report to the server, and a small fleet to see them at work.

import { useEffect, useState } from 'react';
import { AgentWidget } from 'presence-wasm/components';
import { CommandLine } from './command-line.tsx';
import { startFleet, type Fleet } from './fleet.ts';

export function Agents() {
  const [fleet, setFleet] = useState<Fleet | null>(null);
  const [why, setWhy] = useState<string | null>(null);
  // Whoever leaves takes the fleet along.
  useEffect(() => () => fleet?.stop(), [fleet]);
  const start = () => {
    setWhy(null);
    setFleet(
      startFleet((error) => {
        setFleet(null);
        setWhy(error?.message ?? null);
      }),
    );
  };
  return (
    <section className="agents" aria-labelledby="agents-title">
      <header>
        <h1 id="agents-title">Agents</h1>
        {fleet === null ? (
          <button type="button" className="primary" data-testid="start-fleet" onClick={start}>
            Start a small fleet
          </button>
        ) : (
          <button type="button" data-testid="stop-fleet" onClick={() => setFleet(null)}>
            Stop the fleet
          </button>
        )}
      </header>
      <p className="fleet-state" role="status">
        {why !== null && `The fleet stopped: ${why}`}
      </p>
      {/* The banner reads out how the line is. */}
      <AgentWidget silentLine />
      <section className="try-it" aria-labelledby="try-agents-title">
        <h2 id="try-agents-title">Try it from a terminal</h2>
        <p>An agent needs no registration: its first report makes it.</p>
        <CommandLine name="agent-curl" line={CURL} />
        <p>In a hook of a coding agent, which it never keeps waiting:</p>
        <CommandLine name="report" line={REPORT} />
      </section>
    </section>
  );
}

const EVENT = { type: 'tool_execute', tool_name: 'Bash', cost_tokens: 1200, activity: 'pushing' };

const CURL = [
  `curl ${location.origin}/api/agents/my-agent/events`,
  `-H 'content-type: application/json'`,
  `-d '${JSON.stringify(EVENT)}'`,
].join(' ');

const REPORT = `presence-server report --agent my-agent --tool Bash --tokens 1200 --activity pushing --url ${location.origin}`;
