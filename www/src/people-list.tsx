// Who is here, in whichever room: every installed client that the server knows of.

import { useMemo } from 'react';
import type { InstanceView, MemberView } from 'presence-wasm';
import { usePresence, useRoom, useSlice } from 'presence-wasm/react';
import { useLostAt } from './lost-at.ts';
import { Person } from './person.tsx';
import { guestName } from './names.ts';
import { linkFor, type Visit } from './visit.ts';

export function PeopleList({ visit }: { visit: Visit }) {
  const { entries, truncated } = usePresence();
  const sorted = useMemo(() => [...entries].sort(inOrder), [entries]);
  const room = useRoom();
  const colors = useSlice(room.members, colorsOf);
  const messages = useSlice(room.members, messagesOf);
  const people = countPeople(entries);
  const now = visit.client.serverNow;
  const lostAt = useLostAt(now);

  return (
    <section className="people" aria-labelledby="people-title">
      <header>
        <h2 id="people-title">Here now</h2>
        {people > 0 && <p className="count">{people === 1 ? '1 person' : `${people} people`}</p>}
      </header>
      <ul>
        {sorted.map((entry) => (
          <Person
            key={entry.id}
            entry={entry}
            color={colors[entry.userId]}
            message={messages[entry.userId]}
            now={now}
            lostAt={lostAt}
          />
        ))}
      </ul>
      {entries.length === 0 && <p className="note">Everybody shows up here as soon as the server answers.</p>}
      {truncated && <p className="note">There are more; the server lists no longer than this.</p>}
      {people === 1 && <Invitation roomId={visit.roomId} />}
    </section>
  );
}

/** The page shows little to somebody alone, and everybody has a second window. */
function Invitation({ roomId }: { roomId: string }) {
  const link = useMemo(() => linkFor(guestName(), roomId), [roomId]);
  return (
    <p className="note">
      You are alone here.{' '}
      <a href={link} target="_blank" rel="noopener">
        Open a second window as somebody else
      </a>{' '}
      and put it beside this one.
    </p>
  );
}

/** The colours that the room gave its members, so that a row and a cursor are seen to belong together. */
function colorsOf(members: readonly MemberView[]): Readonly<Record<string, string>> {
  return byUser(members.map((member) => [member.userId, member.color]));
}

/** What they wrote beside their status. */
function messagesOf(members: readonly MemberView[]): Readonly<Record<string, string>> {
  return byUser(
    members.flatMap(({ userId, statusMessage }) => (statusMessage === undefined ? [] : [[userId, statusMessage] as const])),
  );
}

/** Without a prototype: people may be called `constructor`. */
function byUser(entries: readonly (readonly [userId: string, text: string])[]): Readonly<Record<string, string>> {
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

/** Oneself first, the server last, the others by name: an order in which rows do not jump about. */
function inOrder(a: InstanceView, b: InstanceView): number {
  return rank(a) - rank(b) || a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
}

function rank(entry: InstanceView): number {
  if (entry.own) return 0;
  if (isServer(entry)) return 3;
  return entry.liveness === 'gone' ? 2 : 1;
}

/** One with a phone and a laptop is one; a server is nobody. */
function countPeople(entries: readonly InstanceView[]): number {
  const here = entries.filter((entry) => !isServer(entry) && entry.liveness !== 'gone');
  return new Set(here.map((entry) => entry.userId)).size;
}

function isServer(entry: InstanceView): boolean {
  return entry.mode === 'gateway';
}
