// Lines for a terminal, with which somebody who is alone here sees a row come and go.

import { CommandLine } from './command-line.tsx';

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
