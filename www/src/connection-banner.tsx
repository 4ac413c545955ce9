// Says whether the page is live, and if not, what happens next and what the person can do.

import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Client } from 'presence-wasm';
import { useConnection } from 'presence-wasm/react';
import { secondsUntil } from './age.ts';
import { ACTION_WORDS, connectionWords } from './connection-words.ts';
import { useTicking } from './ticker.ts';

interface Props {
  readonly client: Client;
  /** Back to the door, with what to tell there. */
  readonly onRename: (why: string) => void;
}

export function ConnectionBanner({ client, onRename }: Props) {
  const view = useConnection();
  const wasOnline = useWasOnline(view.state === 'online');
  const network = useSyncExternalStore(subscribeNetwork, () => navigator.onLine);
  const { tone, title, help, action } = connectionWords(view, wasOnline, network);

  const act = () => {
    if (action === 'rename') onRename('This server has keys. Paste a token from “presence-server token --sub ann”.');
    else if (action === 'resume') comeBack(client);
    else client.retryNow();
  };
  return (
    <div className={`connection connection-${tone}`} data-testid="connection" data-state={view.state}>
      <span className="connection-light" aria-hidden="true" />
      <p role="status" aria-live="polite">
        <strong>{title}</strong> {help}
        {view.state === 'waiting' && view.retryAt !== undefined && <Countdown to={view.retryAt} />}
      </p>
      {action !== undefined && (
        <button type="button" onClick={act}>
          {ACTION_WORDS[action]}
        </button>
      )}
    </div>
  );
}

/** A client that was refused still counts as started: only a stopped one starts anew. */
function comeBack(client: Client): void {
  client.stop();
  client.start();
}

/** Hidden from screen readers: in a live region each second would be read out. */
function Countdown({ to }: { to: number }) {
  const words = useTicking(() => {
    const seconds = secondsUntil(Date.now(), to);
    return seconds === 0 ? 'Trying again now.' : `Trying again in ${seconds} s.`;
  });
  return <span aria-hidden="true"> {words}</span>;
}

/** Whether the line was ever up: "lost" and "never there" ask for different remedies. */
function useWasOnline(online: boolean): boolean {
  const [was, setWas] = useState(online);
  useEffect(() => {
    if (online) setWas(true);
  }, [online]);
  return was;
}

function subscribeNetwork(listener: () => void): () => void {
  addEventListener('online', listener);
  addEventListener('offline', listener);
  return () => {
    removeEventListener('online', listener);
    removeEventListener('offline', listener);
  };
}
