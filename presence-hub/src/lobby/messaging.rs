//! Messages to people: who hears them, now or when he returns.

use std::sync::Arc;

use presence_model::event::Event;
use presence_model::feed::{Availability, ChatMessage, Feed, Notification, Recipient};
use presence_model::id::{ConnectionId, SessionId, UserId};
use presence_model::posting::{Posting, Receipt};
use presence_model::refusal::{Code, Refusal};
use presence_model::status::Liveness;
use presence_model::time::Millis;

use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::sessions::Session;

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
        let user = session.principal.user_id.clone();
        if !self.followers.follow(connection, &user, feed) {
            return;
        }
        match feed {
            Feed::Agents => self.show_agents(now, connection, out),
            Feed::Messages => {
                if let Some(availability) = self.people.announced(&user) {
                    out.tell_one(connection, Event::UserPresence { user: user.clone(), availability, now });
                }
                self.deliver(now, &user, out);
            }
        }
    }

    /// Answers what is posted of messages.
    pub(in crate::lobby) fn post_message(
        &mut self,
        now: Millis,
        posting: Posting,
        out: &mut Outputs,
    ) -> Result<Receipt, Refusal> {
        match posting {
            Posting::Chat { message, members } => {
                if let Some(members) = members {
                    self.messages.circles.set(now, message.conversation.clone(), members, out)?;
                }
                Ok(self.chat(now, message, out))
            }
            Posting::Members { conversation, members } => {
                self.messages.circles.set(now, conversation, members, out)?;
                Ok(Receipt::Told { told: 0, kept: 0 })
            }
            Posting::Notify { to: Recipient::All, notification } => {
                let to = self.followers.of_messages();
                let told = self.seen_among(&to);
                out.tell(to, Event::Notification { notification: Arc::new(notification), mark: None, now });
                Ok(Receipt::Told { told, kept: 0 })
            }
            Posting::Notify { to: Recipient::User(user), notification } => {
                Ok(self.notify(now, &user, notification, out))
            }
            Posting::LastSeen(user) => Ok(self.last_seen_of(now, &user)),
            _ => Err(Refusal::new(Code::UnknownMessage, "post: this is no message")),
        }
    }

    /// Tells those who follow messages what a user does now.
    pub(in crate::lobby) fn announce(&self, now: Millis, user: &UserId, availability: Availability, out: &mut Outputs) {
        let to = self.followers.of_messages();
        out.tell(to, Event::UserPresence { user: user.clone(), availability, now });
    }

    /// Tells somebody what waits for him, if he hears it, as much as may be under way to him.
    pub(in crate::lobby) fn deliver(&mut self, now: Millis, user: &UserId, out: &mut Outputs) {
        let sockets = self.followers.of_user(user);
        if !sockets.iter().any(|socket| self.lives(*socket)) {
            return;
        }
        let part = self.messages.mail.take(now, user, &sockets, out);
        let last = part.letters.len().saturating_sub(1);
        for (place, notification) in part.letters.into_iter().enumerate() {
            let mark = (place == last).then_some(part.mark);
            out.tell(sockets.clone(), Event::Notification { notification, mark, now });
        }
    }

    /// All that a socket was told up to a mark has arrived, and more may be told.
    pub fn arrived(&mut self, now: Millis, connection: ConnectionId, mark: u64, out: &mut Outputs) {
        if let Some(user) = self.messages.mail.confirm(connection, mark, out) {
            self.deliver(now, &user, out);
        }
    }

    /// As [`Self::deliver`], to the user of a session that shows itself again.
    pub(in crate::lobby) fn deliver_to(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let user = self.sessions.find(id).map(|session| session.principal.user_id.clone());
        if let Some(user) = user {
            self.deliver(now, &user, out);
        }
    }

    /// A socket that may have been told something is gone.
    pub(in crate::lobby) fn lose_follower(&mut self, now: Millis, connection: ConnectionId, out: &mut Outputs) {
        self.followers.forget(connection);
        if let Some(user) = self.messages.mail.lose(connection, out) {
            self.deliver(now, &user, out);
        }
    }

    fn chat(&self, now: Millis, message: ChatMessage, out: &mut Outputs) -> Receipt {
        let members = self.messages.circles.of(&message.conversation);
        let to = match members {
            [] => self.followers.of_messages(),
            members => members.iter().flat_map(|member| self.followers.of_user(member)).collect(),
        };
        let told = self.seen_among(&to);
        out.tell(to, Event::Chat { message: Arc::new(message), now });
        Receipt::Told { told, kept: 0 }
    }

    /// Who is here unseen hears it, and who posted it is answered as if nobody were.
    fn notify(&mut self, now: Millis, user: &UserId, notification: Notification, out: &mut Outputs) -> Receipt {
        let (id, notification) = (notification.id.clone(), Arc::new(notification));
        let sockets = self.followers.of_user(user);
        let living: Vec<_> = sockets.iter().copied().filter(|socket| self.lives(*socket)).collect();
        if living.is_empty() || self.messages.mail.waits(user) {
            self.messages.mail.keep(user, notification, out);
            self.deliver(now, user, out);
        } else {
            // One whose line is suspect may still come to.
            let mark = Some(self.messages.mail.note(user, notification.clone(), &sockets, out));
            out.tell(sockets, Event::Notification { notification, mark, now });
        }
        let told = if self.messages.mail.is_waiting(user, &id) { 0 } else { self.seen_among(&living) };
        Receipt::Told { told, kept: usize::from(told == 0) }
    }

    /// Whether its line lives, as far as is known.
    fn lives(&self, socket: ConnectionId) -> bool {
        self.speaker(socket).is_some_and(|session| session.liveness == Liveness::Connected)
    }

    /// How many of them others may know of. Dashboards, which have no session, hide from nobody.
    pub(in crate::lobby) fn seen_among(&self, sockets: &[ConnectionId]) -> usize {
        sockets.iter().filter(|socket| self.speaker(**socket).is_none_or(Session::is_seen)).count()
    }

    fn speaker(&self, socket: ConnectionId) -> Option<&Session> {
        self.sessions.on(socket).and_then(|id| self.sessions.find(id))
    }
}
