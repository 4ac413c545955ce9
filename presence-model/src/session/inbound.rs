//! What the session makes of the server's frames.

use alloc::sync::Arc;

use crate::id::RoomId;
use crate::session::machine::Session;
use crate::session::output::{Change, RoomNews};
use crate::session::room_view::RoomView;
use crate::time::Millis;
use crate::wire::binary::downstream::{Downstream, Welcomed};
use crate::wire::binary::frame::frames;
use crate::wire::binary::uplink;

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
            Downstream::Welcome(welcome) => self.take_welcome(now, welcome),
            Downstream::Refused { about, room, refusal } => self.take_refusal(about, room, refusal),
            Downstream::PresencePicture { version, truncated, entries } => {
                if self.desired.wants_presence() {
                    self.hears_typists = true;
                    let change = self.roster.take_picture((now, grace), version, entries, truncated);
                    self.tell(change);
                }
            }
            Downstream::PresenceChanged { version, changes } => match self.roster.take_changes(version, changes) {
                Ok(Some(change)) => self.tell(change),
                Ok(None) => {}
                Err(_) => self.send(uplink::resync(None)),
            },
            Downstream::RoomPicture(picture) => {
                let room = picture.room.clone();
                // The same id under another kind is another room: one that we have left meanwhile.
                if self.desired.room_mut(&room).is_none_or(|wish| wish.key.kind != picture.kind) {
                    return;
                }
                let Some(view) = self.view_mut(&room) else { return };
                let news = view.take_picture((now, grace), picture);
                let moves = view.cursors();
                let own_place = view.own_place();
                if let Some(wish) = self.desired.room_mut(&room) {
                    wish.take_picture(own_place);
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
                    Ok(news) => self.tell_room(news),
                    Err(_) => {
                        let room = view.room().clone();
                        self.send(uplink::resync(Some(&room)));
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
            Downstream::ProbeReply { sent, server_now } => {
                if self.clock.note(now, sent, server_now) {
                    self.send(uplink::probe(now));
                }
            }
            Downstream::AuthExpiring { .. } => self.note_expiring(now),
            Downstream::News(news) => self.tell(Change::News(news)),
            Downstream::SessionTyping { typists } => {
                if self.hears_typists {
                    self.may_show_typists = true;
                    self.tell(Change::Typists(typists));
                }
            }
        }
    }

    fn take_welcome(&mut self, now: Millis, welcome: Welcomed) {
        if !self.line.is_greeting() {
            return;
        }
        self.timing = welcome.timing;
        let is_other_life = self.epoch.is_some_and(|epoch| epoch != welcome.epoch);
        self.epoch = Some(welcome.epoch);
        if is_other_life {
            self.clock.distrust();
            self.roster.entries.expect_restart();
            for view in &mut self.rooms {
                view.members.expect_restart();
            }
        }
        self.clock.note(now, self.hello_at, welcome.server_now);
        self.line.welcomed(now, &self.timing);
        self.session_id = Some(welcome.session_id);
        self.tell(Change::Identity { own: welcome.own, resumed: welcome.resumed });
        self.tell_link();
        self.resume_hidden();
        // A second look at the clock: the way of the hello includes whatever kept the server busy.
        self.send(uplink::probe(now));
        self.resume_typing(now);
    }

    fn take_refusal(&mut self, about: Arc<str>, room: Option<RoomId>, refusal: Arc<str>) {
        match (&*about, &room) {
            ("join", Some(room)) => {
                if let Some(news) = self.view_mut(room).map(|view| view.refuse(refusal.clone())) {
                    self.tell(Change::Room(news));
                }
            }
            ("cursor", Some(room)) => {
                if let Some(wish) = self.desired.room_mut(room) {
                    wish.mute();
                }
            }
            _ => {}
        }
        self.tell(Change::Refused { about, refusal });
    }

    /// We are in: say what the room may not know of us yet.
    fn announce(&mut self, now: Millis, room: &RoomId) {
        self.say_cursors(now);
        if let Some(context) = self.desired.room_mut(room).and_then(|wish| wish.typing.unsaid(now)) {
            self.say_typing(room, Some(&context));
        }
    }

    pub(in crate::session) fn tell_room(&mut self, news: RoomNews) {
        if !news.difference.is_empty() {
            self.tell(Change::Room(news));
        }
    }
}
