//! What one socket is to be sent next, as its connection knows it.

use std::sync::Arc;

use bytes::Bytes;
use tokio_tungstenite::tungstenite::Message;

use crate::dialect::Dialect;
use crate::mailbox::Mailbox;
use crate::metrics::SocketMetrics;

/// What is to be written.
pub struct Outgoing {
    pub mailbox: Arc<Mailbox>,
    dialect: Dialect,
    pub owes_ping: bool,
    /// Whether data was written since this was last looked at.
    pub wrote: bool,
    pub metrics: SocketMetrics,
}

impl Outgoing {
    pub const fn new(mailbox: Arc<Mailbox>, dialect: Dialect, metrics: SocketMetrics) -> Self {
        Self { mailbox, dialect, owes_ping: false, wrote: false, metrics }
    }

    pub fn pop(&mut self) -> Option<Message> {
        if std::mem::take(&mut self.owes_ping) {
            return Some(Message::Ping(Bytes::new()));
        }
        let frame = self.mailbox.pop()?;
        self.wrote = true;
        self.metrics.send(frame.len());
        Some(self.dialect.message(frame))
    }
}
