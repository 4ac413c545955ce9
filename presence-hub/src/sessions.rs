//! The table of sessions: who holds which socket, whether the line lives, what its person does.
//! It decides nothing about rooms or lists; the lobby tells those.

mod session;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use presence_model::command::{Activity, Hello};
use presence_model::id::{ConnectionId, InstanceId, InstanceKey, SessionId, UserId};
use presence_model::limit::Timing;
use presence_model::room::RoomKey;
use presence_model::status::{Liveness, Status, Thresholds};
use presence_model::time::{Millis, earlier};

use crate::expiry::Expiry;
use crate::index::Index;
use crate::io::{End, Socket};

pub use session::{Entry, Opened, Session, Unlisted};

/// The incarnation of clients that run no engine.
const NO_ENGINE: u64 = 0;

/// What became due for a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    BecameSuspect,
    Gone,
}

/// How many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    pub sessions: usize,
    pub established: usize,
    pub users: usize,
    pub unseen: usize,
}

#[derive(Debug, Default)]
pub struct Sessions {
    /// Boxed: a map keeps room for more than it holds.
    by_id: BTreeMap<SessionId, Box<Session>>,
    by_connection: BTreeMap<ConnectionId, SessionId>,
    by_user: Index<UserId>,
    by_instance: Index<InstanceKey>,
    /// Statuses set by hand: they hold for all of a user's sessions, so each of them asks.
    by_hand: BTreeMap<UserId, BTreeMap<SessionId, (Status, Millis)>>,
    /// Sessions whose person says something of what they do.
    with_message: Index<UserId>,
    lines: Expiry<SessionId>,
    statuses: Expiry<SessionId>,
}

impl Sessions {
    pub fn find(&self, id: &SessionId) -> Option<&Session> {
        self.by_id.get(id).map(Box::as_ref)
    }

    pub fn find_mut(&mut self, id: &SessionId) -> Option<&mut Session> {
        self.by_id.get_mut(id).map(Box::as_mut)
    }

    fn row(&self, id: &SessionId) -> Option<(&SessionId, &Session)> {
        self.by_id.get_key_value(id).map(|(id, session)| (id, session.as_ref()))
    }

    pub fn on(&self, connection: ConnectionId) -> Option<&SessionId> {
        self.by_connection.get(&connection)
    }

    pub fn of_user<'a>(&'a self, user: &UserId) -> impl Iterator<Item = (&'a SessionId, &'a Session)> {
        self.by_user.of(user).filter_map(|id| self.row(id))
    }

    /// All that others may know of.
    pub fn seen(&self) -> impl Iterator<Item = (&SessionId, &Session)> {
        self.by_id.iter().map(|(id, session)| (id, session.as_ref())).filter(|(_, session)| session.is_seen())
    }

    /// Those of a user that others may know of.
    pub fn seen_of_user<'a>(&'a self, user: &UserId) -> impl Iterator<Item = (&'a SessionId, &'a Session)> {
        self.of_user(user).filter(|(_, session)| session.is_seen())
    }

    pub fn of_instance<'a>(&'a self, key: &InstanceKey) -> impl Iterator<Item = (&'a SessionId, &'a Session)> {
        self.by_instance.of(key).filter_map(|id| self.row(id))
    }

    /// The status that a user set by hand last. Who touches anything anywhere is idle or away no more.
    pub fn by_hand(&self, user: &UserId) -> Option<Status> {
        let is_seen = |id: &SessionId| self.find(id).is_some_and(Session::is_seen);
        let seen = self.by_hand.get(user)?.iter().filter(|(id, _)| is_seen(id)).map(|(_, by_hand)| *by_hand);
        let (status, at) = seen.max_by_key(|(_, at)| *at)?;
        let is_over = || self.seen_of_user(user).any(|(_, session)| session.last_input.is_some_and(|input| input > at));
        let lasts = !matches!(status, Status::Idle | Status::Away) || !is_over();
        lasts.then_some(status)
    }

    /// What a user said last of what they do.
    pub fn message_of(&self, user: &UserId) -> Option<Arc<str>> {
        let sessions = self.with_message.of(user).filter_map(|id| self.by_id.get(id));
        let messages = sessions.filter(|session| session.is_seen()).filter_map(|session| session.message.as_ref());
        messages.max_by_key(|(_, at)| *at).map(|(message, _)| message.clone())
    }

    /// The session of a user's that this names: the one of that id, or the one that was begun by that name.
    pub fn named<'a>(&'a self, user: &UserId, name: &SessionId) -> Option<&'a SessionId> {
        let own = self.row(name).filter(|(_, session)| session.principal.user_id == *user);
        let begun = || self.of_user(user).find(|(_, session)| session.called_as.as_ref() == Some(name));
        own.or_else(begun).map(|(id, _)| id)
    }

    /// The session that a hello without one takes up: of the same instance, in no room, and the one that lost its
    /// socket last. Engines name their sessions, so that one tab never takes up what another left.
    pub fn held_for(&self, user: &UserId, hello: &Hello) -> Option<&SessionId> {
        let instance = InstanceKey::new(user, hello.instance_id.as_ref()?);
        let is_like_it = |session: &Session| {
            session.incarnation == NO_ENGINE
                && session.is_listed == hello.info.is_listed()
                && session.socket.is_none()
                && session.rooms.is_empty()
        };
        let of_instance = self.of_instance(&instance);
        let held = of_instance.filter(|(_, session)| hello.incarnation == NO_ENGINE && is_like_it(session));
        held.max_by_key(|(_, session)| session.held_since).map(|(id, _)| id)
    }

    /// The rooms a user is in, over all sessions.
    pub fn rooms_of(&self, user: &UserId) -> BTreeSet<RoomKey> {
        self.of_user(user)
            .flat_map(|(_, session)| &session.rooms)
            .map(|(room, entry)| RoomKey { room: room.clone(), kind: entry.kind })
            .collect()
    }

    pub fn insert(&mut self, id: SessionId, session: Session) {
        self.by_user.insert(session.principal.user_id.clone(), id.clone());
        self.by_instance.insert(session.instance.clone(), id.clone());
        self.by_id.insert(id, Box::new(session));
    }

    /// Makes the session one of this instance; gives back the one that it was of, if another.
    pub fn move_to(&mut self, id: &SessionId, instance: InstanceId) -> Option<InstanceKey> {
        let session = self.by_id.get_mut(id)?;
        let key = InstanceKey::new(&session.principal.user_id, &instance);
        session.instance_id = instance;
        let before = std::mem::replace(&mut session.instance, key.clone());
        if before == key {
            return None;
        }
        self.by_instance.remove(&before, id);
        self.by_instance.insert(key, id.clone());
        Some(before)
    }

    /// Notes what a session's client says of its person.
    pub fn report(&mut self, now: Millis, id: &SessionId, activity: &Activity) {
        let Some(session) = self.by_id.get_mut(id) else { return };
        session.report(now, activity);
        self.note_hand(id);
    }

    /// Notes what a session's person chose to be seen doing. That ends what they chose in another session before,
    /// or puts it off: a status to be returned to shows again when this session ends.
    pub fn choose(&mut self, now: Millis, id: &SessionId, status: Status, message: Option<Arc<str>>) {
        let Some(session) = self.by_id.get_mut(id) else { return };
        let ends_messages = message.is_none();
        session.choose(now, status, message);
        let (user, is_seen) = (session.principal.user_id.clone(), session.meant_privacy().is_seen());
        match ends_messages {
            true => self.with_message.remove(&user, id),
            false => self.with_message.insert(user.clone(), id.clone()),
        }
        self.note_hand(id);
        // Whoever hides a session says nothing about the others.
        if !is_seen {
            return;
        }
        let is_ordinary = matches!(status, Status::Active | Status::Idle | Status::Away);
        let others: Vec<_> = self.by_user.of(&user).filter(|other| *other != id).cloned().collect();
        for other in others {
            let Some(session) = self.by_id.get_mut(&other) else { continue };
            if ends_messages || is_ordinary {
                session.message = None;
                self.with_message.remove(&user, &other);
            }
            if is_ordinary {
                session.end_by_hand();
                self.forget_hand(&user, &other);
            }
        }
    }

    fn note_hand(&mut self, id: &SessionId) {
        let Some(session) = self.by_id.get(id) else { return };
        let (user, by_hand) = (session.principal.user_id.clone(), session.by_hand());
        match by_hand {
            Some(by_hand) => _ = self.by_hand.entry(user).or_default().insert(id.clone(), by_hand),
            None => self.forget_hand(&user, id),
        }
    }

    fn forget_hand(&mut self, user: &UserId, id: &SessionId) {
        if let Some(of_user) = self.by_hand.get_mut(user) {
            of_user.remove(id);
            if of_user.is_empty() {
                self.by_hand.remove(user);
            }
        }
    }

    pub fn remove(&mut self, id: &SessionId) -> Option<Session> {
        let session = *self.by_id.remove(id)?;
        if let Some(socket) = session.socket {
            self.by_connection.remove(&socket.connection);
        }
        let user = &session.principal.user_id;
        self.by_user.remove(user, id);
        self.by_instance.remove(&session.instance, id);
        self.with_message.remove(user, id);
        self.forget_hand(user, id);
        self.lines.clear(id);
        self.statuses.clear(id);
        Some(session)
    }

    /// Gives the session a socket; returns the one it had.
    pub fn attach(&mut self, now: Millis, id: &SessionId, socket: Socket, timing: &Timing) -> Option<Socket> {
        let session = self.by_id.get_mut(id)?;
        let before = session.socket.replace(socket);
        session.is_called = false;
        session.is_begun = false;
        session.held_since = None;
        session.held_until = None;
        session.line_at = session.line_at.max(now);
        session.liveness = Liveness::Connected;
        if let Some(before) = before {
            self.by_connection.remove(&before.connection);
        }
        self.by_connection.insert(socket.connection, id.clone());
        self.lines.set(id.clone(), session.deadline(timing));
        before.filter(|before| before.connection != socket.connection)
    }

    /// Takes the socket away and holds the session for as long as its end allows.
    pub fn detach(&mut self, now: Millis, connection: ConnectionId, end: End, timing: &Timing) -> Option<SessionId> {
        let id = self.by_connection.remove(&connection)?;
        let session = self.by_id.get_mut(&id)?;
        session.socket = None;
        session.held_since = Some(now);
        session.held_until = Some(match end {
            End::Clean => now,
            End::GoingAway => now + timing.reload_grace,
            End::Lost => now + timing.reconnect_grace,
        });
        self.lines.set(id.clone(), session.deadline(timing));
        Some(id)
    }

    /// Notes a life sign; true when the session was suspect until now.
    pub fn hear(&mut self, now: Millis, id: &SessionId, timing: &Timing) -> bool {
        let Some(session) = self.by_id.get_mut(id) else { return false };
        session.line_at = session.line_at.max(now);
        let returned = session.liveness == Liveness::Suspect;
        session.liveness = Liveness::Connected;
        self.lines.set(id.clone(), session.deadline(timing));
        returned
    }

    /// Sets the moment at which the session's status changes by itself.
    pub fn watch_status(&mut self, now: Millis, id: &SessionId, thresholds: &Thresholds) {
        let Some(session) = self.by_id.get(id) else { return };
        let change = match session.doing() {
            Some(_) => None,
            None => thresholds.next_change(now, session.last_input),
        };
        match change {
            Some(at) => self.statuses.set(id.clone(), at),
            None => self.statuses.clear(id),
        }
    }

    /// Takes the next session whose line is due.
    pub fn pop_line(&mut self, now: Millis, timing: &Timing) -> Option<(SessionId, Due)> {
        let id = self.lines.pop(now)?;
        let session = self.by_id.get_mut(&id)?;
        let over = session.held_until.is_some_and(|until| until <= now) || session.gone_at(timing) <= now;
        if over {
            return Some((id, Due::Gone));
        }
        session.liveness = Liveness::Suspect;
        self.lines.set(id.clone(), session.deadline(timing));
        Some((id, Due::BecameSuspect))
    }

    /// Takes the next session whose status may have changed by itself.
    pub fn pop_status(&mut self, now: Millis) -> Option<SessionId> {
        self.statuses.pop(now)
    }

    /// Moves every liveness deadline by the time in which nothing could be heard.
    pub fn excuse(&mut self, lateness: Millis, timing: &Timing) {
        for (id, session) in &mut self.by_id {
            session.line_at += lateness;
            session.held_until = session.held_until.map(|until| until + lateness);
            self.lines.set(id.clone(), session.deadline(timing));
        }
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        earlier(self.lines.next(), self.statuses.next())
    }

    /// Of those that others may know of: all, those with a socket, and their users; and of the others those with
    /// a socket.
    pub fn count(&self) -> Tally {
        let unseen: Vec<_> = self.by_id.values().filter(|session| !session.is_seen()).collect();
        let is_hidden = |user: &&UserId| self.seen_of_user(user).next().is_none();
        let users: BTreeSet<_> = unseen.iter().map(|session| &session.principal.user_id).filter(is_hidden).collect();
        let with_socket = unseen.iter().filter(|session| session.socket.is_some()).count();
        Tally {
            sessions: self.by_id.len() - unseen.len(),
            established: self.by_connection.len() - with_socket,
            users: self.by_user.keys() - users.len(),
            unseen: with_socket,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}
