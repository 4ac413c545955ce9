// A room that several players watch, in time that the test makes pass: players that a browser could have, lines with a
// delay, clocks that go a little wrong, and a server that does what CONTRACT says of watching together.

import { followPlayback } from '../dist/follower.js';
import { cell } from '../dist/store.js';
import { desyncOf, positionAt } from '../dist/timeline.js';

const STEP = 10;

/** Numbers as if by chance, the same ones for a seed. */
export function chance(seed) {
  let state = seed * 2_654_435_769 + 1;
  const next = () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    let mixed = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    mixed ^= mixed >>> 15;
    return (mixed >>> 0) / 2 ** 32;
  };
  return { next, between: (low, high) => low + (high - low) * next(), pick: (list) => list[Math.floor(next() * list.length)] };
}

/** A `<video>`, as far as a follower knows one. Events come a little after what they tell. */
export class FakeVideo extends EventTarget {
  duration = 600;
  paused = true;
  ended = false;
  seeking = false;
  readyState = 4;
  /** What was done to it from outside, in its order. */
  done = [];
  #rate = 1;
  #place = 0;
  #arrivesAt = 0;
  #stallsUntil = 0;

  constructor(world, { skew = 0, seekTakes = 80, startTakes = 30, eventsTake = 8, mayPlay = true, ...more } = {}) {
    super();
    const { answersAfter = 0, landsOff = () => 0 } = more;
    Object.assign(this, { world, skew, seekTakes, startTakes, eventsTake, mayPlay, answersAfter, landsOff });
  }

  get playbackRate() {
    return this.#rate;
  }

  set playbackRate(rate) {
    this.done.push('rate');
    if (rate === this.#rate) return;
    this.#rate = rate;
    this.#tell('ratechange');
  }

  get currentTime() {
    return this.#place;
  }

  set currentTime(place) {
    this.done.push('seek');
    this.#place = Math.min(this.duration, Math.max(0, place));
    this.#arrivesAt = this.world.now + this.seekTakes;
    this.seeking = true;
    this.ended = false;
    this.#tell('seeking');
  }

  play() {
    this.done.push('play');
    if (!this.mayPlay) {
      const refusal = Object.assign(new Error('click first'), { name: 'NotAllowedError' });
      return new Promise((_, refuse) => this.world.after(this.answersAfter, () => refuse(refusal)));
    }
    if (this.paused) {
      this.paused = false;
      if (this.ended) this.currentTime = 0;
      this.#stallsUntil = Math.max(this.#stallsUntil, this.world.now + this.startTakes);
      this.#tell('play');
    }
    return Promise.resolve();
  }

  pause() {
    this.done.push('pause');
    if (this.paused) return;
    this.paused = true;
    this.#tell('pause');
  }

  /** Data does not come for so long. */
  stall(ms) {
    this.#stallsUntil = this.world.now + ms;
    this.readyState = 2;
    if (!this.paused) this.#tell('waiting');
  }

  pass(ms) {
    if (this.seeking) {
      if (this.world.now < this.#arrivesAt) return;
      this.seeking = false;
      this.#place += this.landsOff();
      this.#tell('seeked');
    }
    if (this.world.now < this.#stallsUntil) return;
    if (this.readyState < 3) {
      this.readyState = 4;
      this.#tell('canplay');
    }
    if (this.paused) return;
    this.#place += (ms / 1_000) * this.#rate * (1 + this.skew);
    if (this.#place < this.duration) return;
    this.#place = this.duration;
    this.ended = this.paused = true;
    this.#tell('pause');
    this.#tell('ended');
  }

  #tell(type) {
    this.world.after(this.eventsTake, () => this.dispatchEvent(new Event(type)));
  }
}

/** Everything there is. `t` lends its timers. */
export class World {
  now = 1_000_000;
  #due = [];
  videos = [];

  constructor(t) {
    this.timers = t.mock.timers;
    this.timers.enable({ apis: ['setTimeout'] });
    t.mock.method(performance, 'now', () => this.now);
  }

  after(ms, act) {
    this.#due.push({ at: this.now + ms, act });
  }

  video(options) {
    const video = new FakeVideo(this, options);
    this.videos.push(video);
    return video;
  }

  async pass(ms) {
    for (const end = this.now + ms; this.now < end; ) {
      this.now += STEP;
      for (const video of this.videos) video.pass(STEP);
      const due = this.#due.filter(({ at }) => at <= this.now);
      this.#due = this.#due.filter(({ at }) => at > this.now);
      for (const { act } of due) act();
      this.timers.tick(STEP);
      // Promises and microtasks have their turn.
      for (let turn = 0; turn < 4; turn += 1) await undefined;
    }
  }
}

/** The room, and the server's mind. */
export class Screening {
  watch = { syncEnabled: false, controller: null, timeline: null, requests: [] };
  guests = [];
  /** All that was said, with who said it. */
  said = [];
  operations = 0;

  constructor(world) {
    this.world = world;
  }

  /** Somebody comes, by default as a user of their own. */
  join(name, { delay = 20, clock = 0, video = {}, follow = {}, ...more } = {}) {
    const own = (watching) =>
      Object.freeze({ userId: more.userId ?? name, sessionId: name, ...(watching && { watching: Object.freeze(watching) }) });
    const guest = { name, delay, clock, self: cell(null), watch: cell(this.watch), video: this.world.video(video), own };
    guest.room = {
      watch: guest.watch,
      self: guest.self,
      serverNow: () => Math.round(this.world.now + guest.clock),
      playback: (said) => {
        const stamped = { ...said, serverTime: guest.room.serverNow() };
        this.said.push({ name, ...stamped, at: this.world.now });
        this.world.after(delay, () => this.hear(guest, stamped));
      },
    };
    guest.self.set(own());
    this.guests.push(guest);
    guest.follower = followPlayback(guest.room, guest.video, follow);
    return guest;
  }

  give(guest) {
    this.watch = { ...this.watch, controller: { userId: guest.self.get().userId, name: guest.name } };
    this.tell();
  }

  /** As `Room::play` of the hub. */
  hear(guest, { action, isPlaying, currentTime, playbackRate, stalled, serverTime }) {
    const now = this.world.now;
    const at = serverTime <= now && now - serverTime <= 5_000 ? serverTime : now;
    const own = { isPlaying, currentTime, playbackRate, at };
    const { userId } = guest.self.get();
    if (action === 'sync' && !this.watch.controller) this.watch = { ...this.watch, controller: { userId, name: guest.name } };
    const isOn = this.watch.syncEnabled;
    const drives = this.watch.controller?.userId === userId && (isOn || action === 'sync');
    if (!drives) {
      const { timeline } = this.watch;
      const drift = timeline ? currentTime - positionAt(timeline, at) : 0;
      const desync = timeline ? desyncOf(timeline, isPlaying, playbackRate, drift, !!stalled) : undefined;
      return this.show(guest, { ...own, ...(desync && { desync }) });
    }
    if (action === 'stop') this.watch = { ...this.watch, syncEnabled: false, timeline: null };
    else {
      this.operations += 1;
      this.watch = { ...this.watch, syncEnabled: true, timeline: Object.freeze({ ...own, operation: this.operations }) };
      this.show(guest, own);
    }
    this.tell();
  }

  show(guest, watching) {
    this.world.after(guest.delay, () => guest.self.set(guest.own(watching)));
  }

  /** All hear of it, who drives as well. */
  tell() {
    const { watch } = this;
    for (const guest of this.guests) this.world.after(guest.delay, () => guest.watch.set(watch));
  }

  /** Where all should be now. */
  get place() {
    return positionAt(this.watch.timeline, this.world.now);
  }

  /** How far off a guest's player is, in seconds. */
  off(guest) {
    return Math.abs(guest.video.currentTime - this.place);
  }

  saidBy(guest) {
    return this.said.filter(({ name }) => name === guest.name);
  }
}

/** The page that all players are in, until the test ends. */
export class FakePage extends EventTarget {
  hidden = false;
  pictureInPictureElement = null;

  constructor(t) {
    super();
    globalThis.document = this;
    t.after(() => delete globalThis.document);
  }

  set(hidden) {
    this.hidden = hidden;
    this.dispatchEvent(new Event('visibilitychange'));
  }
}

/** Two who watch together, the first in control. */
export async function watching(t, viewer = {}, driver = {}) {
  const world = new World(t);
  const screening = new Screening(world);
  const ann = screening.join('ann', driver);
  const bob = screening.join('bob', { delay: 45, clock: 4, ...viewer });
  await world.pass(300);
  ann.follower.start();
  await world.pass(300);
  return { world, screening, ann, bob };
}

export const seeks = ({ video }) => video.done.filter((deed) => deed === 'seek').length;
export const state = ({ follower }) => follower.status.get();
