//! Messages to people: who hears them, now or when he returns.

use presence_model::feed::Feed;
use presence_model::id::{ConnectionId, SessionId};
use presence_model::time::Millis;

use crate::lobby::Lobby;
use crate::outputs::Outputs;

impl Lobby {
    /// A socket with a session follows a feed.
    pub(in crate::lobby) fn follow(
        &mut self,
        now: Millis,
        connection: ConnectionId,
        session: &SessionId,
        feed: Feed,
        out: &mut Outputs,
    ) {
        let Some(session) = self.sessions.find(session) else { return };
        self.followers.follow(connection, &session.principal.user_id, feed);
        let _ = (now, out);
    }
}
