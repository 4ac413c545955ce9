//! What the session tells the server, and when it is due.

use alloc::string::String;

use crate::command::Activity;
use crate::id::RoomId;
use crate::session::machine::Session;
use crate::session::output::Output;
use crate::session::room_view::RoomView;
use crate::time::Millis;
use crate::wire::binary::uplink::{self, Greeting};

/// While a person is busy the server hears of it at least so many times before they would count as idle.
const REPORTS_BEFORE_IDLE: u64 = 3;
/// And at most so rarely.
const LONGEST_REPORT: Millis = Millis::seconds(10);

impl Session {
    pub(in crate::session) fn say_hello(&mut self, now: Millis) {
        let activity = Activity { said: None, input_ago: self.last_input.map(|at| now.since(at)) };
        self.reported_input = self.last_input;
        self.reported_at = Some(now);
        let message = uplink::hello(&Greeting {
            token: self.config.token.as_deref(),
            session_id: self.session_id.as_ref(),
            instance_id: Some(&self.config.instance_id),
            incarnation: self.incarnation,
            attempt: self.attempt,
            info: &self.config.info,
            activity: &activity,
            wishes: Some(&self.desired.say(now)),
        });
        self.send(message);
    }

    pub(in crate::session) fn say_wishes(&mut self, now: Millis) {
        if self.line.is_online() {
            let wishes = self.desired.say(now);
            self.send(uplink::wish(&wishes));
        }
    }

    pub(in crate::session) fn say_cursors(&mut self, now: Millis) {
        if !self.line.is_online() {
            return;
        }
        for wish in self.desired.rooms_mut() {
            let is_in = self.rooms.iter().any(|view| view.room() == &wish.key.room && view.is_in());
            if is_in
                && wish.cursor_due().is_some_and(|due| due <= now)
                && let Some(place) = wish.say_cursor(now)
            {
                self.outputs.push(Output::Send(uplink::cursor(&wish.key.room, place)));
            }
        }
    }

    pub(in crate::session) fn say_typing(&mut self, room: &RoomId, context: Option<&str>) {
        if self.line.is_online() {
            self.send(uplink::typing(room, context));
        }
    }

    /// Says a message as the JSON doors have it, in a room or in the session: now or never.
    pub fn say(&mut self, room: Option<&RoomId>, text: &str) {
        let is_in = room.is_none_or(|room| self.view(room).is_some_and(RoomView::is_in));
        // The server reads what comes after a hello in its order.
        if self.line.is_open() && is_in {
            self.send(uplink::message_text(text));
        }
    }

    /// What the client says of itself in its next hello. What refused a room before may not hold for who we are now.
    pub fn set_info(&mut self, now: Millis, info: String) {
        self.config.info = info;
        self.desired.wish_anew();
        self.say_wishes(now);
    }

    fn report_every(&self) -> Millis {
        self.timing.thresholds.idle_after.part(1, REPORTS_BEFORE_IDLE).min(LONGEST_REPORT)
    }

    /// When unreported input is to be told.
    pub(in crate::session) fn report_due(&self) -> Option<Millis> {
        if !self.line.is_online() || self.last_input == self.reported_input {
            return None;
        }
        Some(self.reported_at.map_or(Millis::ZERO, |at| at + self.report_every()))
    }

    pub(in crate::session) fn report(&mut self, now: Millis) {
        self.reported_at = Some(now);
        self.reported_input = self.last_input;
        let activity = Activity { said: None, input_ago: self.last_input.map(|at| now.since(at)) };
        self.send(uplink::report(&activity));
    }

    pub(in crate::session) fn ack_due(&self) -> Option<Millis> {
        (self.volatile_received > self.volatile_acknowledged).then(|| self.acknowledged_at + self.timing.ack_every)
    }

    pub(in crate::session) fn acknowledge(&mut self, now: Millis) {
        self.volatile_acknowledged = self.volatile_received;
        self.acknowledged_at = now;
        self.send(uplink::ack(self.volatile_received));
    }
}
