//! Where sockets become sessions: hello, wishes, life signs, ends; and what follows for the list of
//! instances and for rooms. Rooms are told through [`PeerMessage`], also those of the same shard.

use std::sync::Arc;

use presence_model::close::Close;
use presence_model::command::{Activity, Command, Hello, Picture, Principal, Wishes};
use presence_model::event::{Event, Welcome};
use presence_model::id::{ConnectionId, InstanceId, InstanceKey, RoomId, SessionId, UserId};
use presence_model::instance::{Instance, Reason};
use presence_model::limit::{Limits, Timing};
use presence_model::refusal::{Code, Refusal};
use presence_model::room::RoomKey;
use presence_model::status::{Liveness, Status};
use presence_model::time::{Millis, earlier};

use crate::instances::Instances;
use crate::io::{End, PeerMessage, Shard, Socket, Visitor};
use crate::outputs::Outputs;
use crate::people::People;
use crate::sessions::{Due, Session, Sessions};

/// A hello with what its socket's owner knows.
#[derive(Debug)]
pub struct Arrival {
    pub socket: Socket,
    pub principal: Principal,
    pub hello: Hello,
    pub fresh: SessionId,
    pub ip: Option<String>,
}

#[derive(Debug)]
pub struct Lobby {
    timing: Arc<Timing>,
    limits: Arc<Limits>,
    epoch: u64,
    shards: usize,
    sessions: Sessions,
    people: People,
    pub instances: Instances,
}

impl Lobby {
    pub fn new(epoch: u64, shards: usize, timing: Arc<Timing>, limits: Arc<Limits>) -> Self {
        let instances = Instances::new(timing.clone(), limits.clone());
        Self { timing, limits, epoch, shards, sessions: Sessions::default(), people: People::default(), instances }
    }

    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub fn arrive(&mut self, now: Millis, arrival: Arrival, out: &mut Outputs) {
        let Arrival { socket, principal, hello, fresh, ip } = arrival;
        let connection = socket.connection;
        let (id, resumed) = match self.choose_session(connection, &principal, &hello, fresh) {
            Ok(chosen) => chosen,
            Err(Refused { refusal, close }) => {
                out.refuse(connection, "hello", refusal);
                out.close(connection, close);
                return;
            }
        };
        // A second hello on a socket may name another session: the first one ends with it.
        if let Some(other) = self.sessions.on(connection).filter(|other| **other != id).cloned() {
            self.end(now, &other, out);
        }
        // Without an instance of its own a session stands for itself; every id fits the other's rules.
        let instance_id = hello.instance_id.clone().or_else(|| InstanceId::parse(id.as_str()).ok());
        let Some(instance_id) = instance_id else { return };
        let key = InstanceKey::new(&principal.user_id, &instance_id);
        let moved_from = self.take_in(now, &id, &principal, &key, &hello);
        if let Some(before) = self.sessions.attach(now, &id, socket, &self.timing) {
            self.instances.unsubscribe(before.connection);
            out.close(before.connection, Close::SessionReplaced);
        }
        self.people.add(now, &principal.user_id, &self.sessions, &self.timing.thresholds);
        out.establish(connection, id.clone());
        let welcome = Welcome {
            session_id: id.clone(),
            instance_id: instance_id.clone(),
            user_id: principal.user_id.clone(),
            name: principal.name.clone(),
            epoch: self.epoch,
            server_now: now,
            resumed,
            timing: self.timing.clone(),
        };
        out.tell_one(connection, Event::Welcome(Box::new(welcome)));
        if let Some(old) = moved_from {
            self.refresh_instance(now, &old, out);
        }
        self.list(now, &key, instance_id, &principal, &hello, ip, out);
        self.sessions.watch_status(now, &id, &self.timing.thresholds);
        self.refresh_user(now, &principal.user_id, out);
        match hello.wishes {
            Some(wishes) => self.fulfil(now, &id, wishes, true, out),
            None => self.tell_rooms(&id, out, |session| PeerMessage::Moved { session, socket: Some(socket) }),
        }
    }

    pub fn handle(
        &mut self,
        now: Millis,
        connection: ConnectionId,
        session: &SessionId,
        command: Command,
        out: &mut Outputs,
    ) {
        if self.sessions.on(connection) != Some(session) {
            return;
        }
        match command {
            Command::Wish(wishes) => self.fulfil(now, session, wishes, false, out),
            Command::Join(key) => {
                let room = key.room.clone();
                if let Err(refusal) = self.join(session, key, out) {
                    out.refuse_in(connection, "join", &room, refusal);
                }
            }
            Command::Leave(room) => self.leave(connection, session, room, out),
            Command::Report { activity, wants_pong } => {
                self.report(now, session, &activity, out);
                if wants_pong {
                    out.tell_one(connection, Event::Pong);
                }
            }
            Command::Subscribe => self.subscribe(now, session, out),
            Command::Unsubscribe => self.instances.unsubscribe(connection),
            Command::Resync(Picture::Presence) => self.instances.show(now, connection, out),
            Command::Goodbye => {
                self.end(now, session, out);
                out.close(connection, Close::Normal);
            }
            // Rooms handle these; the driver sends them there.
            Command::Cursor { .. } | Command::Typing { .. } | Command::Resync(Picture::Room(_)) | Command::CatchUp => {}
        }
    }

    /// A command came to a room before its session: it goes back behind the join, if there is one.
    pub fn send_back(
        &self,
        (connection, session, order): (ConnectionId, SessionId, u64),
        command: Command,
        out: &mut Outputs,
    ) {
        if self.sessions.on(connection) != Some(&session) {
            return;
        }
        let shard = Shard::for_command(&command, self.shards);
        out.peer(shard, PeerMessage::Returned { connection, session, order, command });
    }

    /// A room did not let the session in.
    pub fn turned_away(&mut self, session: &SessionId, key: &RoomKey) {
        if let Some(session) = self.sessions.find_mut(session)
            && session.rooms.get(&key.room) == Some(&key.kind)
        {
            session.rooms.remove(&key.room);
        }
    }

    pub fn hear(&mut self, now: Millis, connection: ConnectionId, out: &mut Outputs) {
        let Some(id) = self.sessions.on(connection).cloned() else { return };
        let returned = self.sessions.hear(now, &id, &self.timing);
        let Some(key) = self.sessions.find(&id).map(|session| session.instance.clone()) else { return };
        self.instances.hear(now, &key);
        if returned {
            self.tell_liveness(now, &id, out);
        }
    }

    pub fn close(&mut self, now: Millis, connection: ConnectionId, end: End, out: &mut Outputs) {
        self.instances.unsubscribe(connection);
        let Some(id) = self.sessions.detach(now, connection, end, &self.timing) else { return };
        if end == End::Clean {
            self.end(now, &id, out);
        } else {
            self.tell_rooms(&id, out, |session| PeerMessage::Moved { session, socket: None });
        }
    }

    pub fn excuse(&mut self, lateness: Millis) {
        self.sessions.excuse(lateness, &self.timing);
    }

    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        while let Some((id, due)) = self.sessions.pop_line(now, &self.timing) {
            match due {
                Due::BecameSuspect => self.tell_liveness(now, &id, out),
                Due::Gone => {
                    if let Some(socket) = self.sessions.find(&id).and_then(|session| session.socket) {
                        out.close(socket.connection, Close::Silent);
                    }
                    self.end(now, &id, out);
                }
            }
        }
        while let Some(id) = self.sessions.pop_status(now) {
            self.refresh_status(now, &id, out);
        }
        self.instances.expire(now, out);
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        earlier(self.sessions.next_deadline(), self.instances.next_deadline())
    }

    /// The session to take up: the one the hello names, unless it is another user's.
    fn choose_session(
        &self,
        connection: ConnectionId,
        principal: &Principal,
        hello: &Hello,
        fresh: SessionId,
    ) -> Result<(SessionId, bool), Refused> {
        let wanted = hello.session_id.clone().or_else(|| self.sessions.on(connection).cloned());
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
        let others = self.sessions.of_user(&principal.user_id).filter(|(other, session)| {
            **other != id && session.socket.is_some_and(|socket| socket.connection != connection)
        });
        if others.count() >= self.limits.sessions_per_user {
            let text = format!("hello: the user has {} sessions already", self.limits.sessions_per_user);
            return Err(Refused { refusal: Refusal::new(Code::TooManySessions, text), close: Close::TooManySessions });
        }
        Ok((id, held.is_some()))
    }

    /// Writes the hello into the session; returns the instance it belonged to before, if another.
    fn take_in(
        &mut self,
        now: Millis,
        id: &SessionId,
        principal: &Principal,
        key: &InstanceKey,
        hello: &Hello,
    ) -> Option<InstanceKey> {
        if self.sessions.find(id).is_none() {
            self.sessions.insert(id.clone(), Session::new(now, principal.clone(), key.clone()));
        }
        let session = self.sessions.find_mut(id)?;
        if session.incarnation != hello.incarnation {
            session.incarnation = hello.incarnation;
            session.revision = 0;
        }
        session.attempt = hello.attempt;
        session.principal = principal.clone();
        session.report(now, &hello.activity);
        let before = std::mem::replace(&mut session.instance, key.clone());
        (before != *key).then_some(before)
    }

    /// Puts the session's instance into the list, or merges it into the row that is there.
    #[allow(clippy::too_many_arguments, reason = "one caller; the parts of an arrival")]
    fn list(
        &mut self,
        now: Millis,
        key: &InstanceKey,
        instance_id: InstanceId,
        principal: &Principal,
        hello: &Hello,
        ip: Option<String>,
        out: &mut Outputs,
    ) {
        let mut entry = match self.instances.find(key) {
            Some(entry) => entry.clone(),
            None if !hello.info.is_listed() => return,
            None => Instance {
                instance_id,
                user_id: principal.user_id.clone(),
                name: principal.name.clone(),
                info: presence_model::instance::ClientInfo::default(),
                ip: None,
                status: Status::Active,
                liveness: Liveness::Connected,
                last_input_at: None,
                reason: Reason::Connect,
                ts: now,
                sessions: vec![],
            },
        };
        entry.name.clone_from(&principal.name);
        entry.merge(now, hello.info.clone(), ip, Reason::Connect);
        self.derive(now, &mut entry);
        self.instances.put(now, entry, out);
    }

    /// Derives what an entry's sessions say together.
    fn derive(&self, now: Millis, entry: &mut Instance) {
        let key = entry.key();
        let thresholds = &self.timing.thresholds;
        let own: Vec<_> =
            self.sessions.of_user(&entry.user_id).filter(|(_, session)| session.instance == key).collect();
        // Known sessions keep their order, new ones follow.
        entry.sessions.retain(|id| own.iter().any(|(own, _)| *own == id));
        for (id, _) in &own {
            if !entry.sessions.contains(id) {
                entry.sessions.push((*id).clone());
            }
        }
        entry.last_input_at = own.iter().filter_map(|(_, session)| session.last_input).max();
        entry.liveness = match own.iter().any(|(_, session)| session.liveness == Liveness::Connected) {
            true => Liveness::Connected,
            false => Liveness::Suspect,
        };
        let by_hand = self.sessions.of_user(&entry.user_id).filter_map(|(_, session)| session.by_hand());
        entry.status = match by_hand.max_by_key(|(_, at)| *at) {
            Some((status, _)) => status,
            None => own
                .iter()
                .map(|(_, session)| session.status(now, thresholds))
                .fold(Status::Offline, Status::or_more_present),
        };
    }

    fn refresh_instance(&mut self, now: Millis, key: &InstanceKey, out: &mut Outputs) {
        let Some(mut entry) = self.instances.find(key).cloned() else { return };
        self.derive(now, &mut entry);
        if entry.sessions.is_empty() {
            self.instances.remove(now, key, out);
        } else {
            self.instances.put(now, entry, out);
        }
    }

    /// Recounts a user's status; when it changed, rooms and the user's other instances hear of it.
    fn refresh_user(&mut self, now: Millis, user: &UserId, out: &mut Outputs) {
        let Some(change) = self.people.refresh(now, user, &self.sessions, &self.timing.thresholds) else { return };
        let of_user: Vec<_> = self.sessions.of_user(user).map(|(_, session)| session.instance.clone()).collect();
        for key in of_user {
            self.refresh_instance(now, &key, out);
        }
        let mut shards: Vec<_> =
            self.sessions.rooms_of(user).iter().map(|key| Shard::of(&key.room, self.shards)).collect();
        shards.sort_unstable();
        shards.dedup();
        for shard in shards {
            let (status, last_active_at) = (change.status, change.last_active_at);
            let sessions = self.sessions.of_user(user).map(|(id, _)| id.clone()).collect();
            out.peer(shard, PeerMessage::Status { sessions, status, last_active_at });
        }
    }

    fn refresh_status(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        self.sessions.watch_status(now, id, &self.timing.thresholds);
        let Some(session) = self.sessions.find(id) else { return };
        let (key, user) = (session.instance.clone(), session.principal.user_id.clone());
        self.refresh_instance(now, &key, out);
        self.refresh_user(now, &user, out);
    }

    fn report(&mut self, now: Millis, id: &SessionId, activity: &Activity, out: &mut Outputs) {
        if let Some(session) = self.sessions.find_mut(id) {
            session.report(now, activity);
        }
        self.refresh_status(now, id, out);
    }

    fn subscribe(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        if let Some(socket) = self.sessions.find(id).and_then(|session| session.socket) {
            self.instances.subscribe(now, socket.connection, socket.form, out);
        }
    }

    /// Takes over the newest wishes. With a hello every wished room is entered anew, so that each shows
    /// its picture to the new socket.
    fn fulfil(&mut self, now: Millis, id: &SessionId, wishes: Wishes, with_hello: bool, out: &mut Outputs) {
        let Some(session) = self.sessions.find_mut(id) else { return };
        let Some(socket) = session.socket else { return };
        let is_new = wishes.revision > session.revision || (with_hello && wishes.revision == session.revision);
        if is_new {
            session.revision = wishes.revision;
            let unwished: Vec<_> = session
                .rooms
                .iter()
                .filter(|(room, kind)| !wishes.rooms.iter().any(|key| key.room == **room && key.kind == **kind))
                .map(|(room, _)| room.clone())
                .collect();
            for room in unwished {
                session.rooms.remove(&room);
                let shard = Shard::of(&room, self.shards);
                out.peer(shard, PeerMessage::Exit { session: id.clone(), room });
            }
            for key in wishes.rooms {
                let is_in = self.sessions.find(id).is_some_and(|session| session.rooms.contains_key(&key.room));
                let room = key.room.clone();
                if (with_hello || !is_in)
                    && let Err(refusal) = self.join(id, key, out)
                {
                    out.refuse_in(socket.connection, "join", &room, refusal);
                }
            }
            match (wishes.presence, self.instances.is_reader(socket.connection)) {
                (true, false) => self.subscribe(now, id, out),
                (false, true) => self.instances.unsubscribe(socket.connection),
                _ => {}
            }
        }
        let Some(revision) = self.sessions.find(id).map(|session| session.revision) else { return };
        out.tell_one(socket.connection, Event::WishesTaken { revision });
    }

    fn join(&mut self, id: &SessionId, key: RoomKey, out: &mut Outputs) -> Result<(), Refusal> {
        let Some(session) = self.sessions.find(id) else { return Ok(()) };
        let user = &session.principal.user_id;
        if let Some(kind) = session.rooms.get(&key.room).filter(|kind| **kind != key.kind) {
            let text = format!("join: room `{}` is open in this session as `{}`", key.room, kind.name());
            return Err(Refusal::new(Code::RoomTypeConflict, text).at("roomType"));
        }
        let rooms = self.sessions.rooms_of(user);
        if !rooms.contains(&key) && rooms.len() >= self.limits.rooms_per_user {
            let text = format!("join: the user is in {} rooms already", self.limits.rooms_per_user);
            return Err(Refusal::new(Code::TooManyRooms, text).at("roomId"));
        }
        let (status, last_active_at) = self.people.of(user);
        let visitor = Visitor {
            session: id.clone(),
            principal: session.principal.clone(),
            socket: session.socket,
            status,
            liveness: session.liveness,
            last_active_at,
        };
        let shard = Shard::of(&key.room, self.shards);
        if let Some(session) = self.sessions.find_mut(id) {
            session.rooms.insert(key.room.clone(), key.kind);
        }
        out.peer(shard, PeerMessage::Enter { visitor: Box::new(visitor), key });
        Ok(())
    }

    fn leave(&mut self, connection: ConnectionId, id: &SessionId, room: RoomId, out: &mut Outputs) {
        let was_in = self.sessions.find_mut(id).is_some_and(|session| session.rooms.remove(&room).is_some());
        if was_in {
            let shard = Shard::of(&room, self.shards);
            out.peer(shard, PeerMessage::Exit { session: id.clone(), room });
        } else {
            let text = format!("leave: you are not in room `{room}`");
            out.refuse_in(connection, "leave", &room, Refusal::new(Code::NotAMember, text).at("roomId"));
        }
    }

    fn tell_liveness(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find(id) else { return };
        let (key, liveness) = (session.instance.clone(), session.liveness);
        self.refresh_instance(now, &key, out);
        self.tell_rooms(id, out, |session| PeerMessage::Liveness { session, liveness });
    }

    fn end(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        self.tell_rooms(id, out, |session| PeerMessage::Ended { session });
        let Some(session) = self.sessions.remove(id) else { return };
        if let Some(socket) = session.socket {
            self.instances.unsubscribe(socket.connection);
        }
        self.refresh_instance(now, &session.instance, out);
        self.refresh_user(now, &session.principal.user_id, out);
    }

    /// Tells each shard that has a room of the session, once.
    fn tell_rooms(&self, id: &SessionId, out: &mut Outputs, message: impl Fn(SessionId) -> PeerMessage) {
        let Some(session) = self.sessions.find(id) else { return };
        let mut shards: Vec<_> = session.rooms.keys().map(|room| Shard::of(room, self.shards)).collect();
        shards.sort_unstable();
        shards.dedup();
        for shard in shards {
            out.peer(shard, message(id.clone()));
        }
    }
}

/// A hello turned down, and how its socket is closed.
struct Refused {
    refusal: Refusal,
    close: Close,
}
