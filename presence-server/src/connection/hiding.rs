//! What a page was not shown while nobody looked at it, or while its line took nothing.

use presence_hub::io::Shard;
use presence_model::command::Command;

use crate::connection::signing_in::Greeting;
use crate::connection::{Connection, Context};

impl Connection {
    pub(in crate::connection) fn hide(&mut self, context: &mut Context<'_>, is_hidden: bool) {
        self.outbox.set_hidden(is_hidden);
        self.catch_up(context);
    }

    pub(in crate::connection) fn catch_up(&mut self, context: &mut Context<'_>) {
        if self.greeting == Greeting::Answered && self.outbox.take_catch_up() {
            for shard in 0..context.app.router.shards() {
                self.send(context, Shard(shard), Command::CatchUp);
            }
        }
    }
}
