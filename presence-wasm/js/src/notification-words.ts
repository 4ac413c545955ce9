// What notifications say beside their messages. Pure; `words` of `<Notifications>` replaces any of it.

import type { NotificationLevel } from './types.gen.js';

const LEVELS: Readonly<Record<NotificationLevel, string>> = {
  info: 'Info',
  success: 'Success',
  warning: 'Warning',
  error: 'Error',
};

export const NOTIFICATION_WORDS = {
  title: 'Notifications',
  level: (level: NotificationLevel): string => LEVELS[level],
  dismiss: 'Dismiss',
  more: (count: number): string => `${count} more`,
  dismissAll: 'Dismiss all',
};

/** Every word that stands beside messages. */
export type NotificationWords = Readonly<typeof NOTIFICATION_WORDS>;
