//! The queue of what a hub has to say, in order.

use std::collections::VecDeque;
use std::sync::Arc;

use presence_model::call::Answer;
use presence_model::close::Close;
use presence_model::event::Event;
use presence_model::id::{ConnectionId, RoomId, SessionId};
use presence_model::posting::Receipt;
use presence_model::refusal::Refusal;

use crate::io::{CallId, Lane, Output, PeerMessage, Shard};
use crate::saved::Change;

#[derive(Debug, Default)]
pub struct Outputs {
    queue: VecDeque<Output>,
}

impl Outputs {
    pub fn pop(&mut self) -> Option<Output> {
        self.queue.pop_front()
    }

    pub fn tell(&mut self, to: Vec<ConnectionId>, event: Event) {
        self.push(to, event, Lane::Ordered);
    }

    pub fn tell_one(&mut self, to: ConnectionId, event: Event) {
        self.push(vec![to], event, Lane::Ordered);
    }

    pub fn tell_newest(&mut self, to: Vec<ConnectionId>, event: Event) {
        self.push(to, event, Lane::Volatile);
    }

    pub fn refuse(&mut self, to: ConnectionId, about: &'static str, refusal: Refusal) {
        self.tell_one(to, Event::Refused { about, room: None, refusal });
    }

    pub fn refuse_in(&mut self, to: ConnectionId, about: &'static str, room: &RoomId, refusal: Refusal) {
        self.tell_one(to, Event::Refused { about, room: Some(room.clone()), refusal });
    }

    pub fn establish(&mut self, connection: ConnectionId, session: SessionId) {
        self.queue.push_back(Output::Established { connection, session });
    }

    pub fn close(&mut self, connection: ConnectionId, close: Close) {
        self.queue.push_back(Output::Close { connection, close });
    }

    pub fn peer(&mut self, shard: Shard, message: PeerMessage) {
        self.queue.push_back(Output::Peer { shard, message });
    }

    /// Keeps something across restarts.
    pub fn save(&mut self, change: Change) {
        self.queue.push_back(Output::Save(change));
    }

    pub fn answer(&mut self, call: CallId, answer: Result<Answer, Refusal>) {
        self.queue.push_back(Output::Answer { call, answer: Box::new(answer) });
    }

    pub fn posted(&mut self, call: CallId, receipt: Result<Receipt, Refusal>) {
        self.queue.push_back(Output::Posted { call, receipt: Box::new(receipt) });
    }

    /// Tells an event that is told to others too.
    pub fn tell_shared(&mut self, to: Vec<ConnectionId>, event: Arc<Event>) {
        if !to.is_empty() {
            self.queue.push_back(Output::Tell { to, event, lane: Lane::Ordered });
        }
    }

    fn push(&mut self, to: Vec<ConnectionId>, event: Event, lane: Lane) {
        if !to.is_empty() {
            self.queue.push_back(Output::Tell { to, event: Arc::new(event), lane });
        }
    }
}
