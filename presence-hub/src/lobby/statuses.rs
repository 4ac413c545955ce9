//! What people choose to be seen doing, and say of it (`CONTRACT.md` 0).

use std::sync::Arc;

use presence_model::id::SessionId;
use presence_model::status::Status;
use presence_model::time::Millis;

use crate::lobby::Lobby;
use crate::outputs::Outputs;

impl Lobby {
    pub(in crate::lobby) fn choose_status(
        &mut self,
        now: Millis,
        id: &SessionId,
        (status, message): (Status, Option<String>),
        out: &mut Outputs,
    ) {
        let Some(user) = self.sessions.find(id).map(|session| session.principal.user_id.clone()) else { return };
        let message = message.as_deref().map(str::trim).filter(|message| !message.is_empty()).map(Arc::from);
        self.sessions.choose(now, id, status, message);
        // What was chosen elsewhere may be over, and time counts there again.
        let of_user: Vec<_> = self.sessions.of_user(&user).map(|(id, _)| id.clone()).collect();
        for other in &of_user {
            self.sessions.watch_status(now, other, &self.timing.thresholds);
        }
        self.refresh_status(now, id, out);
    }
}
