// Keeps a player where its room is, or its room where the player is. One loop looks at both; the rules by which it
// judges and steers are Rust's (`timeline.ts`), and what a person did to the player is the hand's to tell (`hand.ts`).

import { OFF, type FollowedRoom, type Follower, type FollowOptions, type FollowStatus } from './following.js';
import { Hand, ticks, type Deed, type Player } from './hand.js';
import { Repeats } from './repeats.js';
import { Seeks } from './seeks.js';
import { cell, keep } from './store.js';
import { correction, desyncOf, goalOf, isSame, positionAt, type Course } from './timeline.js';
import type { DesyncReason, Millis, PlaybackAction } from './types.gen.js';
import type { Timeline } from './watch.js';

const LOOK_EVERY_MS = 100;
/** Nothing moves by itself in a player that pauses. */
const LOOK_PAUSED_EVERY_MS = 1_000;

/** So far off, in seconds, a pausing player is sought, and one that drives says where it is. */
const EXACT = 0.05;

/** Waiting for data for longer than this is told to the others. */
const STALLED_AFTER_MS = 1_000;

/** A seek may take this many seconds, as far as the next one counts with it. */
const LONGEST_AIM = 2;

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
  /** What the room told last. */
  let heard: Timeline | null = null;
  /** The course was said here: the player is not to be corrected by it. */
  let isOwn = false;
  /** Drives as soon as it is where the room is. */
  let isReturning = false;
  let hadControl = false;
  let said: readonly Course[] = [];
  /** What is to be said when it may be. */
  let unsaid: PlaybackAction | undefined;
  const repeats = new Repeats();
  /** What was told last of how this player differs; null: nothing. */
  let toldWord: DesyncReason | undefined | null = null;

  let reason: DesyncReason | undefined;
  let isBlocked = false;
  /** The speed that a person chose; undefined: the room's. */
  let ownRate: number | undefined;
  let waitingSince: Millis | undefined;
  /** It drives, has no data, and has all others wait. */
  let isHolding = false;

  const seeks = new Seeks();
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
  ];

  function isController(): boolean {
    const { controller } = room.watch.get();
    return !!controller && controller.userId === room.self.get()?.userId;
  }

  function look(): void {
    // What is done to the player may call us back.
    if (isStopped || isLooking) return;
    isLooking = true;
    clearTimeout(timer);
    try {
      // Only where the room is goes by the server's clock, which may jump.
      const now = room.serverNow();
      takeCourse();
      if (course) {
        hear(course, now);
        steer(course, now);
        speak(course, now);
      }
      show(now);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    } finally {
      isLooking = false;
      if (course) timer = setTimeout(look, course.isPlaying || unsaid ? every : LOOK_PAUSED_EVERY_MS);
    }
  }

  /** Takes over what the room watches now. */
  function takeCourse(): void {
    const { syncEnabled, timeline } = room.watch.get();
    if (!syncEnabled || !timeline) return leave();
    if (!course) {
      hand.adopt();
      seeks.forget();
    }
    const controls = isController();
    if (!controls) {
      giveWay();
      isReturning = false;
    } else if (course && !hadControl) isReturning = true;
    hadControl = controls;
    if (course && timeline === heard) {
      if (!isOwn && said.length > 0) adoptCourse(timeline);
      return;
    }
    heard = timeline;
    const echoed = said.filter((one) => isSame(one, timeline)).at(-1);
    if (controls && echoed && !hand.isSuspended) {
      // More was done here since.
      if (isOwn && (unsaid || echoed !== said.at(-1))) return;
      isOwn = true;
    } else if (isOwn && course && timeline.at < course.at) {
      // Older than what was said here. Should the server have heard it later, ours is said again.
      return;
    } else giveWay();
    adoptCourse(timeline);
  }

  function giveWay(): void {
    if (isOwn) unsaid = undefined;
    isOwn = isHolding = false;
  }

  /** The room goes on without a player that its browser paused. */
  function leaveUnseen(of: Course, now: Millis): void {
    if (isOwn && unsaid) say(unsaid, { ...state(now, of), isPlaying: of.isPlaying });
    isReturning ||= isOwn;
    giveWay();
  }

  function adoptCourse(timeline: Timeline): void {
    course = timeline;
    if (!isOwn) {
      said = [];
      isLanding = false;
      seeks.forget();
    }
  }

  function leave(): void {
    if (course) hand.setRate(rate(course));
    course = null;
    isOwn = isReturning = isHolding = isBlocked = false;
    reason = ownRate = waitingSince = undefined;
    toldWord = null;
  }

  /** The player's speed but for what we steer by. */
  function rate({ playbackRate }: Course): number {
    return ownRate ?? playbackRate;
  }

  /** What the player does. */
  function state(now: Millis, of: Course): Course {
    const { paused, currentTime } = player;
    const isPlaying = !paused && !isHolding;
    return { isPlaying, currentTime, playbackRate: isOwn ? player.playbackRate : rate(of), at: now };
  }

  /** Hears what a person did to the player. */
  function hear(of: Course, now: Millis): void {
    for (let deed = hand.deed(); deed; deed = hand.deed()) {
      if (deed === 'suspend') {
        leaveUnseen(of, now);
        continue;
      }
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
    isReturning = false;
    ownRate = reason = undefined;
    hand.setRate(to.playbackRate);
    repeats.begin();
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
    const { place, plays } = goalOf(of, now, player.duration);
    // At the end of the medium it cannot play.
    const isPlaying = player.ended ? plays : !player.paused;
    return desyncOf({ ...of, isPlaying: plays }, isPlaying, rate(of), player.currentTime - place, false);
  }

  function joinAgain(): void {
    reason = ownRate = waitingSince = undefined;
    isBlocked = isHolding = false;
    isReturning = isController();
    hand.adopt();
    seeks.forget();
  }

  /** Brings the player to where the room is, unless it drives or its person has it elsewhere. */
  function steer(of: Course, now: Millis): void {
    const { place, plays } = goalOf(of, now, player.duration);
    const moment = ticks();
    if (isBlocked && !plays) isBlocked = false;
    noteWaiting(plays, moment);
    if (reason && reason !== 'stalled') judge(of, now);
    if (isOwn || reason || isBlocked || !hand.isReady || hand.isStanding) return;

    if (plays && player.ended) hand.seek(place);
    if (plays) hand.play();
    else hand.pause();
    if (player.seeking) return;

    const drift = player.currentTime - place;
    if (!plays) {
      hand.setRate(of.playbackRate);
      if (Math.abs(drift) > EXACT) {
        if (seeks.take(moment)) hand.seek(place);
      } else if (isReturning) drivesAgain(of);
      return;
    }
    if (hand.isWaiting || player.paused) return;
    if (isReturning && Math.abs(drift) <= EXACT) return drivesAgain(of);
    if (isLanding) {
      isLanding = false;
      aim = Math.min(LONGEST_AIM, Math.max(0, aim - drift / of.playbackRate));
    }
    if (Math.abs(drift) < 2 * EXACT) seeks.settle(moment);
    // What we did ourselves has us look again at once.
    if (moment - steeredAt < LOOK_EVERY_MS / 2) return;
    const speed = correction(drift, of.playbackRate, player.playbackRate, (moment - steeredAt) / 1_000);
    steeredAt = moment;
    if (!Number.isNaN(speed)) hand.setRate(speed);
    else if (seeks.take(moment)) {
      hand.seek(place + aim * of.playbackRate);
      hand.setRate(of.playbackRate);
      isLanding = true;
    }
  }

  function drivesAgain(of: Course): void {
    isReturning = false;
    isOwn = true;
    said = [of];
    hand.setRate(of.playbackRate);
  }

  /** Who waits for data follows again when it has some. */
  function noteWaiting(plays: boolean, moment: Millis): void {
    const waits = isOwn ? hand.isWaiting : plays && hand.isWaiting && (!reason || reason === 'stalled');
    // What was said before is not said in vain because of that.
    if (isOwn && !waits && waitingSince !== undefined) repeats.begin();
    waitingSince = waits ? (waitingSince ?? moment) : undefined;
    const isStalled = waitingSince !== undefined && moment - waitingSince > STALLED_AFTER_MS;
    if (isOwn) {
      // The others wait for who drives.
      if (isStalled && !isHolding) unsaid = 'pause';
      if (!waits && isHolding && !player.paused) unsaid ??= 'play';
      isHolding = waits && (isStalled || isHolding);
    } else if (isStalled) reason = 'stalled';
    else if (reason === 'stalled') reason = undefined;
  }

  /** Says what the others are to know of this player, and says it again where the server shows it otherwise. */
  function speak(of: Course, now: Millis): void {
    const self = room.self.get();
    if (!self || !repeats.isFree || hand.isStanding) return;
    if (isOwn) {
      if (unsaid) return say(unsaid, state(now, of));
      const isMoving = !isHolding && (player.seeking || hand.isWaiting);
      if (isMoving || isShownAs(state(now, of))) return;
      if (repeats.isDue) sayAgain('sync', state(now, of));
      return;
    }
    // What a controller says, all do.
    if (isController() && (reason || isBlocked)) return;
    // The browser may not let it play.
    if (hand.isAsking && !reason) return;
    const word = isBlocked ? 'paused' : reason;
    if (word !== toldWord) repeats.hurry();
    const { watching } = self;
    const isShown = watching && watching.desync === word;
    if (isShown && !unsaid) toldWord = word;
    else if (unsaid || repeats.isDue) {
      toldWord = word;
      sayAgain(unsaid, reported(word, of, now), word === 'stalled');
    }
  }

  /** Whether the room has the player that drives it where it is. */
  function isShownAs(own: Course): boolean {
    const isShown =
      !!heard &&
      heard.isPlaying === own.isPlaying &&
      heard.playbackRate === own.playbackRate &&
      Math.abs(positionAt(heard, own.at) - own.currentTime) <= EXACT;
    if (isShown) repeats.settle();
    return isShown;
  }

  /** Who follows does what the room does. */
  function reported(word: DesyncReason | undefined, of: Course, now: Millis): Course {
    if (!word) return { ...of, currentTime: Math.max(0, positionAt(of, now)), at: now };
    const own = state(now, of);
    return word === 'stalled' ? { ...own, isPlaying: true } : own;
  }

  function sayAgain(action: PlaybackAction | undefined, own: Course, stalled = false): void {
    repeats.lengthen();
    say(action ?? (own.isPlaying ? 'play' : 'pause'), own, stalled);
  }

  function say(action: PlaybackAction, own: Course, stalled = false): void {
    unsaid = undefined;
    if (isController()) {
      course = isOwn ? own : course;
      said = [...said.slice(-7), own];
    }
    tell(action, own, stalled);
  }

  function tell(action: PlaybackAction, { isPlaying, currentTime, playbackRate }: Course, stalled: boolean): void {
    repeats.note();
    room.playback({ action, isPlaying, currentTime, playbackRate, ...(stalled && { stalled }) });
  }

  function show(now: Millis): void {
    const drift = course ? Math.round((player.currentTime - goalOf(course, now, player.duration).place) * 100) / 100 : 0;
    const name = isBlocked ? 'blocked' : reason ? 'desynced' : isController() ? 'controlling' : 'following';
    const before = status.get();
    const next: FollowStatus = course ? { state: name, ...(reason && { reason }), drift } : OFF;
    const isNews = next.state !== before.state || next.reason !== before.reason;
    const moment = ticks();
    if (!isNews && moment - shownAt < 1_000) return;
    shownAt = moment;
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
      tell('sync', own, false);
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
