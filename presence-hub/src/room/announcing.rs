//! What is said in a room besides its changes: what is watched together, and what members say to all others. Each is
//! told once and in order, behind the changes of the same flush, so that nobody hears of somebody who has not come.

use std::sync::Arc;

use presence_model::event::{Event, WatchNews};
use presence_model::id::SessionId;
use presence_model::playback::Watch;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::MemberCard;
use presence_model::time::Millis;

use crate::io::{Form, Socket};
use crate::outputs::Outputs;
use crate::room::audience::Watcher;
use crate::room::{Room, Seat};

#[derive(Debug)]
pub(in crate::room) struct Announcement {
    number: u64,
    words: Words,
    readers: Readers,
}

#[derive(Debug)]
enum Words {
    Watch { watch: Arc<Watch>, news: WatchNews },
    Broadcast { by: Arc<MemberCard>, payload: Arc<str> },
}

/// Who is told, by slots.
#[derive(Clone, Copy, Debug)]
pub(in crate::room) enum Readers {
    All,
    AllBut(u16),
    Only(u16),
}

impl Announcement {
    fn is_for(&self, slot: u16, seat: &Seat) -> bool {
        let is_meant = match self.readers {
            Readers::All => true,
            Readers::AllBut(other) => slot != other,
            Readers::Only(one) => slot == one,
        };
        is_meant && self.is_news(&seat.member.card.session_id, (seat.came_behind, seat.shown_behind))
    }

    /// Who looks on hears what all hear.
    fn is_for_watcher(&self, session: &SessionId, watcher: &Watcher) -> bool {
        let is_for_one = matches!(self.readers, Readers::Only(_));
        !is_for_one && self.is_news(session, (watcher.came_behind, watcher.shown_behind))
    }

    /// Nobody hears its own word, though it may have another seat since, or none.
    fn is_news(&self, to: &SessionId, (came_behind, shown_behind): (u64, u64)) -> bool {
        let (behind, by) = match &self.words {
            Words::Watch { news: WatchNews::Synced { by, .. }, .. } => (shown_behind, Some(by)),
            Words::Watch { .. } => (shown_behind, None),
            Words::Broadcast { by, .. } => (came_behind, Some(by)),
        };
        behind < self.number && by.is_none_or(|by| by.session_id != *to)
    }
}

impl Room {
    /// Says something to all others, if the room is not said too much already.
    pub fn broadcast(&mut self, now: Millis, session: &SessionId, payload: Arc<str>) -> Result<(), Refusal> {
        let Some(slot) = self.slots.get(session).copied() else { return Ok(()) };
        if !self.broadcasts.take(now) {
            let wait = self.broadcasts.ready_at().since(now).max(Millis(1));
            let text = format!("broadcast: too much is said in the room, say it again in {wait}");
            return Err(Refusal::new(Code::RateLimited, text).after(wait));
        }
        let Some(seat) = self.seats.get_mut(&slot) else { return Ok(()) };
        seat.member.last_active_at = seat.member.last_active_at.max(now);
        let by = seat.member.card.clone();
        self.announce(Readers::AllBut(slot), Words::Broadcast { by, payload });
        Ok(())
    }

    /// Tells what is watched now, and why.
    pub(in crate::room) fn announce_watch(&mut self, readers: Readers, news: WatchNews) {
        self.has_watched = true;
        self.audience.note_watch();
        let watch = self.watch.watch().clone();
        self.announce(readers, Words::Watch { watch, news });
    }

    fn announce(&mut self, readers: Readers, words: Words) {
        self.announced += 1;
        self.announcements.push(Announcement { number: self.announced, words, readers });
    }

    pub(in crate::room) fn tell_announcements(&mut self, now: Millis, out: &mut Outputs) {
        for announcement in std::mem::take(&mut self.announcements) {
            self.told_at = now;
            let readers = self.seats.iter().filter(|(slot, seat)| announcement.is_for(**slot, seat));
            let readers = readers.filter_map(|(_, seat)| Some(seat.socket?.connection));
            let to = readers
                .chain(self.audience.hearing(|session, watcher| announcement.is_for_watcher(session, watcher)))
                .collect();
            let room = self.key.room.clone();
            let event = match announcement.words {
                Words::Watch { watch, news } => Event::Watch { room, watch, news, now },
                Words::Broadcast { by, payload } => Event::Broadcast { room, by, payload, now },
            };
            out.tell(to, event);
        }
    }

    /// What is watched comes behind a picture. JSON readers have it in the picture; others also hear that it is
    /// nothing any more.
    pub(in crate::room) fn show_watch(&mut self, now: Millis, slot: u16, socket: Socket, out: &mut Outputs) {
        let Some(seat) = self.seats.get_mut(&slot) else { return };
        seat.shown_behind = self.announced;
        let remembers = std::mem::take(&mut seat.remembers_watch);
        self.tell_watch(now, remembers || self.has_watched, socket, out);
    }

    /// Tells one reader what is watched, if there is anything or it may remember something.
    pub(in crate::room) fn tell_watch(&self, now: Millis, may_remember: bool, socket: Socket, out: &mut Outputs) {
        if socket.form != Form::Json && (may_remember || self.watch.shown().is_some()) {
            let (room, watch) = (self.key.room.clone(), self.watch.watch().clone());
            out.tell_one(socket.connection, Event::Watch { room, watch, news: WatchNews::State, now });
        }
    }
}
