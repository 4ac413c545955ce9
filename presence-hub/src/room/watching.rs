//! Who drives what a room watches, who follows and who does not (`CONTRACT.md` 3).

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::event::{RoomChange, StateNews, WatchNews};
use presence_model::id::{SessionId, UserId};
use presence_model::playback::{Action, Desync, Person, Playback, PlaybackSaid, Timeline, Watch, Watching};
use presence_model::refusal::{Code, Refusal};
use presence_model::room::MemberCard;
use presence_model::status::{Liveness, Status};
use presence_model::time::Millis;

use crate::room::announcing::Readers;
use crate::room::{Room, Seat};
use crate::watch::WatchState;

/// A player of which nothing was said.
const AT_REST: Playback = Playback { is_playing: false, current_time: 0.0, rate: 1.0 };

impl Room {
    /// A member says what its player does: to everybody's, if its user has control and all follow, else to its own.
    pub fn play(&mut self, now: Millis, session: &SessionId, said: &PlaybackSaid) {
        let Some(seat) = self.seat(session) else { return };
        let (card, before, may_control) = (seat.member.card.clone(), seat.member.watching, seat.rights.may_control);
        let at = said.moment(now);
        let takes_control = said.action == Action::Sync && self.watch.controller().is_none() && may_control;
        if takes_control {
            self.watch.give(Some(person(&card)));
        }
        let was_synced = self.watch.is_synced();
        let drives =
            may_control && self.watch.is_controlled_by(&card.user_id) && (was_synced || said.action == Action::Sync);
        // What was so before the newest operation is measured by what all followed then.
        let newest = self.watch.timeline().copied();
        let then = if drives { newest } else { self.watch.followed_at(at) };
        let known = before.and_then(|watching| watching.desync);
        let playback = said.over(match (then, before) {
            (Some(then), _) if drives || known.is_none() => then.at(at),
            (_, before) => before.map_or(AT_REST, |watching| watching.at(at)),
        });
        let desync = match then {
            _ if drives => None,
            Some(then) => then.desync(at, playback, said.is_stalled),
            None => known,
        };
        // A player that stalls does so by itself.
        if let Some(seat) = self.seat_mut(session).filter(|_| !said.is_stalled) {
            seat.member.last_active_at = seat.member.last_active_at.max(now);
        }
        let own = Watching { playback, at, desync };
        let own = match newest {
            Some(newest) if !drives && at < newest.at => follow_on(now, &newest, own),
            _ => own,
        };
        self.set_watching(now, card.slot, own);
        if !drives {
            return;
        }
        if said.action == Action::Stop {
            self.watch.stop();
            self.end_following(now, own);
        } else {
            self.watch.play(at, playback);
            self.judge_anew(now);
        }
        let slot = card.slot;
        self.announce_watch(Readers::AllBut(slot), WatchNews::Synced { by: card, action: said.action });
        // What the room makes of it, its count above all.
        self.announce_watch(Readers::Only(slot), WatchNews::State);
    }

    /// Asks for control, which is given at once where nobody has it.
    pub fn request_control(&mut self, session: &SessionId, lapses_at: Millis) {
        let Some(card) = self.seat(session).map(|seat| seat.member.card.clone()) else { return };
        match self.watch.controller() {
            None => self.pass_control(None, card),
            // Who has it is told that, and nobody else.
            Some(controller) if *controller == card.user_id => {
                self.announce_watch(Readers::Only(card.slot), WatchNews::Granted { by: None, to: card });
            }
            Some(_) => {
                if self.watch.request(person(&card), lapses_at) {
                    self.announce_watch(Readers::All, WatchNews::Requested { by: card });
                }
            }
        }
    }

    /// Who has control gives it to another user; where nobody has it, whoever may.
    pub fn grant_control(&mut self, session: &SessionId, to: &UserId) -> Result<(), Refusal> {
        let Some(by) = self.seat(session).map(|seat| seat.member.card.clone()) else { return Ok(()) };
        if self.watch.controller().is_some_and(|controller| *controller != by.user_id) {
            let text = "control_grant: you do not have control, ask for it with `control_request`";
            return Err(Refusal::new(Code::NotInControl, text));
        }
        if self.watch.is_controlled_by(to) {
            return Ok(());
        }
        let Some(heir) = heir(&self.seats, |card| card.user_id == *to) else {
            let field = "data.toUserId";
            return Err(if self.holds_user(to) {
                let text = format!("control_grant: the token of user `{to}` does not grant `control` in the room");
                Refusal::new(Code::Forbidden, text).at(field)
            } else {
                Refusal::bad_field("control_grant", field, "be a user in the room")
            });
        };
        self.pass_control(Some(by), heir);
        Ok(())
    }

    /// Gives control up, for who asked first or for nobody; or takes a request back.
    pub fn release_control(&mut self, session: &SessionId) {
        let Some(user) = self.seat(session).map(|seat| seat.member.card.user_id.clone()) else { return };
        if self.watch.is_controlled_by(&user) {
            let heir = self.first_requester();
            self.hand_over(heir);
        } else if self.watch.withdraw(&user) {
            self.announce_watch(Readers::All, WatchNews::State);
        }
    }

    pub fn watched(&self) -> Option<Arc<Watch>> {
        self.watch.shown()
    }

    /// When the first request for control lapses.
    pub fn next_lapse(&self) -> Option<Millis> {
        self.watch.next_lapse()
    }

    /// Ends requests that were not answered in time. Who has control and is not there to answer loses it.
    pub fn lapse_requests(&mut self, now: Millis) {
        while self.watch.next_lapse().is_some_and(|at| at <= now) {
            let Some(user) = self.watch.first_request().cloned() else { return };
            match self.first_requester().filter(|_| !self.is_driven()) {
                Some(heir) => self.pass_control(None, heir),
                None => {
                    self.watch.withdraw(&user);
                    self.announce_watch(Readers::All, WatchNews::State);
                }
            }
        }
    }

    /// Somebody went, or may do less: control passes on if it was theirs. With the last member all is forgotten, and
    /// those hear of it who only look on.
    pub(in crate::room) fn settle_control(&mut self) {
        if self.seats.is_empty() {
            self.watch = WatchState::default();
            if self.has_watched {
                self.announce_watch(Readers::All, WatchNews::State);
                self.has_watched = false;
            }
            return;
        }
        let seats = &self.seats;
        let may_control = |user: &UserId| heir(seats, |card| card.user_id == *user).is_some();
        let is_other = self.watch.keep_requests(may_control);
        if self.watch.controller().is_some_and(|controller| !may_control(controller)) {
            let longest = || heir(seats, |_| true).filter(|_| self.watch.is_synced());
            let heir = self.first_requester().or_else(longest);
            self.hand_over(heir);
        } else if is_other {
            self.announce_watch(Readers::All, WatchNews::State);
        }
    }

    fn set_watching(&mut self, now: Millis, slot: u16, watching: Watching) {
        let Some(seat) = self.seats.get_mut(&slot) else { return };
        let member = &mut seat.member;
        if member.watching.is_some_and(|told| !told.differs(now, &watching)) {
            return;
        }
        member.watching = Some(watching);
        let member = Box::new(member.clone());
        self.pending.push(RoomChange::State { member, news: StateNews::Watching });
    }

    /// All follow something else: who was apart may have been met, and who waits for data follows.
    fn judge_anew(&mut self, now: Millis) {
        let Some(timeline) = self.watch.timeline().copied() else { return };
        let members = self.seats.values().map(|seat| (seat.member.card.slot, seat.member.watching));
        let apart = members.filter_map(|(slot, watching)| Some((slot, watching.filter(|own| own.desync.is_some())?)));
        for (slot, watching) in apart.collect::<Vec<_>>() {
            self.set_watching(now, slot, follow_on(now, &timeline, watching));
        }
    }

    /// There is nothing to be followed any more: those who did are where the room is, and nobody else fails to.
    fn end_following(&mut self, now: Millis, room: Watching) {
        let others = self.seats.values().filter_map(|seat| Some((seat.member.card.slot, seat.member.watching?)));
        for (slot, watching) in others.collect::<Vec<_>>() {
            let is_own = watching.desync.is_some();
            let watching = if is_own { Watching { desync: None, ..watching } } else { room };
            self.set_watching(now, slot, watching);
        }
    }

    /// Whether who has control is there and does something: who watches need not touch anything.
    fn is_driven(&self) -> bool {
        let mut own = self.members().filter(|member| self.watch.is_controlled_by(&member.card.user_id));
        own.any(|member| {
            let is_there = match member.status {
                Status::Away | Status::Offline => false,
                Status::Idle => member.watching.is_some(),
                Status::Active | Status::Busy | Status::Reviewing => true,
            };
            is_there && member.liveness == Liveness::Connected
        })
    }

    fn first_requester(&self) -> Option<Arc<MemberCard>> {
        let user = self.watch.first_request()?;
        heir(&self.seats, |card| card.user_id == *user)
    }

    fn hand_over(&mut self, heir: Option<Arc<MemberCard>>) {
        match heir {
            Some(heir) => self.pass_control(None, heir),
            None => {
                self.watch.give(None);
                self.announce_watch(Readers::All, WatchNews::State);
            }
        }
    }

    fn pass_control(&mut self, by: Option<Arc<MemberCard>>, to: Arc<MemberCard>) {
        self.watch.give(Some(person(&to)));
        self.announce_watch(Readers::All, WatchNews::Granted { by, to });
    }
}

/// What becomes of a player by a newer operation than it was judged by: who followed or waits for data is where the
/// room is, and who is apart stays where they are.
fn follow_on(now: Millis, room: &Timeline, own: Watching) -> Watching {
    let follows = match own.desync {
        None => true,
        Some(Desync::Stalled) => !room.playback.is_playing,
        Some(_) => false,
    };
    if follows {
        return Watching { playback: room.playback, at: room.at, desync: None };
    }
    let is_stalled = own.desync == Some(Desync::Stalled);
    Watching { desync: room.desync(now, own.at(now), is_stalled), ..own }
}

fn person(card: &MemberCard) -> Person {
    Person { user_id: card.user_id.clone(), name: card.name.clone() }
}

/// Who may have control, of those who are meant: who is connected before who is not, then who came first.
fn heir(seats: &BTreeMap<u16, Seat>, is_meant: impl Fn(&MemberCard) -> bool) -> Option<Arc<MemberCard>> {
    let seats = seats.values().filter(|seat| seat.rights.may_control && is_meant(&seat.member.card));
    let place = |seat: &&Seat| (seat.member.liveness != Liveness::Connected, seat.member.card.joined_at);
    seats.min_by_key(place).map(|seat| seat.member.card.clone())
}
