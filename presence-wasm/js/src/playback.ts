// The entry `presence-wasm/playback`: a player that follows what a room watches, or drives it. Works with any
// framework or none.

export { followPlayback } from './follower.js';
export type { FollowedRoom, Follower, FollowOptions, FollowStatus } from './following.js';
export type { Player } from './hand.js';
