//! What sockets say to hubs, hubs to sockets, and either to other shards.

use presence_hub::io::{Input, Lane, Output};
use presence_model::event::Event;
use presence_model::id::ConnectionId;
use presence_model::time::Millis;

use crate::connection::Context;
use crate::dialect::Dialect;
use crate::place::shard_of;
use crate::router::Post;
use crate::shard::driver::Driver;
use crate::shard::letter::Letter;

impl Driver {
    /// Carries what sockets say to hubs, and what the hub says to where it belongs, until nobody has more.
    pub(super) fn settle(&mut self, now: Millis) {
        loop {
            while let Some(output) = self.hub.poll() {
                self.route(now, output);
            }
            let Some((shard, input)) = self.said.pop_front() else { return };
            if shard == self.shard {
                self.hub.handle(now, input);
            } else {
                self.app.router.post(shard, Post::Input(Box::new(input)));
            }
        }
    }

    fn route(&mut self, now: Millis, output: Output) {
        match output {
            Output::Peer { shard, message } => self.app.router.post(shard, Post::Peer(message)),
            Output::Established { connection, .. } | Output::Close { connection, .. }
                if shard_of(connection) != self.shard =>
            {
                self.app.router.post(shard_of(connection), Post::Output(output));
            }
            Output::Tell { to, event, lane } if self.app.router.shards() > 1 => {
                let (own, mut others): (Vec<_>, Vec<_>) = to.into_iter().partition(|id| shard_of(*id) == self.shard);
                others.sort_by_key(|id| shard_of(*id));
                for to in others.chunk_by(|one, other| shard_of(*one) == shard_of(*other)) {
                    let output = Output::Tell { to: to.to_vec(), event: event.clone(), lane };
                    self.app.router.post(shard_of(to[0]), Post::Output(output));
                }
                self.perform(now, Output::Tell { to: own, event, lane });
            }
            output => self.perform(now, output),
        }
    }

    /// Does what a hub says to sockets of this shard. One that is gone needs nothing.
    pub(super) fn perform(&mut self, now: Millis, output: Output) {
        match output {
            Output::Tell { to, event, lane } => {
                if let Event::Cursors { moves, .. } = &*event {
                    self.work.moves += (to.len() * moves.len()) as u64;
                    self.work.frames += to.len() as u64;
                }
                self.tell(now, &to, &event, lane);
            }
            Output::Established { connection, session } => {
                if let Some(socket) = self.sockets.get_mut(connection) {
                    let mut context = Context { app: &self.app, now, said: &mut self.said };
                    socket.connection.establish(&mut context, session);
                    self.sockets.touch_told(connection);
                }
            }
            Output::Close { connection, close } => {
                if let Some(socket) = self.sockets.get_mut(connection) {
                    socket.connection.close(close.into());
                    self.sockets.touch_told(connection);
                }
            }
            Output::Peer { message, .. } => self.hub.handle(now, Input::Peer(message)),
            Output::Answer { call, answer } => self.app.calls.answer(call, *answer),
            Output::Posted { call, receipt } => self.app.postings.answer(call, *receipt),
            Output::Save(change) => self.app.store.keep(change),
        }
    }

    fn tell(&mut self, now: Millis, to: &[ConnectionId], event: &Event, lane: Lane) {
        let mut letters: [Option<Letter>; Dialect::ALL.len()] = [const { None }; Dialect::ALL.len()];
        for id in to {
            let Some(socket) = self.sockets.get_mut(*id) else { continue };
            let dialect = socket.connection.dialect();
            let letter = letters[dialect.index()]
                .get_or_insert_with(|| Letter::write(now, dialect, event, lane, &mut self.common));
            if !letter.is_empty() {
                socket.connection.fill(|addressee, outbox| letter.deliver(addressee, outbox));
                letter.mark().into_iter().for_each(|mark| socket.connection.expect(mark));
                self.sockets.touch_told(*id);
            }
        }
    }
}
