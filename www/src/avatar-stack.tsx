// The members of the room, side by side.

import type { MemberView } from 'presence-wasm';
import { useOthers, useSelf } from 'presence-wasm/react';
import { Avatar } from './avatar.tsx';
import { StatusMark, statusWords } from './status.tsx';

/** As many as fit beside the room's name; the list of people has them all. */
const SHOWN = 12;

export function AvatarStack() {
  const others = useOthers();
  const self = useSelf();
  const members = self === null ? others : [self, ...others];
  const more = members.length - SHOWN;
  return (
    <ul className="stack" aria-label="In this room">
      {members.slice(0, SHOWN).map((member) => (
        <Member key={member.sessionId} member={member} />
      ))}
      {more > 0 && <li className="stack-more">+{more}</li>}
    </ul>
  );
}

function Member({ member }: { member: MemberView }) {
  const label = `${member.name}${member.own ? ' (you)' : ''}, ${statusWords(member).toLowerCase()}`;
  return (
    <li
      data-testid="member"
      data-session={member.sessionId}
      data-user={member.userId}
      data-status={member.status}
      data-liveness={member.liveness}
    >
      <span role="img" aria-label={label} title={label}>
        <Avatar name={member.name} color={member.color} />
        <StatusMark status={member.status} liveness={member.liveness} />
      </span>
    </li>
  );
}
