// The members of the room, side by side.

import type { MemberView } from 'presence-wasm';
import { useRoom, useSlice } from 'presence-wasm/react';
import { Avatar } from './avatar.tsx';
import { StatusMark, statusWords } from './status.tsx';

/** As many as fit beside the room's name; the list of people has them all. */
const SHOWN = 12;

export function AvatarStack() {
  const members = useSlice(useRoom().members, ownFirst);
  const more = members.length - SHOWN;
  return (
    <ul className="stack" aria-label="In this room">
      {members.slice(0, SHOWN).map((member, index) => (
        <Member key={member.sessionId} member={member} layer={SHOWN - index} />
      ))}
      {more > 0 && <li className="stack-more">+{more}</li>}
    </ul>
  );
}

/** One's own colour is looked for most often, and so stands where it is found. */
function ownFirst(members: readonly MemberView[]): readonly MemberView[] {
  return [...members].sort((a, b) => Number(b.own) - Number(a.own));
}

function Member({ member, layer }: { member: MemberView; layer: number }) {
  const label = `${member.name}${member.own ? ' (you)' : ''}, ${statusWords(member).toLowerCase()}`;
  return (
    <li
      data-testid="member"
      data-session={member.sessionId}
      data-user={member.userId}
      data-status={member.status}
      data-liveness={member.liveness}
      style={{ zIndex: layer }}
    >
      <span role="img" aria-label={label} title={label}>
        <Avatar name={member.name} color={member.color} />
        <StatusMark status={member.status} liveness={member.liveness} />
      </span>
    </li>
  );
}
