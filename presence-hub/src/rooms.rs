//! The rooms of one shard: who may enter, leases and flushes. What members do is in `commands`.

mod calls;
mod unseen;

mod commands;

use std::sync::Arc;

use litemap::LiteMap;
use presence_model::event::Event;
use presence_model::grant::Grants;
use presence_model::id::{RoomId, SessionId};
use presence_model::limit::{Limits, Rate, Timing};
use presence_model::playback::Watch;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::{Member, RoomKey, RoomKind};
use presence_model::status::{Liveness, Status};
use presence_model::time::{Millis, earlier};

use crate::expiry::Expiry;
use crate::io::{CallId, PeerMessage, Shard, Socket, Visitor};
use crate::outputs::Outputs;
use crate::rate::Bucket;
use crate::room::Room;
use crate::rooms::unseen::Unseen;
use crate::table::Table;
use crate::window::Window;

/// What comes and goes at most in all rooms of a shard before it is a storm.
const COMINGS: Rate = Rate { every: Millis(2), burst: 50 };

/// How long a room gathers news in a storm.
const STORM_GATHERING: Millis = Millis(200);

/// The same when it is none, where moves do not gather at all.
const NEWS_GATHERING: Millis = Millis(4);

/// A session's typing mark in a room.
type Lease = (RoomKey, SessionId);

#[derive(Debug)]
pub struct Rooms {
    timing: Arc<Timing>,
    limits: Arc<Limits>,
    rooms: Table<RoomKey, Room>,
    /// In which room each session is, by the id that messages name.
    kinds: Table<SessionId, LiteMap<RoomId, RoomKind>>,
    /// Who sees rooms and is not seen.
    unseen: Unseen,
    next_channel: u32,
    channel_step: u32,
    flushes: Expiry<RoomKey>,
    /// A room that was busy flushes at most once in this time.
    window: Millis,
    /// The length of the windows that all rooms have together: those that are due within one flush at its end.
    rhythm: Option<Millis>,
    /// Runs out of tokens while many come and go.
    comings: Bucket,
    storms_until: Millis,
    leases: Expiry<Lease>,
    /// When the first request for control lapses, of rooms where there is one.
    requests: Expiry<RoomKey>,
}

impl Rooms {
    /// Channels of different shards never meet: each shard counts in steps of their number.
    pub fn new(shard: Shard, shards: usize, timing: Arc<Timing>, limits: Arc<Limits>) -> Self {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        Self {
            window: timing.flush_every,
            rhythm: None,
            comings: Bucket::new(COMINGS),
            storms_until: Millis::ZERO,
            timing,
            limits,
            rooms: Table::default(),
            kinds: Table::default(),
            unseen: Unseen::default(),
            next_channel: number(shard.0),
            channel_step: number(shards.max(1)),
            flushes: Expiry::default(),
            leases: Expiry::default(),
            requests: Expiry::default(),
        }
    }

    /// Who is in a room, in order of joining.
    pub fn members(&self, key: &RoomKey) -> impl Iterator<Item = &Member> {
        self.rooms.get(key).into_iter().flat_map(Room::members)
    }

    /// What is watched together in a room, if anything is.
    pub fn watch(&self, key: &RoomKey) -> Option<Arc<Watch>> {
        self.rooms.get(key)?.watched()
    }

    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.unseen.is_empty()
    }

    pub fn len(&self) -> usize {
        self.rooms.len()
    }

    /// Sessions in rooms, once for each room.
    pub fn seats(&self) -> usize {
        self.rooms.sum(Room::len)
    }

    /// Lets a visitor in. `number` and `call` say who asked for it.
    pub fn enter(
        &mut self,
        now: Millis,
        visitor: Visitor,
        key: RoomKey,
        (number, call): (u64, Option<CallId>),
        out: &mut Outputs,
    ) {
        if visitor.privacy.is_invisible {
            return self.enter_unseen(now, visitor, key, (number, call), out);
        }
        let full = self.rooms.get(&key).is_some_and(|room| {
            // There are at least as many seats as users, and seats are counted at once.
            room.len() >= self.limits.users_per_room
                && room.seat(&visitor.session).is_none()
                && !room.holds_user(&visitor.principal.user_id)
                && room.users() >= self.limits.users_per_room
        });
        if full {
            let text = format!("join: the room holds {} users already", self.limits.users_per_room);
            let refusal = Refusal::new(Code::RoomFull, text).at("roomId");
            self.exit_unseen(&visitor.session, &key.room, out);
            self.turn_away(visitor, key, (number, call), refusal, out);
            return;
        }
        let (next_channel, step) = (&mut self.next_channel, self.channel_step);
        let (broadcasts, unseen) = (self.limits.room_broadcasts, &mut self.unseen);
        let room = self.rooms.get_or_insert_with(key.clone(), || {
            let channel = *next_channel;
            *next_channel = next_channel.wrapping_add(step);
            Room::new(now, key.clone(), channel, broadcasts, unseen.take_waiting(&key))
        });
        unseen.forget(&visitor.session, &key);
        self.kinds.get_or_insert_with(visitor.session.clone(), LiteMap::new).insert(key.room.clone(), key.kind);
        let session = visitor.session.clone();
        room.enter(now, visitor);
        if let Some(call) = call {
            self.show_joined(now, call, &session, &key, out);
            out.peer(Shard::LOBBY, PeerMessage::LetIn { session });
        }
        self.note_coming(now);
        self.touch(now, &key);
    }

    /// Does not let a visitor in, and says so where it was asked.
    fn turn_away(
        &self,
        visitor: Visitor,
        key: RoomKey,
        (number, call): (u64, Option<CallId>),
        refusal: Refusal,
        out: &mut Outputs,
    ) {
        match (call, visitor.socket) {
            (Some(call), _) => out.answer(call, Err(refusal)),
            (None, Some(socket)) => out.refuse_in(socket.connection, "join", &key.room, refusal),
            (None, None) => {}
        }
        out.peer(Shard::LOBBY, PeerMessage::TurnedAway { session: visitor.session, room: key.room, number });
    }

    pub fn exit(&mut self, now: Millis, session: &SessionId, room: &RoomId, out: &mut Outputs) {
        if self.exit_unseen(session, room, out) {
            return;
        }
        let Some(key) = self.key_of(session, room) else { return };
        let Some(channel) = self.rooms.get(&key).map(|room| room.channel) else { return };
        if let Some(socket) = self.take_seat(now, session, &key) {
            out.tell_one(socket.connection, Event::RoomLeft { room: room.clone(), channel });
        }
    }

    /// The session is over: it leaves every room.
    pub fn end(&mut self, now: Millis, session: &SessionId) {
        self.end_unseen(session);
        for key in self.keys_of(session) {
            self.take_seat(now, session, &key);
        }
    }

    pub fn move_session(&mut self, session: &SessionId, socket: Option<Socket>) {
        self.move_unseen(session, socket);
        for key in self.keys_of(session) {
            if let Some(room) = self.rooms.get_mut(&key) {
                room.reseat(session, socket);
            }
        }
    }

    /// Whether others see where the session points.
    pub fn share_cursor(&mut self, now: Millis, session: &SessionId, shares: bool) {
        for key in self.keys_of(session) {
            if let Some(room) = self.rooms.get_mut(&key) {
                room.share_cursor(session, shares);
                self.touch(now, &key);
            }
        }
    }

    /// A suspect member is no longer believed to type.
    pub fn set_liveness(&mut self, now: Millis, session: &SessionId, liveness: Liveness) {
        for key in self.keys_of(session) {
            let Some(room) = self.rooms.get_mut(&key) else { continue };
            room.set_liveness(session, liveness);
            if liveness != Liveness::Connected {
                room.set_typing(now, session, None);
                self.leases.clear(&(key.clone(), session.clone()));
            }
            self.touch(now, &key);
        }
    }

    pub fn grant(&mut self, now: Millis, session: &SessionId, grants: &Grants) {
        for key in self.keys_of(session) {
            if let Some(room) = self.rooms.get_mut(&key) {
                room.grant(now, session, grants);
                self.touch(now, &key);
            }
        }
    }

    pub fn set_status(
        &mut self,
        now: Millis,
        sessions: &[SessionId],
        (status, message): (Status, Option<Arc<str>>),
        last_active_at: Millis,
    ) {
        for session in sessions {
            for key in self.keys_of(session) {
                if let Some(room) = self.rooms.get_mut(&key) {
                    room.set_status(session, (status, message.clone()), last_active_at);
                    self.touch(now, &key);
                }
            }
        }
    }

    /// Volatile frames were left out for this session: its rooms show it all cursors.
    pub fn catch_up(&mut self, now: Millis, session: &SessionId, out: &mut Outputs) {
        self.catch_up_unseen(now, session, out);
        for key in self.keys_of(session) {
            if let Some(room) = self.rooms.get_mut(&key) {
                room.show_cursors(session);
                self.touch(now, &key);
            }
        }
    }

    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        while let Some((key, session)) = self.leases.pop(now) {
            if let Some(room) = self.rooms.get_mut(&key) {
                room.set_typing(now, &session, None);
                self.touch(now, &key);
            }
        }
        while let Some(key) = self.requests.pop(now) {
            if let Some(room) = self.rooms.get_mut(&key) {
                room.lapse = None;
                room.lapse_requests(now);
                self.touch(now, &key);
            }
        }
        let (gathering, rhythm) = (self.gathering(now), self.rhythm);
        while let Some(key) = self.flushes.pop(now) {
            let Some(room) = self.rooms.get_mut(&key) else { continue };
            room.due = None;
            let tells = in_rhythm(news_due(room, gathering), rhythm) <= now;
            room.flush(now, tells, out);
            if room.is_empty() {
                let audience = self.rooms.remove(&key).map(Room::into_audience).unwrap_or_default();
                self.keep_waiting(now, &key, audience, out);
            } else if room.has_news() {
                self.touch(now, &key);
            }
        }
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        earlier(earlier(self.leases.next(), self.requests.next()), self.flushes.next())
    }

    pub fn set_window(&mut self, window: &Window) {
        self.window = window.length();
        self.rhythm = window.rhythm();
    }

    /// How long a room gathers news of who comes and goes. In a storm that is longer: told one by one a crowd of
    /// `n` would cost `n²` frames.
    fn gathering(&self, now: Millis) -> Millis {
        let gathering = if now < self.storms_until { STORM_GATHERING } else { NEWS_GATHERING };
        self.window.max(gathering)
    }

    fn note_coming(&mut self, now: Millis) {
        if !self.comings.take(now) {
            self.storms_until = now + self.timing.flush_every_crowded;
        }
    }

    /// A room that was quiet flushes at once, a busy one once per window.
    fn touch(&mut self, now: Millis, key: &RoomKey) {
        let (gathering, rhythm) = (self.gathering(now), self.rhythm);
        let Some(room) = self.rooms.get_mut(key) else { return };
        let lapse = room.next_lapse();
        if lapse != room.lapse {
            room.lapse = lapse;
            match lapse {
                Some(at) => self.requests.set(key.clone(), at),
                None => self.requests.clear(key),
            }
        }
        let due = if room.has_moved() {
            let crowded = if room.is_crowded(now) { self.timing.flush_every_busy } else { Millis::ZERO };
            room.flushed_at + self.window.max(crowded)
        } else if room.has_newcomers() && now < self.storms_until {
            // They need not wait for what the others are told later.
            room.shown_at + self.window.max(NEWS_GATHERING)
        } else if room.has_newcomers() {
            news_due(room, gathering).max(room.shown_at + gathering)
        } else if room.has_news() || room.is_empty() {
            news_due(room, gathering)
        } else {
            return;
        };
        let soonest = rhythm.map_or(now, |window| now.next_multiple_of(window));
        let due = in_rhythm(due, rhythm).max(soonest);
        // Sooner than needed costs a frame, and later is late.
        if room.due.is_none_or(|set| due < set) {
            room.due = Some(due);
            self.flushes.set(key.clone(), due);
        }
    }

    fn take_seat(&mut self, now: Millis, session: &SessionId, key: &RoomKey) -> Option<Socket> {
        self.leases.clear(&(key.clone(), session.clone()));
        if let Some(rooms) = self.kinds.get_mut(session) {
            rooms.remove(&key.room);
            if rooms.is_empty() {
                self.kinds.remove(session);
            }
        }
        let seat = self.rooms.get_mut(key)?.exit(session);
        self.note_coming(now);
        self.touch(now, key);
        seat?.socket
    }

    fn key_of(&self, session: &SessionId, room: &RoomId) -> Option<RoomKey> {
        let kind = self.kinds.get(session)?.get(room)?;
        Some(RoomKey { room: room.clone(), kind: *kind })
    }

    fn keys_of(&self, session: &SessionId) -> Vec<RoomKey> {
        let rooms = self.kinds.get(session).into_iter().flatten();
        rooms.map(|(room, kind)| RoomKey { room: room.clone(), kind: *kind }).collect()
    }
}

/// When those who are in are to be told what changed.
fn news_due(room: &Room, gathering: Millis) -> Millis {
    room.told_at + gathering
}

/// When to flush what is due then: with a rhythm by the end of the window that is meant, however late the flush
/// before came.
fn in_rhythm(due: Millis, rhythm: Option<Millis>) -> Millis {
    rhythm.map_or(due, |window| (due - window + Millis(1)).next_multiple_of(window))
}
