// What each agent said of itself last.

import { useAgentNotices, usePresenceClient } from 'presence-wasm/react';
import { AgeText } from './age-text.tsx';

export function AgentNotices() {
  const notices = useAgentNotices();
  const { serverNow } = usePresenceClient();
  return (
    <section className="card notices" aria-labelledby="notices-title">
      <h2 id="notices-title">What agents say of themselves</h2>
      {notices.length === 0 && <p className="note">Nothing yet, since this page listens.</p>}
      <ul role="list" data-testid="agent-notices">
        {notices.map(({ agentName, state, currentTask, progress, at }) => (
          <li key={agentName} data-state={state}>
            <strong>{agentName}</strong> <span className="notice-state">{state}</span>
            <span className="notice-task">{currentTask}</span>
            {progress !== undefined && <progress value={progress} max={100} aria-label={`${agentName}, progress`} />}
            <span className="soft">
              <AgeText at={at} now={serverNow} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
