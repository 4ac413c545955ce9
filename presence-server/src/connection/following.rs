//! At some doors a socket hears messages to people without asking for them (`CONTRACT.md` 1).

use presence_hub::io::Shard;
use presence_model::command::Command;
use presence_model::feed::Feed;
use presence_model::id::SessionId;
use presence_model::wire::json::door::Door;

use crate::connection::{Connection, Context};
use crate::dialect::Dialect;

impl Connection {
    /// The socket speaks for this session from now on. Who said that it wants to hear nothing is believed as long as it
    /// is the same one. The client did not say it, so that it counts for no rate.
    pub(in crate::connection) fn speak_for(&mut self, context: &mut Context<'_>, session: SessionId) {
        let before = self.session.replace(session.clone());
        if before != Some(session) && matches!(self.dialect, Dialect::Json(Door::Ws | Door::Kleoz)) {
            self.send(context, Shard::LOBBY, Command::Follow(Feed::Messages));
        }
    }
}
