// Keeps a player where its room is, or its room where the player is. One loop looks at both; the rules by which it
// judges and steers are Rust's (`timeline.ts`), and what a person did to the player is the hand's to tell (`hand.ts`).

import { listen } from './events.js';
import { OFF, type FollowedRoom, type Follower, type FollowOptions, type FollowStatus } from './following.js';
import { Hand, type Deed, type Player } from './hand.js';
import { cell, keep } from './store.js';
import { correction, desyncOf, isSame, positionAt, type Course } from './timeline.js';
import type { DesyncReason, Millis, PlaybackAction } from './types.gen.js';
import type { Timeline } from './watch.js';

const LOOK_EVERY_MS = 100;
/** Nothing moves by itself in a player that pauses. */
const LOOK_PAUSED_EVERY_MS = 1_000;

/** So far off, in seconds, a pausing player is sought, and one that drives says where it is. */
const EXACT = 0.05;

/** Waiting for data for longer than this is told to the others. */
const STALLED_AFTER_MS = 1_000;

/** After a seek for want of speed the next has to wait, longer each time, lest a slow line only ever seeks. */
const SEEK_AGAIN_MS = 1_000;
const SEEK_AGAIN_LONGEST_MS = 30_000;
/** Near for so long, the last seek was a good one. */
const SETTLED_MS = 5_000;
/** A seek may take this many seconds, as far as the next one counts with it. */
const LONGEST_AIM = 2;

/** The server takes five a second. */
const SAY_EVERY_MS = 200;
/** What the server does not show as it was said is said again, later each time. */
const SAY_AGAIN_MS = 1_000;
const SAY_AGAIN_LONGEST_MS = 30_000;

/** The server does not tell a driver's place again that is nearer to what it told, in seconds. */
const TOLD_ENOUGH = 2;

/** Makes `player` follow what `room` watches together, and others follow it while its person has control. */
export function followPlayback(room: FollowedRoom, player: Player, options: FollowOptions = {}): Follower {
  const { every = LOOK_EVERY_MS } = options;
  const status = cell(OFF);
  const hand = new Hand(player, look, () => {
    isBlocked = true;
    look();
  });

  /** What is followed; null while nothing is. */
  let course: Course | null = null;
  let operation = -1;
  /** The course was said here: the player is not to be corrected by it. */
  let isOwn = false;
  let said: readonly Course[] = [];
  let saidAt = 0;
  /** The server may have another course. */
  let isDisputed = false;
  /** What is to be said when it may be. */
  let unsaid: PlaybackAction | undefined;
  let sayAgainMs = 0;
  /** What was told last of how this player differs; null: nothing. */
  let toldWord: DesyncReason | undefined | null = null;

  let reason: DesyncReason | undefined;
  let isBlocked = false;
  /** The speed that a person chose; undefined: the room's. */
  let ownRate: number | undefined;
  let waitingSince: Millis | undefined;

  let seekAgainAt = 0;
  let seekAgainMs = SEEK_AGAIN_MS;
  let isLanding = false;
  /** How far ahead to aim: a seek takes time. */
  let aim = 0;

  let steeredAt = 0;
  let shownAt = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let isLooking = false;

  const unwatch = [
    room.watch.subscribe(look),
    room.self.subscribe(look),
    globalThis.document ? listen(document, { visibilitychange: look }) : () => {},
  ];

  function isController(): boolean {
    const { controller } = room.watch.get();
    return !!controller && controller.userId === room.self.get()?.userId;
  }

  function look(): void {
    // What is done to the player may call us back.
    if (isStopped || isLooking) return;
    isLooking = true;
    const now = room.serverNow();
    clearTimeout(timer);
    takeCourse();
    if (course) {
      hear(course, now);
      steer(course, now);
      speak(course, now);
      timer = setTimeout(look, course.isPlaying || unsaid ? every : LOOK_PAUSED_EVERY_MS);
    }
    show(now);
    isLooking = false;
  }

  /** Takes over what the room watches now. */
  function takeCourse(): void {
    const { syncEnabled, timeline } = room.watch.get();
    if (!syncEnabled || !timeline) return leave();
    if (!course) {
      hand.adopt();
      seekAnew();
    }
    if (!isController()) isOwn = false;
    if (course && timeline.operation === operation) {
      if (!isOwn && said.length > 0) adoptCourse(timeline);
      return;
    }
    operation = timeline.operation;
    const isEcho = said.some((one) => isSame(one, timeline));
    if (isController() && isEcho) isOwn = true;
    else if (isOwn && course && timeline.at < course.at) {
      // Older than what was said here, unless the server heard it later: then ours is to be said again.
      isDisputed = true;
      return;
    } else isOwn = false;
    adoptCourse(timeline);
  }

  function adoptCourse(timeline: Timeline): void {
    course = timeline;
    isDisputed = false;
    if (!isOwn) {
      said = [];
      isLanding = false;
      seekAnew();
    }
  }

  function leave(): void {
    if (course) hand.setRate(rate(course));
    course = null;
    isOwn = isBlocked = false;
    reason = ownRate = waitingSince = undefined;
    toldWord = null;
  }

  /** Whatever was tried in vain before, this is another place. */
  function seekAnew(): void {
    seekAgainAt = 0;
    seekAgainMs = SEEK_AGAIN_MS;
  }

  /** The player's speed but for what we steer by. */
  function rate({ playbackRate }: Course): number {
    return ownRate ?? playbackRate;
  }

  /** What the player does. */
  function state(now: Millis, of: Course): Course {
    const { paused, currentTime } = player;
    return { isPlaying: !paused, currentTime, playbackRate: rate(of), at: now };
  }

  /** Where the room is in the medium, and whether it plays there: it may think the medium longer than it is. */
  function goal(of: Course, now: Millis): { place: number; plays: boolean } {
    const place = Math.max(0, positionAt(of, now));
    const { duration } = player;
    return place < duration || Number.isNaN(duration)
      ? { place, plays: of.isPlaying }
      : { place: duration, plays: false };
  }

  /** Hears what a person did to the player. */
  function hear(of: Course, now: Millis): void {
    for (let deed = hand.deed(); deed; deed = hand.deed()) {
      if (deed === 'rate') ownRate = player.playbackRate;
      // Who has control and was elsewhere comes back first.
      const comesBack = deed === 'play' && !!reason;
      if (isController() && !comesBack && !isBlocked) drive(deed, state(now, of));
      else differ(deed, of, now);
    }
  }

  /** All go where this player went. */
  function drive(deed: PlaybackAction, to: Course): void {
    course = to;
    isOwn = true;
    ownRate = reason = undefined;
    hand.setRate(to.playbackRate);
    sayAgainMs = SAY_AGAIN_MS;
    unsaid = deed;
    toldWord = null;
  }

  /** This player went where it liked; or it came back. */
  function differ(deed: Deed, of: Course, now: Millis): void {
    const wasBlocked = isBlocked;
    isBlocked &&= player.paused;
    if (deed === 'play' && (wasBlocked || isController())) return joinAgain();
    judge(of, now);
    if (!reason) return;
    hand.setRate(rate(of));
    unsaid = deed;
  }

  function judge(of: Course, now: Millis): void {
    reason = differs(of, now);
    if (!reason) ownRate = undefined;
  }

  function differs(of: Course, now: Millis): DesyncReason | undefined {
    const { place, plays } = goal(of, now);
    // At the end of the medium it cannot play.
    const isPlaying = player.ended ? plays : !player.paused;
    return desyncOf({ ...of, isPlaying: plays }, isPlaying, rate(of), player.currentTime - place, false);
  }

  function joinAgain(): void {
    reason = ownRate = waitingSince = undefined;
    isBlocked = false;
    hand.adopt();
    seekAnew();
  }

  /** Brings the player to where the room is, unless it drives or its person has it elsewhere. */
  function steer(of: Course, now: Millis): void {
    const { place, plays } = goal(of, now);
    if (isBlocked && !plays) isBlocked = false;
    noteWaiting(plays, now);
    if (reason && reason !== 'stalled') judge(of, now);
    if (isOwn || reason || isBlocked || !hand.isReady) return;

    if (plays && player.ended) hand.seek(place);
    if (plays) hand.play();
    else hand.pause();
    if (player.seeking) return;

    const drift = player.currentTime - place;
    if (!plays) {
      hand.setRate(of.playbackRate);
      if (Math.abs(drift) > EXACT) seek(place, now);
      return;
    }
    if (hand.isWaiting || player.paused) return;
    if (isLanding) {
      isLanding = false;
      aim = Math.min(LONGEST_AIM, Math.max(0, aim - drift / of.playbackRate));
    }
    if (Math.abs(drift) < 2 * EXACT && now > seekAgainAt + SETTLED_MS) seekAgainMs = SEEK_AGAIN_MS;
    // What we did ourselves has us look again at once.
    if (now - steeredAt < LOOK_EVERY_MS / 2) return;
    const speed = correction(drift, of.playbackRate, player.playbackRate, (now - steeredAt) / 1_000);
    steeredAt = now;
    if (!Number.isNaN(speed)) hand.setRate(speed);
    else if (seek(place + aim * of.playbackRate, now)) {
      hand.setRate(of.playbackRate);
      isLanding = true;
    }
  }

  function seek(place: number, now: Millis): boolean {
    if (now < seekAgainAt) return false;
    seekAgainAt = now + seekAgainMs;
    seekAgainMs = Math.min(SEEK_AGAIN_LONGEST_MS, 2 * seekAgainMs);
    hand.seek(place);
    return true;
  }

  /** Who waits for data follows again when it has some. */
  function noteWaiting(plays: boolean, now: Millis): void {
    const waits = plays && !isOwn && hand.isWaiting && (!reason || reason === 'stalled');
    waitingSince = waits ? (waitingSince ?? now) : undefined;
    if (waitingSince !== undefined && now - waitingSince > STALLED_AFTER_MS) reason = 'stalled';
    else if (reason === 'stalled') reason = undefined;
  }

  /** Says what the others are to know of this player, and says it again where the server shows it otherwise. */
  function speak(of: Course, now: Millis): void {
    const self = room.self.get();
    if (!self || now - saidAt < SAY_EVERY_MS) return;
    if (isOwn) {
      if (unsaid) return say(unsaid, state(now, of));
      if (player.seeking || hand.isWaiting || (isShownAs(of, now) && !isDisputed)) return;
      if (now - saidAt >= sayAgainMs) sayAgain('sync', state(now, of));
      return;
    }
    // What a controller says, all do.
    if (isController() && (reason || isBlocked)) return;
    // The browser may not let it play.
    if (hand.isAsking && !reason) return;
    const word = isBlocked ? 'paused' : reason;
    if (word !== toldWord) sayAgainMs = 0;
    const { watching } = self;
    const isShown = watching && watching.desync === word;
    if (isShown && !unsaid) toldWord = word;
    else if (unsaid || now - saidAt >= sayAgainMs) {
      toldWord = word;
      sayAgain(unsaid, reported(word, of, now), word === 'stalled');
    }
  }

  /** Whether the room has the player that drives it where it is. */
  function isShownAs(of: Course, now: Millis): boolean {
    const near = (course: Course, distance: number): boolean =>
      course.isPlaying === !player.paused &&
      course.playbackRate === rate(of) &&
      Math.abs(positionAt(course, now) - player.currentTime) <= distance;
    const { watching } = room.self.get() ?? {};
    const isShown = near(of, EXACT) && (!watching || near(watching, TOLD_ENOUGH));
    if (isShown && now - saidAt > SETTLED_MS) sayAgainMs = SAY_AGAIN_MS;
    return isShown;
  }

  /** Who follows does what the room does. */
  function reported(word: DesyncReason | undefined, of: Course, now: Millis): Course {
    if (!word) return { ...of, currentTime: Math.max(0, positionAt(of, now)), at: now };
    const own = state(now, of);
    return word === 'stalled' ? { ...own, isPlaying: true } : own;
  }

  function sayAgain(action: PlaybackAction | undefined, own: Course, stalled = false): void {
    sayAgainMs = Math.min(SAY_AGAIN_LONGEST_MS, Math.max(SAY_AGAIN_MS, 2 * sayAgainMs));
    say(action ?? (own.isPlaying ? 'play' : 'pause'), own, stalled);
  }

  function say(action: PlaybackAction, own: Course, stalled = false): void {
    saidAt = own.at;
    unsaid = undefined;
    isDisputed = false;
    if (isController()) {
      course = isOwn ? own : course;
      said = [...said.slice(-7), own];
    }
    const { isPlaying, currentTime, playbackRate } = own;
    room.playback({ action, isPlaying, currentTime, playbackRate, ...(stalled && { stalled }) });
  }

  function show(now: Millis): void {
    const drift = course ? Math.round((player.currentTime - goal(course, now).place) * 100) / 100 : 0;
    const name = isBlocked ? 'blocked' : reason ? 'desynced' : isController() ? 'controlling' : 'following';
    const before = status.get();
    const next: FollowStatus = course ? { state: name, ...(reason && { reason }), drift } : OFF;
    const isNews = next.state !== before.state || next.reason !== before.reason;
    if (!isNews && now - shownAt < 1_000) return;
    shownAt = now;
    status.set(keep(before, Object.freeze(next)));
  }

  look();
  return {
    status,
    start() {
      if (course) {
        if (isController()) drive('sync', state(room.serverNow(), course));
        else joinAgain();
        return look();
      }
      const { paused, currentTime, playbackRate } = player;
      const own = { isPlaying: !paused, currentTime, playbackRate, at: room.serverNow() };
      said = [own];
      saidAt = own.at;
      room.playback({ action: 'sync', isPlaying: !paused, currentTime, playbackRate });
    },
    end() {
      if (isController()) room.playback({ action: 'stop' });
    },
    rejoin() {
      joinAgain();
      look();
    },
    stop() {
      isStopped = true;
      clearTimeout(timer);
      unwatch.forEach((end) => end());
      if (course) hand.setRate(rate(course));
      hand.release();
    },
  };
}
