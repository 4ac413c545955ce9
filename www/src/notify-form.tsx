// Lets somebody know something, as a backend does.

import { useId } from 'react';
import { usePresenceClient, useSlice } from 'presence-wasm/react';
import { say } from './say.ts';
import { Field, SaidForm, toldWords } from './said-form.tsx';

const LEVELS = ['info', 'success', 'warning', 'error'];

export function NotifyForm() {
  const people = useId();
  const ids = useSlice(usePresenceClient().users, (users) => users.map(({ userId }) => userId));
  const send = async (fields: FormData) => {
    const userId = String(fields.get('user')).trim();
    const notification = { level: fields.get('level'), message: fields.get('message') };
    return toldWords(await say('/api/broadcast/notification', userId === '' ? notification : { ...notification, userId }));
  };
  return (
    <SaidForm
      title="Notify"
      about="For somebody who is away it is kept until they come back."
      button="Notify"
      onSend={send}
    >
      <Field label="To" wide={false}>
        <input name="user" list={people} placeholder="Everybody" autoComplete="off" data-testid="notify-user" />
        <datalist id={people}>
          {ids.map((id) => (
            <option key={id} value={id} />
          ))}
        </datalist>
      </Field>
      <Field label="Level" wide={false}>
        <select name="level" data-testid="notify-level">
          {LEVELS.map((level) => (
            <option key={level}>{level}</option>
          ))}
        </select>
      </Field>
      <Field label="Message">
        <input name="message" defaultValue="All tests passed!" required autoComplete="off" data-testid="notify-message" />
      </Field>
    </SaidForm>
  );
}
