//! What opens rooms to a session besides its token, and what a newer token changes in the rooms that it is in.

use presence_model::command::Principal;
use presence_model::grant::{Granted, Opening, Right};
use presence_model::id::{ConnectionId, RoomId, SessionId};
use presence_model::time::Millis;

use crate::io::PeerMessage;
use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::sessions::{Opened, Session};

impl Lobby {
    /// The app's backend was asked for rooms that the session joins next.
    pub fn open(&mut self, connection: ConnectionId, granted: Granted, out: &mut Outputs) {
        let Some(id) = self.sessions.on(connection).cloned() else { return };
        let Some(session) = self.sessions.find_mut(&id) else { return };
        let before = session.opened.clone();
        session.note_granted(granted);
        if session.opened != before {
            self.tell_grants(&id, out);
        }
    }

    /// A call joins a room. What opens it holds for the session too: all that the token allows, if it lives by calls,
    /// and else what it allows in this room, until it ends.
    pub(in crate::lobby) fn bring(
        &mut self,
        id: &SessionId,
        principal: &Principal,
        (granted, until): (&Granted, Option<Millis>),
        room: &RoomId,
    ) {
        let Some(session) = self.sessions.find_mut(id) else { return };
        if session.is_called {
            session.principal = principal.clone();
        }
        let said = granted.iter().filter(|(about, _)| about == room).cloned().collect::<Vec<_>>();
        if !said.is_empty() {
            session.note_granted(said);
        } else if !session.principal.rooms.allow(room, Right::Read) {
            let rights = [Right::Read, Right::Write, Right::Control];
            let rights = rights.into_iter().filter(|right| principal.rooms.allow(room, *right)).collect();
            session.open(room.clone(), Opened { opening: Opening::Rights(rights), until });
            self.watch_openings(id);
        }
    }

    /// What tokens of calls opened ends with them.
    pub(in crate::lobby) fn expire_openings(&mut self, now: Millis, out: &mut Outputs) {
        while let Some(id) = self.openings.pop(now) {
            let Some(session) = self.sessions.find_mut(&id) else { continue };
            session.opened.retain(|_, opened| opened.until.is_none_or(|until| until > now));
            self.watch_openings(&id);
            self.tell_grants(&id, out);
            self.revoke(&id, out);
        }
    }

    fn watch_openings(&mut self, id: &SessionId) {
        let Some(session) = self.sessions.find(id) else { return };
        match session.opened.values().filter_map(|opened| opened.until).min() {
            Some(at) => self.openings.set(id.clone(), at),
            None => self.openings.clear(id),
        }
    }

    /// What a newer token allows holds from now on.
    pub fn renew(&mut self, now: Millis, connection: ConnectionId, principal: Principal, out: &mut Outputs) {
        let Some(id) = self.sessions.on(connection).cloned() else { return };
        let Some(session) = self.sessions.find_mut(&id) else { return };
        if session.principal.user_id != principal.user_id {
            return;
        }
        self.instances.let_see(now, connection, principal.is_operator(), out);
        let is_granted_anew = session.principal.rooms != principal.rooms;
        session.principal = principal;
        if is_granted_anew {
            self.tell_grants(&id, out);
            self.revoke(&id, out);
        }
    }

    pub(in crate::lobby) fn tell_grants(&self, id: &SessionId, out: &mut Outputs) {
        let Some(grants) = self.sessions.find(id).map(Session::grants) else { return };
        self.tell_rooms(id, out, |session| PeerMessage::Granted { session, rooms: grants.clone() });
    }

    /// Takes the session out of the rooms that are not open to it any more, and says so.
    pub(in crate::lobby) fn revoke(&mut self, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find(id) else { return };
        let socket = session.socket;
        let closed: Vec<_> =
            session.rooms.keys().filter_map(|room| Some((room.clone(), session.demand("join", room).err()?))).collect();
        for (room, refusal) in closed {
            if let Some(socket) = socket {
                out.refuse_in(socket.connection, "join", &room, refusal);
            }
            self.take_out(id, room, out);
        }
    }
}
