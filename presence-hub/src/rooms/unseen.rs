//! Invisible sessions: what they see of rooms, also of rooms that are not, and what they may not do there. For a room
//! with members they wait in its audience; a room never begins or stays for their sake.

use std::sync::Arc;

use litemap::LiteMap;
use presence_model::command::{Command, Picture};
use presence_model::event::{Event, RoomPicture, WatchNews};
use presence_model::hash::fnv1a;
use presence_model::id::{ConnectionId, RoomId, SessionId};
use presence_model::playback::Watch;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::{RoomKey, RoomKind};
use presence_model::time::Millis;

use crate::io::{CallId, Form, Order, PeerMessage, Shard, Socket, Visitor};
use crate::outputs::Outputs;
use crate::room::audience::{Audience, Watcher};
use crate::rooms::Rooms;
use crate::rooms::calls::empty;
use crate::table::Table;

/// The audience of a room that is not.
#[derive(Debug)]
struct Waiting {
    channel: u32,
    audience: Audience,
}

#[derive(Debug, Default)]
pub(in crate::rooms) struct Unseen {
    /// In which room each session is, by the id that messages name.
    kinds: Table<SessionId, LiteMap<RoomId, RoomKind>>,
    waiting: Table<RoomKey, Waiting>,
}

impl Unseen {
    pub(in crate::rooms) fn is_empty(&self) -> bool {
        self.kinds.is_empty() && self.waiting.is_empty()
    }

    pub(in crate::rooms) fn key_of(&self, session: &SessionId, room: &RoomId) -> Option<RoomKey> {
        let kind = self.kinds.get(session)?.get(room)?;
        Some(RoomKey { room: room.clone(), kind: *kind })
    }

    fn keys_of(&self, session: &SessionId) -> Vec<RoomKey> {
        let rooms = self.kinds.get(session).into_iter().flatten();
        rooms.map(|(room, kind)| RoomKey { room: room.clone(), kind: *kind }).collect()
    }

    /// A room begins: takes those who have waited for it.
    pub(in crate::rooms) fn take_waiting(&mut self, key: &RoomKey) -> Audience {
        let mut audience = self.waiting.remove(key).map(|waiting| waiting.audience).unwrap_or_default();
        audience.renew(0);
        audience
    }

    fn note(&mut self, session: &SessionId, key: &RoomKey) {
        self.kinds.get_or_insert_with(session.clone(), LiteMap::new).insert(key.room.clone(), key.kind);
    }

    pub(in crate::rooms) fn forget(&mut self, session: &SessionId, key: &RoomKey) {
        if let Some(rooms) = self.kinds.get_mut(session) {
            rooms.remove(&key.room);
            if rooms.is_empty() {
                self.kinds.remove(session);
            }
        }
    }

    fn waiting(&mut self, key: &RoomKey) -> &mut Waiting {
        let new = || Waiting { channel: channel(key), audience: Audience::default() };
        self.waiting.get_or_insert_with(key.clone(), new)
    }
}

/// The channel of a room that is not: one that no room has, and that tells nothing of who else looks on.
fn channel(key: &RoomKey) -> u32 {
    let name = [key.room.as_str(), key.kind.name()].join("/");
    1 << 31 | fnv1a(name.as_bytes()) as u32
}

impl Waiting {
    /// Shows the room, in which there is nobody and nothing.
    fn show(&mut self, now: Millis, key: &RoomKey, out: &mut Outputs) {
        self.audience.take_behind();
        for Watcher { socket, remembers_watch, .. } in self.audience.take_new(0, 0) {
            let Some(socket) = socket else { continue };
            let picture = RoomPicture { channel: self.channel, ..empty(now, key) };
            out.tell_one(socket.connection, Event::RoomPicture(Box::new(picture)));
            if remembers_watch && socket.form != Form::Json {
                let (room, watch) = (key.room.clone(), Arc::<Watch>::default());
                out.tell_one(socket.connection, Event::Watch { room, watch, news: WatchNews::State, now });
            }
        }
    }
}

impl Rooms {
    /// Lets an invisible visitor look on. One who was a member leaves for the others.
    pub(in crate::rooms) fn enter_unseen(
        &mut self,
        now: Millis,
        visitor: Visitor,
        key: RoomKey,
        (number, call): (u64, Option<CallId>),
        out: &mut Outputs,
    ) {
        let session = visitor.session.clone();
        let is_in = self.unseen.key_of(&session, &key.room).is_some();
        let most = self.limits.invisible_per_room;
        if !is_in && self.audience(&key).is_some_and(|audience| audience.len() >= most) {
            self.exit(now, &session, &key.room, out);
            let text = format!("join: the room holds {most} invisible sessions already");
            self.turn_away(visitor, key, (number, call), Refusal::new(Code::RoomFull, text).at("roomId"), out);
            return;
        }
        match self.rooms.get_mut(&key) {
            Some(room) => room.watch(session.clone(), visitor.socket),
            None => self.unseen.waiting(&key).audience.seat(session.clone(), visitor.socket, 0),
        }
        self.unseen.note(&session, &key);
        if self.key_of(&session, &key.room).is_some() {
            self.take_seat(now, &session, &key);
        }
        self.show_unseen(now, &key, out);
        if let Some(call) = call {
            self.show_joined(now, call, &session, &key, out);
            out.peer(Shard::LOBBY, PeerMessage::LetIn { session });
        }
    }

    /// Who was invisible in a room is so no more; returns the channel on which it was shown, and the socket.
    pub(in crate::rooms) fn leave_unseen(
        &mut self,
        session: &SessionId,
        key: &RoomKey,
    ) -> Option<(u32, Option<Socket>)> {
        self.unseen.forget(session, key);
        if let Some(room) = self.rooms.get_mut(key) {
            return Some((room.channel, room.audience.remove(session)?.socket));
        }
        let waiting = self.unseen.waiting.get_mut(key)?;
        let (channel, watcher) = (waiting.channel, waiting.audience.remove(session));
        if waiting.audience.is_empty() {
            self.unseen.waiting.remove(key);
        }
        Some((channel, watcher?.socket))
    }

    /// Takes an invisible session out of a room; false when it was not in it.
    pub(in crate::rooms) fn exit_unseen(&mut self, session: &SessionId, room: &RoomId, out: &mut Outputs) -> bool {
        let Some(key) = self.unseen.key_of(session, room) else { return false };
        if let Some((channel, Some(socket))) = self.leave_unseen(session, &key) {
            out.tell_one(socket.connection, Event::RoomLeft { room: room.clone(), channel });
        }
        true
    }

    pub(in crate::rooms) fn end_unseen(&mut self, session: &SessionId) {
        for key in self.unseen.keys_of(session) {
            self.leave_unseen(session, &key);
        }
    }

    pub(in crate::rooms) fn move_unseen(&mut self, session: &SessionId, socket: Option<Socket>) {
        for key in self.unseen.keys_of(session) {
            self.audience_mut(&key).reseat(session, socket);
        }
    }

    pub(in crate::rooms) fn catch_up_unseen(&mut self, now: Millis, session: &SessionId, out: &mut Outputs) {
        for key in self.unseen.keys_of(session) {
            self.audience_mut(&key).show_cursors(session);
            self.show_unseen(now, &key, out);
        }
    }

    /// The last member has gone, and the room with him: those who look on are shown that.
    pub(in crate::rooms) fn keep_waiting(&mut self, now: Millis, key: &RoomKey, audience: Audience, out: &mut Outputs) {
        if !audience.is_empty() {
            self.unseen.waiting(key).audience = audience;
            self.show_unseen(now, key, out);
        }
    }

    /// As [`Rooms::handle`], for an invisible session.
    pub(in crate::rooms) fn handle_unseen(
        &mut self,
        now: Millis,
        (connection, session, order): (ConnectionId, SessionId, Order),
        (key, command): (RoomKey, Command),
        returned: bool,
        out: &mut Outputs,
    ) {
        let socket = self.audience(&key).and_then(|audience| audience.find(&session)?.socket);
        let is_own = socket.is_some_and(|own| own.connection == connection);
        if is_own && !self.audience_mut(&key).is_unsettled(&session, order.behind, returned) {
            let name = command.name();
            if let Err(refusal) = self.act_unseen(now, &session, &key, &command, out) {
                out.refuse_in(connection, name, &key.room, refusal);
            }
        } else if !returned {
            out.peer(Shard::LOBBY, PeerMessage::Overtook { connection, session, order, command });
        }
    }

    /// Does nothing that would show: what only says where somebody is and what they do is dropped in silence, the
    /// rest is refused.
    pub(in crate::rooms) fn act_unseen(
        &mut self,
        now: Millis,
        session: &SessionId,
        key: &RoomKey,
        command: &Command,
        out: &mut Outputs,
    ) -> Result<(), Refusal> {
        match command {
            Command::Resync(Picture::Room(_)) => {
                self.audience_mut(key).show_again(session);
                self.show_unseen(now, key, out);
            }
            Command::Playback { .. }
            | Command::ControlRequest(_)
            | Command::ControlGrant { .. }
            | Command::ControlRelease(_)
            | Command::Broadcast { .. } => {
                let text =
                    format!("{}: you are invisible and this would show, switch `invisible` off first", command.name());
                return Err(Refusal::new(Code::Invisible, text));
            }
            _ => {}
        }
        Ok(())
    }

    /// Shows who looks on what they need, unless it is shown with all else soon.
    fn show_unseen(&mut self, now: Millis, key: &RoomKey, out: &mut Outputs) {
        if let Some(room) = self.rooms.get_mut(key) {
            room.show_audience(now, out);
        } else if let Some(waiting) = self.unseen.waiting.get_mut(key) {
            waiting.show(now, key, out);
        }
    }

    fn audience(&self, key: &RoomKey) -> Option<&Audience> {
        let waiting = || self.unseen.waiting.get(key).map(|waiting| &waiting.audience);
        self.rooms.get(key).map(|room| &room.audience).or_else(waiting)
    }

    fn audience_mut(&mut self, key: &RoomKey) -> &mut Audience {
        match self.rooms.get_mut(key) {
            Some(room) => &mut room.audience,
            None => &mut self.unseen.waiting(key).audience,
        }
    }
}
