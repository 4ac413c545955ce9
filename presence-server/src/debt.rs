//! However a connection ends, the lobby hears of it exactly once.

use presence_hub::io::{End, Input, Shard};
use presence_model::id::ConnectionId;

use crate::router::Router;

/// The lobby's claim to hear of the end of a connection that said hello.
#[derive(Debug)]
pub struct Debt {
    router: Router,
    connection: ConnectionId,
    is_owed: bool,
}

impl Debt {
    pub const fn new(router: Router, connection: ConnectionId) -> Self {
        Self { router, connection, is_owed: false }
    }

    /// The connection said hello.
    pub const fn incur(&mut self) {
        self.is_owed = true;
    }

    pub async fn pay(&mut self, end: End) {
        if self.is_owed {
            let _ = self.router.send(Shard::LOBBY, Input::Closed { connection: self.connection, end }).await;
            self.is_owed = false;
        }
    }
}

impl Drop for Debt {
    /// Only a panic or the end of the runtime leaves it unpaid.
    fn drop(&mut self) {
        if !self.is_owed {
            return;
        }
        let (router, connection) = (self.router.clone(), self.connection);
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = router.send(Shard::LOBBY, Input::Closed { connection, end: End::Lost }).await;
            });
        }
    }
}
