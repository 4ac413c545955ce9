// The door, or the page behind it.

import { useState } from 'react';
import { Notifications } from 'presence-wasm/components';
import { PresenceProvider, RoomProvider, useConnection } from 'presence-wasm/react';
import { Agents } from './agents.tsx';
import { Brand } from './brand.tsx';
import { ConnectionBanner } from './connection-banner.tsx';
import { Instances } from './instances.tsx';
import { Messages } from './messages.tsx';
import { NameGate } from './name-gate.tsx';
import { Room } from './room.tsx';
import { TabList, TabPanel, useTab } from './tabs.tsx';
import { enter, leave, type Visit } from './visit.ts';

export function App({ first }: { first: Visit | null }) {
  const [visit, setVisit] = useState(first);
  const [hint, setHint] = useState<string | null>(null);

  if (visit === null) return <NameGate hint={hint} onJoin={(name) => setVisit(enter(name))} />;

  const goOut = (why: string | null) => {
    leave(visit);
    setHint(why);
    setVisit(null);
  };
  return (
    <PresenceProvider client={visit.client}>
      <RoomProvider id={visit.roomId} type="video">
        <Page visit={visit} onLeave={goOut} />
      </RoomProvider>
    </PresenceProvider>
  );
}

interface PageProps {
  readonly visit: Visit;
  readonly onLeave: (why: string | null) => void;
}

function Page({ visit, onLeave }: PageProps) {
  const { state } = useConnection();
  const [tab, setTab] = useTab();
  return (
    // What is shown while the line is down is what was last heard: still there, but without colour.
    <div className="page" data-tab={tab} data-stale={state !== 'online'}>
      <header className="top">
        <Brand />
        <ConnectionBanner client={visit.client} onRename={onLeave} />
        <button type="button" className="quiet" onClick={() => onLeave(null)}>
          Leave
        </button>
        {/* Last, so that the next stop of the keyboard is what the tab shows. */}
        <TabList tab={tab} onShow={setTab} />
      </header>
      <main>
        <TabPanel id="room" tab={tab}>
          <Room visit={visit} />
        </TabPanel>
        <TabPanel id="instances" tab={tab}>
          <Instances visit={visit} />
        </TabPanel>
        <TabPanel id="agents" tab={tab}>
          <Agents />
        </TabPanel>
        <TabPanel id="messages" tab={tab}>
          <Messages />
        </TabPanel>
      </main>
      <Notifications max={3} />
    </div>
  );
}
