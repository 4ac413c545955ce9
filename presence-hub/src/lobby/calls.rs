//! Who calls over HTTP: for which of his sessions, or for one that has no socket and lives by calls.

use presence_model::call::{Answer, Reply, Request};
use presence_model::command::{Command, Principal};
use presence_model::grant::{Granted, Grants, Opening, Right};
use presence_model::id::{InstanceId, RoomId, SessionId, UserId};
use presence_model::instance::ClientInfo;
use presence_model::privacy::{Privacy, PrivacyChange};
use presence_model::refusal::{Code, Refusal};
use presence_model::room::RoomKey;
use presence_model::status::Liveness;
use presence_model::time::Millis;

use crate::io::{Call, CallId, Form, PeerMessage, Shard};
use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::rate::{Buckets, Class};
use crate::sessions::Session;

/// Where a caller says which session he means.
const HEADER: &str = "x-session-id";

/// For whom a call acts.
enum Actor {
    Is(SessionId),
    /// Nobody yet: a session of this id is made.
    Begins(SessionId),
}

/// A call, as far as what it does depends on it.
struct Caller {
    call: CallId,
    principal: Principal,
    granted: Granted,
    until: Option<Millis>,
    /// What it may do in the room that it is about.
    grants: Grants,
    privacy: PrivacyChange,
}

impl Lobby {
    pub fn call(&mut self, now: Millis, call: Call, out: &mut Outputs) {
        let id = call.id;
        // What goes to a room is answered there.
        match self.take_call(now, call, out) {
            Ok(Some(answer)) => out.answer(id, Ok(answer)),
            Ok(None) => {}
            Err(refusal) => out.answer(id, Err(refusal)),
        }
    }

    fn take_call(&mut self, now: Millis, call: Call, out: &mut Outputs) -> Result<Option<Answer>, Refusal> {
        let Call { id: call, principal, until, granted, privacy, session, fresh, ip, request } = call;
        let command = match request {
            Request::Active(key) => {
                let opening = said_of(&granted, &key.room);
                principal.rooms.demand_with(opening, "getActive", &key.room, Right::Read)?;
                self.look(call, key, out);
                return Ok(None);
            }
            Request::Act(command) => command,
        };
        let actor = self.actor(&principal.user_id, session.as_ref(), fresh, &command)?;
        let mut grants = principal.rooms.clone();
        if let Some(room) = room_of(&command) {
            // The token of the call may allow less than the one with which the session came in.
            let right = if matches!(command, Command::Leave(_)) { None } else { command.right().or(Some(Right::Read)) };
            let opening = self.opening(&actor, &granted, room);
            right.map_or(Ok(()), |right| principal.rooms.demand_with(opening, command.name(), room, right))?;
            opening.into_iter().for_each(|opening| grants.open(room, opening));
        }
        let id = match actor {
            Actor::Is(id) => id,
            Actor::Begins(id) => {
                self.make_room_for_caller(now, &principal.user_id, &command, out)?;
                self.begin(now, &id, &principal, ip, out);
                if let Some(begun) = self.sessions.find_mut(&id) {
                    begun.called_as = session;
                }
                id
            }
        };
        if self.sessions.find(&id).is_some_and(|session| session.is_called) {
            self.hear_session(now, &id, out);
        }
        let joins = matches!(command, Command::Join { .. });
        let caller = Caller { call, principal, granted, until, grants, privacy };
        let done = self.take_turn(now, &id, &command).and_then(|()| self.act(now, &id, caller, command, out));
        match (&done, self.sessions.find_mut(&id).filter(|session| session.is_begun)) {
            (Ok(_), Some(session)) if !joins => session.is_begun = false,
            (Err(_), Some(session)) if session.rooms.is_empty() => self.end(now, &id, out),
            _ => {}
        }
        done
    }

    /// What the app's backend says of a room: now, or before, if it does not answer now.
    fn opening<'a>(&'a self, actor: &Actor, granted: &'a Granted, room: &RoomId) -> Option<&'a Opening> {
        let said = said_of(granted, room)?;
        let before = match (said, actor) {
            (Opening::Unknown(_), Actor::Is(id)) => self.sessions.find(id).and_then(|session| session.opened.get(room)),
            _ => None,
        };
        // What a token opened is not what the backend said.
        Some(before.filter(|opened| opened.until.is_none()).map_or(said, |opened| &opened.opening))
    }

    /// Does what was asked; `None` when the room's owner answers.
    fn act(
        &mut self,
        now: Millis,
        id: &SessionId,
        caller: Caller,
        command: Command,
        out: &mut Outputs,
    ) -> Result<Option<Answer>, Refusal> {
        let Caller { call, principal, granted, until, grants, privacy } = caller;
        match command {
            Command::Join { key, privacy: newer } => {
                self.set_privacy_for_call(now, id, privacy.then(newer), out);
                self.bring(id, &principal, (&granted, until), &key.room);
                self.join(id, key, Some(call), out)?;
                Ok(None)
            }
            command => {
                self.set_privacy_for_call(now, id, privacy, out);
                self.act_beside(now, id, (call, grants), command, out)
            }
        }
    }

    /// As [`Self::act`], of what joins nothing.
    fn act_beside(
        &mut self,
        now: Millis,
        id: &SessionId,
        (call, grants): (CallId, Grants),
        command: Command,
        out: &mut Outputs,
    ) -> Result<Option<Answer>, Refusal> {
        match command {
            Command::Leave(room) => {
                if !self.take_out(id, room.clone(), out) {
                    return Err(not_in("leave", &room));
                }
            }
            Command::Report { activity, .. } => self.report(now, id, &activity, out),
            Command::SetStatus { status, message } => self.choose_status(now, id, (status, message), out),
            command => {
                let Some(room) = command.room().cloned() else {
                    let text = format!("{}: this cannot be called", command.name());
                    return Err(Refusal::new(Code::UnknownMessage, text));
                };
                if !self.sessions.find(id).is_some_and(|session| session.rooms.contains_key(&room)) {
                    return Err(not_in(command.name(), &room));
                }
                let shard = Shard::of(&room, self.shards);
                let holds = self.sessions.find(id).is_some_and(|session| session.is_called);
                out.peer(shard, PeerMessage::Called { call, session: id.clone(), grants, holds, command });
                return Ok(None);
            }
        }
        Ok(Some(Answer { session: Some(id.clone()), reply: Reply::Done }))
    }

    fn look(&self, call: CallId, key: RoomKey, out: &mut Outputs) {
        out.peer(Shard::of(&key.room, self.shards), PeerMessage::Look { call, key });
    }

    /// The session that the caller names; else the only one that he has a socket for; else the only one that
    /// lives by his calls. Without any, some calls begin one.
    fn actor(
        &self,
        user: &UserId,
        named: Option<&SessionId>,
        fresh: SessionId,
        command: &Command,
    ) -> Result<Actor, Refusal> {
        let begins = matches!(command, Command::Join { .. } | Command::Report { .. } | Command::SetStatus { .. });
        if let Some(id) = named {
            // One that is another user's is as good as none, or its caller would know that it is there.
            return match self.sessions.named(user, id) {
                Some(own) => Ok(Actor::Is(own.clone())),
                None if begins => Ok(Actor::Begins(fresh)),
                None => Err(nobody(command, "you have no session of that id, join a room first")),
            };
        }
        let has_socket = |session: &Session| session.socket.is_some_and(|socket| socket.form != Form::Gateway);
        for fits in [&has_socket as &dyn Fn(&Session) -> bool, &|session| session.is_called] {
            let mut own = self.sessions.of_user(user).filter(|(_, session)| fits(session)).map(|(id, _)| id);
            match (own.next(), own.next()) {
                (None, _) => {}
                (Some(only), None) => return Ok(Actor::Is(only.clone())),
                _ => {
                    return Err(nobody(
                        command,
                        &format!("you have several sessions, name one in the header `{HEADER}`"),
                    ));
                }
            }
        }
        if begins { Ok(Actor::Begins(fresh)) } else { Err(nobody(command, "you have no session, join a room first")) }
    }

    /// A user has so many sessions without a socket at most as with one. A silent one goes for a new one.
    fn make_room_for_caller(
        &mut self,
        now: Millis,
        user: &UserId,
        command: &Command,
        out: &mut Outputs,
    ) -> Result<(), Refusal> {
        let most = self.limits.sessions_per_user;
        let called: Vec<_> = self.sessions.of_user(user).filter(|(_, session)| session.is_called).collect();
        if called.len() < most {
            return Ok(());
        }
        let suspects = called.iter().filter(|(_, session)| session.liveness == Liveness::Suspect);
        let Some(silent) = suspects.min_by_key(|(_, session)| session.line_at()).map(|(id, _)| (*id).clone()) else {
            let text = format!("{}: the user has {most} sessions without a socket already", command.name());
            return Err(Refusal::new(Code::TooManySessions, text));
        };
        self.end(now, &silent, out);
        Ok(())
    }

    /// Makes a session without a socket.
    fn begin(&mut self, now: Millis, id: &SessionId, principal: &Principal, ip: Option<String>, out: &mut Outputs) {
        // It stands for itself in the list; every id fits the other's rules.
        let Ok(instance_id) = InstanceId::parse(id.as_str()) else { return };
        let mut session = Session::new(now, principal.clone(), instance_id);
        session.is_called = true;
        session.is_begun = true;
        // Nobody sees it before it did what it was called for: that may be to hide, or come to nothing.
        session.shown_as = Privacy { is_present: false, ..session.privacy };
        self.sessions.insert(id.clone(), session);
        // It is kept until then.
        self.list(now, id, &ClientInfo::default(), ip, out);
    }

    /// Counts the call; nothing waits for its turn here, since its caller waits for the answer.
    fn take_turn(&mut self, now: Millis, id: &SessionId, command: &Command) -> Result<(), Refusal> {
        let Some(session) = self.sessions.find_mut(id) else { return Err(nobody(command, "your session has ended")) };
        let Some(class) = Class::of(command) else { return Ok(()) };
        let buckets = session.calls.get_or_insert_with(|| Box::new(Buckets::new(&self.limits)));
        if buckets.take(now, class) {
            return Ok(());
        }
        let wait = buckets.of(class).ready_at().since(now).max(Millis(1));
        let text = format!("{}: too many calls of this kind, call again in {wait}", command.name());
        Err(Refusal::new(Code::RateLimited, text).after(wait))
    }
}

fn said_of<'a>(granted: &'a Granted, room: &RoomId) -> Option<&'a Opening> {
    granted.iter().find(|(about, _)| about == room).map(|(_, opening)| opening)
}

/// The room that a command is about, whoever handles it.
fn room_of(command: &Command) -> Option<&RoomId> {
    match command {
        Command::Join { key, .. } => Some(&key.room),
        Command::Leave(room) => Some(room),
        command => command.room(),
    }
}

fn nobody(command: &Command, why: &str) -> Refusal {
    Refusal::new(Code::NoSession, format!("{}: {why}", command.name())).at(HEADER)
}

fn not_in(name: &str, room: &RoomId) -> Refusal {
    Refusal::new(Code::NotAMember, format!("{name}: you are not in room `{room}`, join it first")).at("roomId")
}
