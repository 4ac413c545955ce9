// The entry `presence-wasm/messages`: what is said to people, whatever room they are in. Works with any framework or
// none.

export { followMessages, type AgentNotice, type ChatMessage, type MessageFeed, type UserNotification } from './message-feed.js';
export type { AgentState, Availability, NotificationLevel } from './types.gen.js';
