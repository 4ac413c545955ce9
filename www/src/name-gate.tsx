// The door: asks for a name and offers one.

import { useId, useState, type FormEvent } from 'react';
import { Brand } from './brand.tsx';
import { Island } from './island.tsx';
import { guestName, rememberedName } from './names.ts';

interface Props {
  /** Why the person stands here again, if they were inside before. */
  readonly hint: string | null;
  readonly onJoin: (name: string) => void;
}

export function NameGate({ hint, onJoin }: Props) {
  const id = useId();
  const [offered] = useState(() => rememberedName() ?? guestName());
  const [name, setName] = useState(offered);

  const join = (event: FormEvent) => {
    event.preventDefault();
    onJoin(name.trim() || offered);
  };

  return (
    <main className="gate">
      <Island />
      <div className="gate-card">
        <Brand />
        <h1>
          See who is here, <br />
          and be seen.
        </h1>
        <p className="lead">A shared map, live cursors, and the people around it. Pick a name and step in.</p>
        <form onSubmit={join}>
          <label htmlFor={id}>Your name</label>
          <div className="gate-row">
            <input
              id={id}
              data-testid="name-input"
              value={name}
              placeholder={offered}
              autoComplete="nickname"
              autoFocus
              spellCheck={false}
              aria-describedby={hint === null ? undefined : `${id}-hint`}
              onChange={(event) => setName(event.target.value)}
              // The offer is there to be typed over.
              onFocus={(event) => event.target.select()}
            />
            <button type="submit" className="primary" data-testid="join">
              Join
            </button>
          </div>
          {hint !== null && (
            <p id={`${id}-hint`} className="hint" role="alert">
              {hint}
            </p>
          )}
        </form>
      </div>
    </main>
  );
}
