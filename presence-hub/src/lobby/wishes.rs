//! What sessions want to be in: rooms and the list of instances.

use presence_model::command::{Command, Principal, Wishes};
use presence_model::event::Event;
use presence_model::id::{ConnectionId, RoomId, SessionId};
use presence_model::refusal::{Code, Refusal};
use presence_model::room::RoomKey;
use presence_model::time::Millis;

use crate::instances::readers::Reader;
use crate::io::{CallId, Order, PeerMessage, Shard, Socket, Visitor};
use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::people::UserState;
use crate::sessions::Entry;

impl Lobby {
    pub(in crate::lobby) fn subscribe(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find(id) else { return };
        if let Some(Socket { connection, form }) = session.socket {
            let reader = Reader { form, sees_addresses: session.principal.is_operator() };
            self.instances.subscribe(now, connection, reader, out);
            self.show_conversations(connection, out);
        }
    }

    /// Takes over the newest wishes. With a hello every wished room is entered anew, so that each shows
    /// its picture to the new socket.
    pub(in crate::lobby) fn fulfil(
        &mut self,
        now: Millis,
        id: &SessionId,
        wishes: Wishes,
        with_hello: bool,
        out: &mut Outputs,
    ) {
        let Some(session) = self.sessions.find_mut(id) else { return };
        let Some(socket) = session.socket else { return };
        let is_new = wishes.revision > session.revision || (with_hello && wishes.revision == session.revision);
        if is_new {
            session.revision = wishes.revision;
            let unwished: Vec<_> = session
                .rooms
                .iter()
                .filter(|(room, entry)| !wishes.rooms.iter().any(|key| key.room == **room && key.kind == entry.kind))
                .map(|(room, _)| room.clone())
                .collect();
            for room in unwished {
                self.take_out(id, room, out);
            }
            for key in wishes.rooms {
                let entered = self.sessions.find(id).and_then(|session| session.rooms.get(&key.room));
                let is_in = entered.is_some_and(|entry| entry.kind == key.kind);
                let room = key.room.clone();
                if (with_hello || !is_in)
                    && let Err(refusal) = self.join(id, key, None, out)
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

    /// Asks the room to let the session in. `call`, if one asked for it, is answered there.
    pub(in crate::lobby) fn join(
        &mut self,
        id: &SessionId,
        key: RoomKey,
        call: Option<CallId>,
        out: &mut Outputs,
    ) -> Result<(), Refusal> {
        let Some(session) = self.sessions.find(id) else { return Ok(()) };
        if !session.meant_privacy().is_present {
            return Err(Refusal::new(Code::PresenceOff, "join: you switched your presence off, switch it on first"));
        }
        if let Err(refusal) = session.demand("join", &key.room) {
            // A newer token may open less than the one with which the session came in.
            self.take_out(id, key.room, out);
            return Err(refusal);
        }
        let user = &session.principal.user_id;
        if let Some(entry) = session.rooms.get(&key.room).filter(|entry| entry.kind != key.kind) {
            let text = format!("join: room `{}` is open in this session as `{}`", key.room, entry.kind.name());
            return Err(Refusal::new(Code::RoomTypeConflict, text).at("roomType"));
        }
        let rooms = self.sessions.rooms_of(user);
        if !rooms.contains(&key) && rooms.len() >= self.limits.rooms_per_user {
            let text = format!("join: the user is in {} rooms already", self.limits.rooms_per_user);
            return Err(Refusal::new(Code::TooManyRooms, text).at("roomId"));
        }
        self.let_in(id, key, call, out);
        Ok(())
    }

    /// Has a room let the session in, or show itself to it again as what it is now.
    pub(in crate::lobby) fn let_in(&mut self, id: &SessionId, key: RoomKey, call: Option<CallId>, out: &mut Outputs) {
        let Some(session) = self.sessions.find(id) else { return };
        let UserState { status, message, last_active_at } = self.people.of(&session.principal.user_id);
        let visitor = Visitor {
            session: id.clone(),
            principal: Principal { rooms: session.grants(), ..session.principal.clone() },
            socket: session.socket,
            status,
            status_message: message,
            privacy: session.shown_as,
            liveness: session.liveness,
            last_active_at,
        };
        let shard = Shard::of(&key.room, self.shards);
        self.entries += 1;
        let entry = Entry { kind: key.kind, number: self.entries };
        if let Some(session) = self.sessions.find_mut(id) {
            session.rooms.insert(key.room.clone(), entry);
        }
        out.peer(shard, PeerMessage::Enter { visitor: Box::new(visitor), key, number: entry.number, call });
    }

    pub(in crate::lobby) fn leave(
        &mut self,
        connection: ConnectionId,
        id: &SessionId,
        room: RoomId,
        out: &mut Outputs,
    ) {
        if !self.take_out(id, room.clone(), out) {
            let text = format!("leave: you are not in room `{room}`");
            out.refuse_in(connection, "leave", &room, Refusal::new(Code::NotAMember, text).at("roomId"));
        }
    }

    /// Takes the session out of a room; false when it was not in it.
    pub(in crate::lobby) fn take_out(&mut self, id: &SessionId, room: RoomId, out: &mut Outputs) -> bool {
        let Some(session) = self.sessions.find_mut(id) else { return false };
        session.opened.remove(&room);
        let was_in = session.rooms.remove(&room).is_some();
        if was_in {
            let shard = Shard::of(&room, self.shards);
            out.peer(shard, PeerMessage::Exit { session: id.clone(), room });
        }
        was_in
    }

    /// A command came to a room before its session: it goes back behind the join, if there is one.
    pub fn send_back(
        &self,
        (connection, session, order): (ConnectionId, SessionId, Order),
        command: Command,
        out: &mut Outputs,
    ) {
        if self.sessions.on(connection) != Some(&session) {
            return;
        }
        let shard = Shard::for_command(&command, self.shards);
        out.peer(shard, PeerMessage::Returned { connection, session, order, command });
    }

    /// A room did not let the session in. The answer to an earlier request is none to a newer one.
    pub fn turned_away(&mut self, now: Millis, id: &SessionId, room: &RoomId, number: u64, out: &mut Outputs) {
        if let Some(session) = self.sessions.find_mut(id)
            && session.rooms.get(room).is_some_and(|entry| entry.number == number)
        {
            session.rooms.remove(room);
            session.opened.remove(room);
            // A call began it for this room alone.
            if session.is_begun && session.rooms.is_empty() {
                self.end(now, id, out);
            }
        }
    }

    /// A room let a session in that a call began for it: from now on it is there for everybody.
    pub fn let_in_for_call(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        if let Some(session) = self.sessions.find_mut(id).filter(|session| session.is_begun) {
            session.is_begun = false;
            self.follow_privacy(now, id, out);
        }
    }
}
