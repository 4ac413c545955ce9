// Lines for a terminal, with which somebody who is alone here sees a row come and go.

import { useEffect, useState } from 'react';

export function TryIt() {
  return (
    <section className="try-it" aria-labelledby="try-it-title">
      <h2 id="try-it-title">Try it from a terminal</h2>
      <p>A gateway client that stays for a minute: its row comes, and goes when you end it.</p>
      <CommandLine name="wscat" line={`npx wscat -c ${socketUrl()} -w 60 -x '${JSON.stringify(CONNECT)}'`} />
      <p>The same list as JSON:</p>
      <CommandLine name="curl" line={`curl ${location.origin}/api/presence`} />
    </section>
  );
}

/** Its token is a name: a server without keys takes any. */
const CONNECT = {
  type: 'req',
  id: '1',
  method: 'connect',
  params: {
    minProtocol: 3,
    maxProtocol: 3,
    client: { id: 'wscat', displayName: 'my-terminal', version: '1', platform: 'terminal', mode: 'test' },
    auth: { token: 'me' },
  },
};

function socketUrl(): string {
  return `${location.origin.replace(/^http/, 'ws')}/`;
}

/** How long the button says that it did. */
const SAID_MS = 2_000;

function CommandLine({ name, line }: { name: string; line: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), SAID_MS);
    return () => clearTimeout(timer);
  }, [copied]);
  return (
    <div className="command-line">
      <code tabIndex={0} role="region" aria-label={`${name} command`} data-testid={`command-${name}`}>
        {line}
      </code>
      {/* Browsers give the clipboard to secure pages only; the line can be selected anywhere. */}
      {navigator.clipboard && (
        <button type="button" onClick={() => void navigator.clipboard.writeText(line).then(() => setCopied(true))}>
          <span aria-live="polite">{copied ? 'Copied' : 'Copy'}</span>
          <span className="unseen"> the {name} command</span>
        </button>
      )}
    </div>
  );
}
