// What is said to people, whatever room they are in: a conversation, notifications, what agents say of themselves.

import { AgentStatusForm } from './agent-status-form.tsx';
import { AgentNotices } from './agent-notices.tsx';
import { Chat } from './chat.tsx';
import { NotifyForm } from './notify-form.tsx';

export function Messages() {
  return (
    <div className="columns messages">
      <div className="room">
        <Chat />
        <AgentNotices />
      </div>
      <div className="side">
        <NotifyForm />
        <AgentStatusForm />
      </div>
    </div>
  );
}
