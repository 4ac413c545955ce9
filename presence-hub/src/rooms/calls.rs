//! What members do in rooms without a socket of their own, and who looks in from outside.

use std::sync::Arc;

use presence_model::call::{Answer, Reply};
use presence_model::command::Command;
use presence_model::event::RoomPicture;
use presence_model::grant::{Grants, Right};
use presence_model::id::SessionId;
use presence_model::refusal::Refusal;
use presence_model::room::{Colour, NO_SLOT, RoomKey};
use presence_model::time::Millis;

use crate::io::CallId;
use crate::outputs::Outputs;
use crate::rooms::Rooms;
use crate::rooms::commands::{act, not_a_member};

impl Rooms {
    /// Does what a caller asks of its room. If `grants` hold, they hold there from now on.
    pub fn called(
        &mut self,
        now: Millis,
        (call, session): (CallId, SessionId),
        grants: (Grants, bool),
        command: Command,
        out: &mut Outputs,
    ) {
        let unseen = command.room().and_then(|room| self.unseen.key_of(&session, room));
        let done = match unseen {
            Some(key) => self.act_unseen(now, &session, &key, &command, out),
            None => self.act_for_caller(now, &session, grants, command),
        };
        out.answer(call, done.map(|()| Answer { session: Some(session), reply: Reply::Done }));
    }

    fn act_for_caller(
        &mut self,
        now: Millis,
        session: &SessionId,
        (grants, holds): (Grants, bool),
        command: Command,
    ) -> Result<(), Refusal> {
        // The lobby sent the call behind the join, so nothing is on its way here.
        let key = command.room().and_then(|room| self.key_of(session, room)).ok_or_else(|| not_a_member(&command))?;
        let Some(room) = self.rooms.get_mut(&key) else { return Err(not_a_member(&command)) };
        if holds {
            room.grant(now, session, &grants);
        }
        // The session's own token may allow more than the one of the call.
        let steers = || room.seat(session).is_some_and(|seat| room.steers(seat, &command));
        let lacks = || room.seat(session).and_then(|seat| room.lacks(seat, &command));
        let steers_in_vain = !grants.allow(&key.room, Right::Control) && steers();
        let acted = match Some(Right::Control).filter(|_| steers_in_vain).or_else(lacks) {
            Some(right) => Err(right.lacking(command.name(), &key.room)),
            None => act(now, room, (session, None), command, (&self.timing, &mut self.leases)),
        };
        self.touch(now, &key);
        acted
    }

    /// Answers a join with the room as it stands, before anybody else hears of it.
    pub(in crate::rooms) fn show_joined(
        &self,
        now: Millis,
        call: CallId,
        session: &SessionId,
        key: &RoomKey,
        out: &mut Outputs,
    ) {
        let reply = Reply::Joined(Box::new(self.picture(now, key, Some(session))));
        out.answer(call, Ok(Answer { session: Some(session.clone()), reply }));
    }

    /// Answers who is in a room; nobody, where there is none.
    pub fn look(&self, now: Millis, call: CallId, key: RoomKey, out: &mut Outputs) {
        let reply = Reply::Active(Box::new(self.picture(now, &key, None)));
        out.answer(call, Ok(Answer { session: None, reply }));
    }

    fn picture(&self, now: Millis, key: &RoomKey, reader: Option<&SessionId>) -> RoomPicture {
        let Some(room) = self.rooms.get(key) else { return empty(now, key) };
        let slot = reader.and_then(|session| room.seat(session)).map(|seat| seat.member.card.slot);
        room.picture(Arc::new(room.members().cloned().collect()), slot)
    }
}

/// A room in which there is nobody.
pub(in crate::rooms) fn empty(now: Millis, key: &RoomKey) -> RoomPicture {
    RoomPicture {
        room: key.room.clone(),
        kind: key.kind,
        channel: 0,
        version: 0,
        created_at: now,
        own_slot: NO_SLOT,
        own_colour: Colour::NONE,
        members: Arc::default(),
        watch: None,
    }
}
