//! What the contract says of each session, kept apart from the hub and far simpler: who holds which
//! socket, until when it is held, what it wishes. The hub is measured by it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use presence_hub::io::{End, Input};
use presence_model::command::{Command, Hello, Wishes};
use presence_model::event::{Event, InstanceChange, RoomChange};
use presence_model::grant::Right;
use presence_model::id::{ConnectionId, InstanceId, InstanceKey, RoomId, SessionId, UserId};
use presence_model::limit::Timing;
use presence_model::room::RoomKey;
use presence_model::time::Millis;

#[derive(Clone, Debug)]
pub struct Life {
    pub connection: Option<ConnectionId>,
    pub instance: InstanceKey,
    pub wishes: BTreeSet<RoomKey>,
    incarnation: u64,
    revision: u32,
    /// The newest life sign, and the same moved forward by what the server slept through.
    heard_at: Millis,
    line_at: Millis,
    held_until: Option<Millis>,
}

#[derive(Debug)]
pub struct Ledger {
    timing: Arc<Timing>,
    lives: BTreeMap<SessionId, Life>,
    /// The newest hello of each connection, which the lobby may answer.
    hellos: BTreeMap<ConnectionId, (UserId, Box<Hello>)>,
    /// When a session last had to go from a room.
    released: BTreeMap<(SessionId, RoomId), Millis>,
    /// When a member last renewed its typing mark.
    typed: BTreeMap<(SessionId, RoomId), Millis>,
    /// Instances that left with their last session, and when.
    gone: BTreeMap<InstanceKey, Millis>,
    /// Starts of the server after its first.
    pub restarts: Vec<Millis>,
}

impl Ledger {
    pub fn new(timing: Arc<Timing>) -> Self {
        let (lives, hellos, released, typed, gone) = Default::default();
        Self { timing, lives, hellos, released, typed, gone, restarts: vec![] }
    }

    pub fn life(&self, session: &SessionId) -> Option<&Life> {
        self.lives.get(session)
    }

    pub fn restart(&mut self, now: Millis) {
        self.lives.clear();
        self.hellos.clear();
        self.typed.clear();
        self.restarts.push(now);
    }

    /// Notes what the lobby is about to handle.
    pub fn observe(&mut self, now: Millis, input: &Input) {
        match input {
            Input::LifeSign { connection } => {
                if let Some((_, life)) = self.life_on(*connection) {
                    (life.heard_at, life.line_at) = (now, now);
                }
            }
            Input::Closed { connection, end } => {
                self.hellos.remove(connection);
                let (reload, reconnect) = (self.timing.reload_grace, self.timing.reconnect_grace);
                let Some((session, life)) = self.life_on(*connection) else { return };
                life.connection = None;
                match end {
                    End::Clean => self.end(now, &session),
                    End::GoingAway => life.held_until = Some(now + reload),
                    End::Lost => life.held_until = Some(now + reconnect),
                }
            }
            Input::Command { connection, session, command, .. } => {
                let speaks = self.lives.get(session).is_some_and(|life| life.connection == Some(*connection));
                match command {
                    Command::Wish(wishes) if speaks => self.wish(now, session, wishes),
                    Command::Goodbye if speaks => self.end(now, &session.clone()),
                    Command::Typing { room, context: Some(_) } => {
                        self.typed.insert((session.clone(), room.clone()), now);
                    }
                    _ => {}
                }
            }
            Input::Hello { connection, principal, hello, .. } => {
                self.hellos.insert(*connection, (principal.user_id.clone(), hello.clone()));
            }
            Input::Renewed { connection, principal } => {
                let Some((session, life)) = self.life_on(*connection) else { return };
                let closed = life.wishes.iter().filter(|key| !principal.rooms.allow(&key.room, Right::Read));
                let stays: Vec<_> = closed.map(|key| ((session.clone(), key.room.clone()), now)).collect();
                self.released.extend(stays);
            }
            Input::Granted { .. }
            | Input::Arrived { .. }
            | Input::Call(_)
            | Input::Peer(_)
            | Input::Follow { .. }
            | Input::Reported { .. }
            | Input::Post { .. } => {}
        }
    }

    /// The hub gave the session to a connection.
    pub fn establish(&mut self, now: Millis, session: &SessionId, on: ConnectionId) {
        let (user, hello) = self.hellos.get(&on).cloned().expect("only a hello is answered");
        let instance = hello.instance_id.clone().or_else(|| InstanceId::parse(session.as_str()).ok());
        let instance = InstanceKey::new(&user, &instance.expect("one or the other"));
        self.settle(now);
        // The hub may have ended it just before, in this very moment.
        self.end_if_over(now, session);
        let life = self.lives.entry(session.clone()).or_insert_with(|| Life {
            connection: None,
            instance: instance.clone(),
            wishes: BTreeSet::new(),
            incarnation: hello.incarnation,
            revision: 0,
            heard_at: now,
            line_at: now,
            held_until: None,
        });
        life.connection = Some(on);
        life.held_until = None;
        (life.heard_at, life.line_at) = (now, now);
        if life.incarnation != hello.incarnation {
            life.incarnation = hello.incarnation;
            life.revision = 0;
        }
        let moved_from = std::mem::replace(&mut life.instance, instance);
        self.note_gone(now, moved_from);
        if let Some(wishes) = hello.wishes {
            self.wish(now, session, &wishes);
        }
    }

    /// The hub gives up a session whose line is silent, not before it is suspect.
    pub fn dismiss(&mut self, now: Millis, connection: ConnectionId) {
        let suspect_after = self.timing.suspect_after;
        if let Some((session, life)) = self.life_on(connection) {
            assert!(life.heard_at + suspect_after <= now, "{session} was given up though its line is alive");
            self.end(now, &session);
        }
    }

    /// Nobody is told that someone left who did not. What passes between shards may be `under_way` for so long.
    pub fn check(&mut self, now: Millis, under_way: Millis, told: &Event) {
        match told {
            Event::RoomChanged { room, changes, .. } => {
                for change in changes {
                    let RoomChange::Left { card, .. } = change else { continue };
                    self.settle(now);
                    self.end_if_over(now, &card.session_id);
                    // The join may have been on its way to the room when the session ended.
                    let released = self.released_at(now, &card.session_id, room);
                    assert!(
                        released.is_some_and(|at| at + under_way >= card.joined_at),
                        "{} left {room} though nothing ended its stay of {}",
                        card.session_id,
                        card.joined_at
                    );
                }
            }
            Event::PresenceChanged { change: InstanceChange::Left { user_id, instance_id }, .. } => {
                self.settle(now);
                let key = InstanceKey::new(user_id, instance_id);
                assert!(!self.is_alive(now, &key), "{key} left the list and has a session");
                let own = self.lives.iter().filter(|(_, life)| life.instance == key).map(|(id, _)| id.clone());
                for session in own.collect::<Vec<_>>() {
                    self.end(now, &session);
                }
            }
            _ => {}
        }
    }

    /// Ends what was over before `now`. What is over at `now` itself may still be saved in this moment.
    pub fn settle(&mut self, now: Millis) {
        let over: Vec<_> =
            self.lives.iter().filter(|(_, life)| self.over_at(life) < now).map(|(id, _)| id.clone()).collect();
        for session in over {
            self.end(now, &session);
        }
    }

    /// Lives move on by the time in which the server slept.
    pub fn excuse(&mut self, lateness: Millis) {
        for life in self.lives.values_mut() {
            life.line_at += lateness;
            life.held_until = life.held_until.map(|until| until + lateness);
        }
        for at in self.typed.values_mut() {
            *at += lateness;
        }
    }

    /// When the session last had to go from the room.
    pub fn released_at(&self, now: Millis, session: &SessionId, room: &RoomId) -> Option<Millis> {
        if self.lives.get(session).is_some_and(|life| self.over_at(life) <= now) {
            return Some(now);
        }
        self.released.get(&(session.clone(), room.clone())).copied()
    }

    pub fn typed_at(&self, session: &SessionId, room: &RoomId) -> Option<Millis> {
        self.typed.get(&(session.clone(), room.clone())).copied()
    }

    pub fn gone_at(&self, instance: &InstanceKey) -> Option<Millis> {
        self.gone.get(instance).copied()
    }

    /// Whether the instance has a session, perhaps one that is over in this very moment.
    pub fn holds(&self, instance: &InstanceKey) -> bool {
        self.lives.values().any(|life| life.instance == *instance)
    }

    /// Whether the instance has a session that is not over.
    pub fn is_alive(&self, now: Millis, instance: &InstanceKey) -> bool {
        self.lives.values().any(|life| life.instance == *instance && self.over_at(life) > now)
    }

    fn over_at(&self, life: &Life) -> Millis {
        let silent_at = life.line_at + self.timing.gone_after;
        life.held_until.map_or(silent_at, |until| until.min(silent_at))
    }

    fn life_on(&mut self, connection: ConnectionId) -> Option<(SessionId, &mut Life)> {
        let (session, life) = self.lives.iter_mut().find(|(_, life)| life.connection == Some(connection))?;
        Some((session.clone(), life))
    }

    fn wish(&mut self, now: Millis, session: &SessionId, wishes: &Wishes) {
        let Some(life) = self.lives.get_mut(session).filter(|life| wishes.revision >= life.revision) else { return };
        life.revision = wishes.revision;
        let before = std::mem::replace(&mut life.wishes, wishes.rooms.iter().cloned().collect());
        let dropped: Vec<_> = before.difference(&life.wishes).map(|key| key.room.clone()).collect();
        for room in dropped {
            self.released.insert((session.clone(), room), now);
        }
    }

    fn end(&mut self, now: Millis, session: &SessionId) {
        let Some(life) = self.lives.remove(session) else { return };
        for key in life.wishes {
            self.released.insert((session.clone(), key.room), now);
        }
        self.note_gone(now, life.instance);
    }

    fn end_if_over(&mut self, now: Millis, session: &SessionId) {
        if self.lives.get(session).is_some_and(|life| self.over_at(life) <= now) {
            self.end(now, session);
        }
    }

    fn note_gone(&mut self, now: Millis, instance: InstanceKey) {
        if !self.holds(&instance) {
            self.gone.insert(instance, now);
        }
    }
}
