// The views of the page as tabs: arrow keys go from one to the other, and the address says which is shown.

import { useState, type KeyboardEvent, type ReactNode } from 'react';

export type Tab = 'room' | 'instances' | 'agents' | 'messages';

const TABS: readonly { readonly id: Tab; readonly name: string }[] = [
  { id: 'room', name: 'Room' },
  { id: 'instances', name: 'Instances' },
  { id: 'agents', name: 'Agents' },
  { id: 'messages', name: 'Messages' },
];

const PARAMETER = 'tab';

/** The tab that the address names. Another one replaces it there: a tab is no step to go back from. */
export function useTab(): readonly [Tab, (tab: Tab) => void] {
  const [tab, setTab] = useState(tabInAddress);
  const show = (next: Tab) => {
    const url = new URL(location.href);
    if (next === 'room') url.searchParams.delete(PARAMETER);
    else url.searchParams.set(PARAMETER, next);
    history.replaceState(history.state, '', url);
    setTab(next);
  };
  return [tab, show];
}

function tabInAddress(): Tab {
  const named = new URLSearchParams(location.search).get(PARAMETER);
  return TABS.find(({ id }) => id === named)?.id ?? 'room';
}

/** Which tab each key leads to, as seen from one. */
function tabFor(key: string, from: Tab): Tab | undefined {
  const ids = TABS.map(({ id }) => id);
  const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
  if (key === 'Home') return ids[0];
  if (key === 'End') return ids.at(-1);
  return step === undefined ? undefined : ids.at((ids.indexOf(from) + step) % ids.length);
}

export function TabList({ tab, onShow }: { tab: Tab; onShow: (tab: Tab) => void }) {
  const press = (event: KeyboardEvent<HTMLElement>) => {
    const next = tabFor(event.key, tab);
    if (next === undefined) return;
    event.preventDefault();
    onShow(next);
    document.getElementById(tabId(next))?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label="Views" onKeyDown={press}>
      {TABS.map(({ id, name }) => (
        <button
          key={id}
          type="button"
          role="tab"
          id={tabId(id)}
          data-testid={`tab-${id}`}
          aria-selected={id === tab}
          aria-controls={panelId(id)}
          tabIndex={id === tab ? 0 : -1}
          onClick={() => onShow(id)}
        >
          {name}
        </button>
      ))}
    </div>
  );
}

/** Hidden panels keep what was typed and opened in them. */
export function TabPanel({ id, tab, children }: { id: Tab; tab: Tab; children: ReactNode }) {
  return (
    <div role="tabpanel" id={panelId(id)} aria-labelledby={tabId(id)} hidden={id !== tab}>
      {children}
    </div>
  );
}

const tabId = (tab: Tab) => `tab-${tab}`;
const panelId = (tab: Tab) => `panel-${tab}`;
