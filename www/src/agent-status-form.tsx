// Says something of an agent, as a backend does.

import { say } from './say.ts';
import { Field, SaidForm, toldWords } from './said-form.tsx';

const STATES = ['working', 'idle', 'stopped'];

export function AgentStatusForm() {
  const send = async (fields: FormData) => {
    const progress = String(fields.get('progress')).trim();
    const currentTask = String(fields.get('task')).trim();
    const status = {
      agentName: fields.get('name'),
      state: fields.get('state'),
      ...(currentTask !== '' && { currentTask }),
      ...(progress !== '' && { progress: Number(progress) }),
    };
    return toldWords(await say('/api/broadcast/agent-status', status));
  };
  return (
    <SaidForm title="Agent status" about="It is on the agent’s card as well." button="Tell" onSend={send}>
      <Field label="Agent">
        <input name="name" defaultValue="CLOUD_ASSISTANT" required autoComplete="off" data-testid="status-agent" />
      </Field>
      <Field label="Task">
        <input name="task" defaultValue="Analyzing code" autoComplete="off" data-testid="status-task" />
      </Field>
      <Field label="State" wide={false}>
        <select name="state" data-testid="status-state">
          {STATES.map((state) => (
            <option key={state}>{state}</option>
          ))}
        </select>
      </Field>
      <Field label="Progress, %" wide={false}>
        <input name="progress" type="number" min="0" max="100" defaultValue="50" data-testid="status-progress" />
      </Field>
    </SaidForm>
  );
}
