//! What the session makes of the server's frames.

use alloc::string::String;

use crate::command::{Command, Picture};
use crate::event::Welcome;
use crate::id::RoomId;
use crate::refusal::Refusal;
use crate::session::machine::Session;
use crate::session::output::{Change, Identity, RoomNews};
use crate::session::room_view::RoomView;
use crate::time::Millis;
use crate::wire::binary::downstream::Downstream;
use crate::wire::binary::frame::frames;
use crate::wire::binary::upstream::Upstream;

impl Session {
    /// Reads one binary message of the current socket. A frame that cannot be read is left out: what it
    /// held is asked for again when the next version leaves a hole.
    pub fn handle_message(&mut self, now: Millis, message: &[u8]) {
        if !self.line.is_open() {
            return;
        }
        self.line.hear(now);
        for frame in frames(message) {
            let Ok(frame) = frame else { return };
            if Downstream::is_volatile(frame.kind) {
                self.volatile_received += frame.size as u64;
            }
            if let Ok(Some(frame)) = Downstream::read(frame.kind, frame.body) {
                self.handle_frame(now, frame);
            }
        }
    }

    fn handle_frame(&mut self, now: Millis, frame: Downstream) {
        let grace = self.timing.restart_grace;
        match frame {
            Downstream::Welcome(welcome) => self.take_welcome(now, *welcome),
            Downstream::Refused { about, room, refusal } => self.take_refusal(about, room, refusal),
            Downstream::PresencePicture { version, entries, truncated } => {
                if self.desired.wants_presence() {
                    let change = self.roster.take_picture((now, grace), version, entries, truncated);
                    self.tell(change);
                }
            }
            Downstream::PresenceChanged { version, change } => match self.roster.take_change(version, change) {
                Ok(Some(change)) => self.tell(change),
                Ok(None) => {}
                Err(_) => self.send(&Upstream::Command(Command::Resync(Picture::Presence))),
            },
            Downstream::RoomPicture(picture) => {
                let room = picture.room.clone();
                // The same id under another kind is another room: one that we have left meanwhile.
                if self.desired.room_mut(&room).is_none_or(|wish| wish.key.kind != picture.kind) {
                    return;
                }
                let Some(view) = self.view_mut(&room) else { return };
                let news = view.take_picture((now, grace), *picture);
                let moves = view.cursors();
                let own_cursor = view.own_cursor();
                if let Some(wish) = self.desired.room_mut(&room) {
                    wish.take_picture(own_cursor);
                }
                self.tell(Change::Room(news));
                if !moves.is_empty() {
                    self.tell(Change::Cursors { room: room.clone(), moves });
                }
                self.announce(now, &room);
            }
            Downstream::RoomChanged { channel, version, changes } => {
                let Some(view) = self.rooms.iter_mut().find(|view| view.is_on(channel)) else { return };
                match view.take_changes(version, changes) {
                    Ok(Some(news)) => self.tell_room(news),
                    Ok(None) => {}
                    Err(_) => {
                        let room = view.room().clone();
                        self.send(&Upstream::Command(Command::Resync(Picture::Room(room))));
                    }
                }
            }
            Downstream::Cursors { channel, records } => {
                let Some(view) = self.rooms.iter_mut().find(|view| view.is_on(channel)) else { return };
                let (room, moves) = (view.room().clone(), view.take_cursors(records));
                if !moves.is_empty() {
                    self.tell(Change::Cursors { room, moves });
                }
            }
            // A room we do not want any more is forgotten already.
            Downstream::RoomLeft { room } => {
                if let Some(news) = self.view_mut(&room).and_then(RoomView::take_exit) {
                    self.tell(Change::Room(news));
                }
            }
            Downstream::WishesTaken { revision } => self.desired.note_taken(revision),
            Downstream::ProbeReply { sent, server_now } => self.clock.note(now, sent, server_now),
        }
    }

    fn take_welcome(&mut self, now: Millis, welcome: Welcome) {
        if !self.line.is_greeting() {
            return;
        }
        self.timing = (*welcome.timing).clone();
        let is_other_life = self.epoch.is_some_and(|epoch| epoch != welcome.epoch);
        self.epoch = Some(welcome.epoch);
        if is_other_life {
            self.clock.distrust();
            self.roster.expect_restart();
            for view in &mut self.rooms {
                view.expect_restart();
            }
        }
        self.clock.note(now, self.hello_at, welcome.server_now);
        self.line.welcomed(now, &self.timing);
        self.session_id = Some(welcome.session_id.clone());
        let Welcome { user_id, name, session_id, instance_id, .. } = welcome;
        self.tell(Change::Identity(Identity { user_id, name, session_id, instance_id }));
        self.tell_link();
        // A second look at the clock: the way of the hello includes whatever kept the server busy.
        self.send(&Upstream::Probe { sent: now });
    }

    fn take_refusal(&mut self, about: String, room: Option<RoomId>, refusal: Refusal) {
        if about == "join"
            && let Some(view) = room.and_then(|room| self.view_mut(&room))
        {
            let news = view.refuse(refusal.clone());
            self.tell(Change::Room(news));
        }
        self.tell(Change::Refused { about, refusal });
    }

    /// We are in: say what the room may not know of us yet.
    fn announce(&mut self, now: Millis, room: &RoomId) {
        self.say_cursors(now);
        if let Some(context) = self.desired.room_mut(room).and_then(|wish| wish.unsaid_typing(now)) {
            self.say_typing(room, Some(context));
        }
    }

    fn tell_room(&mut self, news: RoomNews) {
        if !(news.changed.is_empty() && news.left.is_empty()) {
            self.tell(Change::Room(news));
        }
    }
}
