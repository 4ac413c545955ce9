//! What one socket is to be sent. Shards put it in, the socket's owner takes it out; both hold the lock
//! for a moment only.

use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use presence_hub::outbox::{Outbox, TooSlow};
use presence_model::close::Close;
use presence_model::id::SessionId;
use presence_model::limit::Limits;
use tokio::sync::Notify;

use crate::dialect::Dialect;
use crate::farewell::Farewell;

#[derive(Debug)]
pub struct Mailbox {
    dialect: Dialect,
    content: Mutex<Content>,
    news: Notify,
}

#[derive(Debug)]
struct Content {
    outbox: Outbox,
    /// The session the socket speaks for, once the lobby said so.
    session: Option<SessionId>,
    /// The first word to close; later ones change nothing.
    farewell: Option<Farewell>,
}

impl Mailbox {
    pub fn new(dialect: Dialect, limits: &Limits) -> Self {
        let outbox = Outbox::new(limits, dialect == Dialect::Binary);
        Self { dialect, content: Mutex::new(Content { outbox, session: None, farewell: None }), news: Notify::new() }
    }

    pub const fn dialect(&self) -> Dialect {
        self.dialect
    }

    pub fn establish(&self, session: SessionId) {
        self.lock().session = Some(session);
        self.news.notify_one();
    }

    pub fn session(&self) -> Option<SessionId> {
        self.lock().session.clone()
    }

    /// Puts in what `fill` has for the socket, which sees whom it speaks for.
    pub fn put(&self, fill: impl FnOnce(Option<&SessionId>, &mut Outbox) -> Result<(), TooSlow>) {
        let mut content = self.lock();
        let Content { outbox, session, farewell } = &mut *content;
        if farewell.is_none() && fill(session.as_ref(), outbox) == Err(TooSlow) {
            *farewell = Some(Close::SlowConsumer.into());
        }
        drop(content);
        self.news.notify_one();
    }

    /// Puts one frame into the lane where everything counts.
    pub fn push(&self, frame: Bytes) {
        self.put(|_, outbox| outbox.push(frame));
    }

    pub fn close(&self, farewell: Farewell) {
        self.lock().farewell.get_or_insert(farewell);
        self.news.notify_one();
    }

    pub fn farewell(&self) -> Option<Farewell> {
        self.lock().farewell
    }

    /// The next frame to write. The wire's own order: what was put in first goes first, within its lane.
    pub fn pop(&self) -> Option<Bytes> {
        self.lock().outbox.pop()
    }

    pub fn acknowledge(&self, received: u64) {
        self.lock().outbox.acknowledge(received);
    }

    pub fn take_catch_up(&self) -> bool {
        self.lock().outbox.take_catch_up()
    }

    /// Waits for whatever the other side did since the last wait.
    pub async fn news(&self) {
        self.news.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        // No section under this lock can leave it half done.
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use presence_hub::outbox::Subject;

    #[test]
    fn the_first_word_to_close_counts_and_nothing_comes_after_it() {
        let mailbox = Mailbox::new(Dialect::Binary, &Limits { queued_bytes: 4, ..Limits::default() });
        mailbox.push(Bytes::from_static(b"1234"));
        mailbox.push(Bytes::from_static(b"5"));
        mailbox.close(Close::ServiceRestart.into());
        assert_eq!(mailbox.farewell(), Some(Close::SlowConsumer.into()));
        assert!(!mailbox.farewell().unwrap().flushes);
        mailbox.put(|_, outbox| {
            outbox.push_volatile(Subject { channel: 1, slot: None }, Bytes::from_static(b"v"));
            Ok(())
        });
        assert_eq!(mailbox.pop(), Some(Bytes::from_static(b"1234")));
        assert_eq!(mailbox.pop(), None);
    }
}
