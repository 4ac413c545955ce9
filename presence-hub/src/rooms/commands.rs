//! What members do in rooms.

use presence_model::command::{Command, Picture};
use presence_model::id::{ConnectionId, SessionId};
use presence_model::limit::Timing;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::expiry::Expiry;
use crate::io::{Order, PeerMessage, Shard};
use crate::outputs::Outputs;
use crate::room::{Room, Seat, Topic};
use crate::rooms::{Lease, Rooms};

impl Rooms {
    /// Does what a command asks of its room. One from outside the room goes to the lobby and comes back,
    /// since it may have overtaken its join; the second time it is refused.
    pub fn handle(
        &mut self,
        now: Millis,
        (connection, session, order): (ConnectionId, SessionId, Order),
        command: Command,
        returned: bool,
        out: &mut Outputs,
    ) {
        let Some(room_id) = command.room() else { return };
        if let Some(key) = self.unseen.key_of(&session, room_id) {
            return self.handle_unseen(now, (connection, session, order), (key, command), returned, out);
        }
        let Some(key) = self.key_of(&session, room_id) else {
            if returned {
                out.refuse_in(connection, command.name(), room_id, not_a_member(&command));
            } else {
                out.peer(Shard::LOBBY, PeerMessage::Overtook { connection, session, order, command });
            }
            return;
        };
        let Some(room) = self.rooms.get_mut(&key) else { return };
        let is_own = |seat: &&Seat| seat.socket.is_some_and(|own| own.connection == connection);
        let Some(seat) = room.seat(&session).filter(is_own) else {
            // A socket that the session has left behind has no say any more; one that the lobby has not
            // announced yet has, once the announcement is here.
            if !returned {
                out.peer(Shard::LOBBY, PeerMessage::Overtook { connection, session, order, command });
            }
            return;
        };
        if !returned && seat.is_unsettled(order.behind) {
            out.peer(Shard::LOBBY, PeerMessage::Overtook { connection, session, order, command });
            return;
        }
        if let Some(right) = room.lacks(seat, &command) {
            // A newer token's rights may still be on their way here: behind them the command comes again.
            if returned {
                let refusal = right.lacking(command.name(), &key.room);
                out.refuse_in(connection, command.name(), &key.room, refusal);
            } else {
                out.peer(Shard::LOBBY, PeerMessage::Overtook { connection, session, order, command });
            }
            return;
        }
        if returned {
            room.settle(&session, order.behind);
        }
        let name = command.name();
        let (timing, leases) = (&self.timing, &mut self.leases);
        if let Err(refusal) = act(now, room, (&session, Some(order.place)), command, (timing, leases)) {
            out.refuse_in(connection, name, &key.room, refusal);
        }
        self.touch(now, &key);
    }
}

/// Does what a member may do. `order` is the command's place among those of its socket, if it came through one.
pub(in crate::rooms) fn act(
    now: Millis,
    room: &mut Room,
    (session, order): (&SessionId, Option<u64>),
    command: Command,
    (timing, leases): (&Timing, &mut Expiry<Lease>),
) -> Result<(), Refusal> {
    let mut takes = |topic| order.is_none_or(|order| room.takes(session, topic, order));
    match command {
        Command::Cursor { cursor, .. } if takes(Topic::Cursor) => room.move_cursor(now, session, cursor),
        Command::Typing { context, .. } if takes(Topic::Typing) => {
            let lease = (room.key().clone(), session.clone());
            match &context {
                Some(_) => leases.set(lease, now + timing.typing_lease),
                None => leases.clear(&lease),
            }
            room.set_typing(now, session, context);
        }
        Command::Selection { selection, .. } if takes(Topic::Selection) => room.select(now, session, selection),
        Command::Playback { said, .. } if takes(Topic::Playback) => room.play(now, session, &said),
        Command::ControlRequest(_) => room.request_control(session, now + timing.control_timeout),
        Command::ControlGrant { to, .. } => room.grant_control(session, &to)?,
        Command::ControlRelease(_) => room.release_control(session),
        Command::Broadcast { payload, .. } => room.broadcast(now, session, payload)?,
        Command::Resync(Picture::Room(_)) => room.show_again(session),
        _ => {}
    }
    Ok(())
}

pub(in crate::rooms) fn not_a_member(command: &Command) -> Refusal {
    let (name, room) = (command.name(), command.room().map_or("", |room| room.as_str()));
    let text = format!("{name}: you are not in room `{room}`, join it first");
    Refusal::new(Code::NotAMember, text).at("roomId")
}
