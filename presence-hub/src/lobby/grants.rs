//! What a newer token changes for a session in the rooms that it is in already.

use presence_model::command::Principal;
use presence_model::grant::Right;
use presence_model::id::{ConnectionId, SessionId};
use presence_model::time::Millis;

use crate::io::PeerMessage;
use crate::lobby::Lobby;
use crate::outputs::Outputs;

impl Lobby {
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
        let Some(grants) = self.sessions.find(id).map(|session| session.principal.rooms.clone()) else { return };
        self.tell_rooms(id, out, |session| PeerMessage::Granted { session, rooms: grants.clone() });
    }

    /// Takes the session out of the rooms that its token does not open any more, and says so.
    pub(in crate::lobby) fn revoke(&mut self, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find(id) else { return };
        let socket = session.socket;
        let closed: Vec<_> = session
            .rooms
            .keys()
            .filter_map(|room| Some((room.clone(), session.principal.rooms.demand("join", room, Right::Read).err()?)))
            .collect();
        for (room, refusal) in closed {
            if let Some(socket) = socket {
                out.refuse_in(socket.connection, "join", &room, refusal);
            }
            self.take_out(id, room, out);
        }
    }
}
