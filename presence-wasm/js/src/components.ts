'use client';
// The entry of ready-made components. Whoever makes their own needs only the hooks.

export { AgentWidget, type AgentWidgetProps } from './agent-widget.js';
export type { AgentWords } from './agent-words.js';
export { AvatarStack, type AvatarStackProps } from './avatar-stack.js';
export { Face, type FaceProps } from './face.js';
export { LiveCursors, type LiveCursorsProps } from './live-cursors.js';
export type { NotificationWords } from './notification-words.js';
export { Notifications, type NotificationsProps } from './notifications.js';
export { playTime } from './play-time.js';
export { PresenceList, type PresenceListProps } from './presence-list.js';
export { StatusIndicator, type StatusIndicatorProps } from './status-indicator.js';
export { TimelineCursors, type TimelineCursorsProps } from './timeline-cursors.js';
export { TypingIndicator, type TypingIndicatorProps } from './typing-indicator.js';
export { WatchTogether, type WatchTogetherProps } from './watch-together.js';
export type { WatchWords } from './watch-words.js';
