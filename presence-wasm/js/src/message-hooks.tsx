'use client';
// What is said to people, whatever room they are in, for React.

import { useMemo } from 'react';

import { usePresenceClient, useSlice } from './hooks.js';
import { followMessages, type AgentNotice, type ChatMessage, type UserNotification } from './message-feed.js';
import type { Availability } from './types.gen.js';

export interface NotificationsView {
  /** What was not dismissed, the oldest first. */
  readonly notifications: readonly UserNotification[];
  readonly dismiss: (id: string) => void;
  /** Dismisses all of them. */
  readonly clear: () => void;
}

/** What this person was told: `const { notifications, dismiss } = useNotifications()`. */
export function useNotifications(): NotificationsView {
  const { notifications: store, dismiss, clear } = followMessages(usePresenceClient());
  const notifications = useSlice(store);
  return useMemo(() => ({ notifications, dismiss, clear }), [notifications, dismiss, clear]);
}

/** What was said in a conversation since something on this page listens to messages. */
export function useChat(conversationId: string): readonly ChatMessage[] {
  const { chat } = followMessages(usePresenceClient());
  return useSlice(useMemo(() => chat(conversationId), [chat, conversationId]));
}

/** What a user is told to do: `online`, `away`, `busy` or `offline`. It listens to the list of who is here as well. */
export function useUserAvailability(userId: string): Availability {
  const { availability } = followMessages(usePresenceClient());
  return useSlice(useMemo(() => availability(userId), [availability, userId]));
}

/** What each agent said of itself last, by name. */
export function useAgentNotices(): readonly AgentNotice[] {
  return useSlice(followMessages(usePresenceClient()).agents);
}
