//! A socket says hello: which session it takes up, and what follows from that.

use presence_model::close::Close;
use presence_model::command::{Hello, Principal};
use presence_model::event::{Event, Welcome};
use presence_model::feed::Availability;
use presence_model::grant::Granted;
use presence_model::id::{InstanceId, InstanceKey, SessionId};
use presence_model::refusal::{Code, Refusal};
use presence_model::status::Liveness;
use presence_model::time::Millis;

use crate::instances::readers::Reader;
use crate::io::{End, Form, PeerMessage, Socket};
use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::sessions::{Session, Unlisted};

/// A hello with what its socket's owner knows.
#[derive(Debug)]
pub struct Arrival {
    pub socket: Socket,
    pub principal: Principal,
    pub granted: Granted,
    pub hello: Hello,
    pub fresh: SessionId,
    pub ip: Option<String>,
}

impl Lobby {
    pub fn arrive(&mut self, now: Millis, arrival: Arrival, out: &mut Outputs) {
        let Arrival { socket, principal, granted, hello, fresh, ip } = arrival;
        let connection = socket.connection;
        let Chosen { id, resumed, displaced } = match self.choose_session(socket, &principal, &hello, fresh) {
            Ok(chosen) => chosen,
            Err(Refused { refusal, close }) => {
                out.refuse(connection, "hello", refusal);
                out.close(connection, close);
                // The session it spoke for until now is told nothing more there.
                self.close(now, connection, End::Lost, out);
                return;
            }
        };
        let held = self.sessions.find(&id).map(|held| held.instance_id.clone());
        // Without an instance of its own a session stands for itself; every id fits the other's rules.
        let instance_id = hello.instance_id.clone().or(held).or_else(|| InstanceId::parse(id.as_str()).ok());
        let Some(instance_id) = instance_id else { return };
        self.people.hold(&principal.user_id);
        if let Some(displaced) = displaced {
            self.dismiss(now, &displaced, out);
        }
        // A second hello on a socket may name another session: the first one ends with it.
        if let Some(other) = self.sessions.on(connection).filter(|other| **other != id).cloned() {
            self.give_way(now, &other, &principal.user_id, out);
        }
        let held = self.sessions.find(&id);
        let was_suspect = held.is_some_and(|held| held.liveness == Liveness::Suspect);
        let allowed = held.map(Session::grants);
        let moved_from = self.take_in(now, &id, &principal, &instance_id, &hello);
        // Nobody sees who may turn out to be another.
        let unlisted = hello.is_provisional.then(|| Box::new(Unlisted { info: hello.info.clone(), ip: ip.clone() }));
        if let Some(session) = self.sessions.find_mut(&id) {
            session.unlisted = unlisted;
        }
        if let Some(session) = self.sessions.find_mut(&id) {
            session.note_granted(granted);
        }
        let is_granted_anew =
            allowed.is_some_and(|before| self.sessions.find(&id).is_some_and(|session| session.grants() != before));
        if let Some(before) = self.sessions.attach(now, &id, socket, &self.timing) {
            self.forget_reader(now, before.connection, out);
            out.close(before.connection, Close::SessionReplaced);
        }
        self.people.add(now, &principal.user_id, &self.sessions, &self.timing.thresholds);
        out.establish(connection, id.clone());
        let welcome = Box::new(Welcome {
            session_id: id.clone(),
            instance_id,
            user_id: principal.user_id.clone(),
            name: principal.name.clone(),
            epoch: self.epoch,
            server_now: now,
            resumed,
            timing: self.timing.clone(),
            listing: None,
        });
        // One that brings the list waits until its reader is in the list.
        let mut listed_welcome = None;
        if hello.wants_listing && socket.form == Form::Gateway {
            listed_welcome = Some(welcome);
        } else {
            out.tell_one(connection, Event::Welcome(welcome));
        }
        let is_seen = self.sessions.find(&id).is_some_and(Session::is_seen);
        if let Some(old) = moved_from.filter(|_| is_seen) {
            // It typed as another one.
            self.stop_typing(&id, out);
            self.refresh_instance(now, &old, out);
            self.instances.forget(now, &old, out);
            self.note_moved(now, &id, &old, out);
        }
        self.instances.let_see(now, connection, principal.is_operator(), out);
        self.follow_privacy(now, &id, out);
        self.list(now, &id, &hello.info, ip, out);
        self.sessions.watch_status(now, &id, &self.timing.thresholds);
        if self.sessions.find(&id).is_some_and(Session::is_seen) {
            self.refresh_user(now, &principal.user_id, out);
            self.note_here(&id, out);
        }
        if let Some(gone) = self.people.release() {
            self.announce(now, &gone, Availability::Offline, out);
        }
        if let Some(mut welcome) = listed_welcome {
            let reader = Reader { form: socket.form, sees_addresses: principal.is_operator() };
            welcome.listing = Some(self.instances.admit(now, connection, reader));
            out.tell_one(connection, Event::Welcome(welcome));
        }
        // Rooms know the new socket before wishes let some of them go, and also if the wishes are old.
        self.tell_rooms(&id, out, |session| PeerMessage::Moved { session, socket: Some(socket) });
        if was_suspect {
            let liveness = Liveness::Connected;
            self.tell_rooms(&id, out, |session| PeerMessage::Liveness { session, liveness });
            self.deliver_to(now, &id, out);
        }
        if is_granted_anew {
            self.tell_grants(&id, out);
        }
        if let Some(wishes) = hello.wishes {
            self.fulfil(now, &id, wishes, true, out);
        }
        // Wishes were turned down one by one; what is left was joined, or wished for earlier.
        if is_granted_anew {
            self.revoke(&id, out);
        }
    }

    /// The session to take up: the one the hello names, unless it is another user's; else one that waits for
    /// clients that name none.
    fn choose_session(
        &self,
        Socket { connection, form }: Socket,
        principal: &Principal,
        hello: &Hello,
        fresh: SessionId,
    ) -> Result<Chosen, Refused> {
        let current = || self.sessions.on(connection).filter(|id| !self.is_provisional(id));
        let named = |name| self.sessions.named(&principal.user_id, name).unwrap_or(name);
        let wanted = hello.session_id.as_ref().map(named).or_else(current);
        let wanted = wanted.or_else(|| self.sessions.held_for(&principal.user_id, hello));
        let wanted = wanted.or_else(|| self.sessions.on(connection)).cloned();
        let (id, held) = match wanted {
            None => (fresh, None),
            Some(id) => match self.sessions.find(&id) {
                Some(held) if held.principal.user_id == principal.user_id => (id, Some(held)),
                Some(_) => (fresh, None),
                None => (id, None),
            },
        };
        if let Some(held) = held
            && held.incarnation == hello.incarnation
            && hello.attempt < held.attempt
        {
            let refusal = Refusal::new(Code::BadField, "hello: a newer socket of this client is open").at("attempt");
            return Err(Refused { refusal, close: Close::Normal });
        }
        // Gateway clients are many to one shared token, so they have a bound of their own.
        let is_gateway = form == Form::Gateway;
        let counts = |socket: &Socket| socket.connection != connection && (socket.form == Form::Gateway) == is_gateway;
        let others: Vec<_> = self
            .sessions
            .of_user(&principal.user_id)
            .filter(|(other, session)| **other != id && session.socket.as_ref().is_some_and(counts))
            .collect();
        let most = if is_gateway { self.limits.gateway_sessions_per_user } else { self.limits.sessions_per_user };
        let mut displaced = None;
        if others.len() >= most {
            let suspects = others.iter().filter(|(_, session)| session.liveness == Liveness::Suspect);
            let Some((silent, _)) = suspects.min_by_key(|(_, session)| session.line_at()) else {
                let text = format!("hello: the user has {most} sessions already");
                let refusal = Refusal::new(Code::TooManySessions, text);
                return Err(Refused { refusal, close: Close::TooManySessions });
            };
            displaced = Some((*silent).clone());
        }
        Ok(Chosen { id, resumed: held.is_some(), displaced })
    }

    /// Whether nobody saw the session yet.
    fn is_provisional(&self, id: &SessionId) -> bool {
        self.sessions.find(id).is_some_and(|session| session.unlisted.is_some())
    }

    /// Writes the hello into the session; returns the instance it belonged to before, if another.
    fn take_in(
        &mut self,
        now: Millis,
        id: &SessionId,
        principal: &Principal,
        instance: &InstanceId,
        hello: &Hello,
    ) -> Option<InstanceKey> {
        let is_new = self.sessions.find(id).is_none();
        if is_new {
            self.sessions.insert(id.clone(), Session::new(now, principal.clone(), instance.clone()));
        }
        let session = self.sessions.find_mut(id)?;
        if session.incarnation != hello.incarnation {
            session.incarnation = hello.incarnation;
            session.revision = 0;
        }
        session.attempt = hello.attempt;
        session.privacy = session.privacy.with(hello.privacy);
        session.principal = principal.clone();
        // A later hello that names no mode is of the same program.
        if hello.info.mode.is_some() {
            session.is_listed = hello.info.is_listed();
        }
        if let Some(alias) = &hello.alias {
            session.alias = Some(InstanceKey::new(&principal.user_id, alias));
        }
        self.sessions.report(now, id, &hello.activity);
        if let Some(session) = self.sessions.find_mut(id).filter(|_| is_new) {
            session.shown_as = session.meant_privacy();
        }
        self.sessions.move_to(id, instance.clone())
    }
}

/// The session that a hello takes up.
struct Chosen {
    id: SessionId,
    resumed: bool,
    /// Who has to go for it.
    displaced: Option<SessionId>,
}

/// A hello turned down, and how its socket is closed.
struct Refused {
    refusal: Refusal,
    close: Close,
}
