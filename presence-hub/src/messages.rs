//! Messages to people: what waits for who is away, and who hears of which conversation.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::feed::Notification;
use presence_model::id::{ConversationId, UserId};
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::saved::Saved;

#[derive(Debug)]
pub struct Messages {
    timing: Arc<Timing>,
    limits: Arc<Limits>,
    waiting: BTreeMap<UserId, Vec<Arc<Notification>>>,
    members: BTreeMap<ConversationId, Vec<UserId>>,
}

impl Messages {
    pub fn new(timing: Arc<Timing>, limits: Arc<Limits>, saved: &Saved) -> Self {
        let mut messages = Self { timing, limits, waiting: BTreeMap::new(), members: BTreeMap::new() };
        for (user, notification) in &saved.notifications {
            messages.waiting.entry(user.clone()).or_default().push(Arc::new(notification.clone()));
        }
        for (conversation, members, _) in &saved.members {
            messages.members.insert(conversation.clone(), members.clone());
        }
        messages
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        let (_, _) = (&self.timing, &self.limits);
        None
    }
}
