//! Notifications for one person: what waits for who is away, and what was told to a socket of which it is not
//! known yet whether its line was alive.

use std::collections::BTreeSet;
use std::sync::Arc;

use presence_model::feed::Notification;
use presence_model::id::{ConnectionId, UserId};
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::messages::shelf::{Most, Shelf};
use crate::outputs::Outputs;
use crate::saved::{Change, Saved};

#[derive(Clone, Debug)]
struct Letter {
    notification: Arc<Notification>,
    /// Whether it survives a restart: it waited once.
    is_saved: bool,
}

#[derive(Debug)]
struct Sent {
    letter: Letter,
    /// Where it was told. One that lives is enough.
    to: Vec<ConnectionId>,
}

#[derive(Debug)]
pub struct Mail {
    most: Most,
    kept: Millis,
    waiting: Shelf<Letter>,
    sent: Shelf<Sent>,
    by_socket: BTreeSet<(ConnectionId, u64)>,
    /// Numbers letters, in the order in which they are to be told.
    last: u64,
}

impl Mail {
    pub fn new(timing: &Timing, limits: &Limits, saved: &Saved) -> Self {
        let mut mail = Self {
            most: Most { of_user: limits.notifications_per_user, of_all: limits.notifications },
            kept: timing.notifications_kept,
            waiting: Shelf::default(),
            sent: Shelf::default(),
            by_socket: BTreeSet::new(),
            last: 0,
        };
        // What waits again was written behind what came later.
        let mut saved: Vec<_> = saved.notifications.iter().collect();
        saved.sort_by_key(|(_, notification)| notification.at);
        for (user, notification) in saved {
            let number = mail.next();
            let letter = Letter { notification: Arc::new(notification.clone()), is_saved: true };
            mail.waiting.put(user.clone(), number, letter);
        }
        mail
    }

    /// Keeps it until its reader returns. The same again waits once.
    pub fn keep(&mut self, user: &UserId, notification: Arc<Notification>, out: &mut Outputs) {
        let number = self.next();
        self.put_by(user, number, Letter { notification, is_saved: false }, out);
    }

    /// Notes what is told to these sockets, until one of them shows that it lived.
    pub fn note(&mut self, user: &UserId, notification: Arc<Notification>, to: &[ConnectionId], out: &mut Outputs) {
        let is_it = |(_, sent): &(u64, &Sent)| sent.letter.notification.id == notification.id;
        let same = self.sent.of(user).find(is_it).map(|(number, _)| number);
        let is_saved = same.and_then(|same| self.forget_sent(same)).is_some_and(|(_, sent)| sent.letter.is_saved);
        let number = self.next();
        self.send(user, (number, Letter { notification, is_saved }), to, out);
    }

    /// What waits for somebody, in order, to be told to these sockets now.
    pub fn take(
        &mut self,
        now: Millis,
        user: &UserId,
        to: &[ConnectionId],
        out: &mut Outputs,
    ) -> Vec<Arc<Notification>> {
        self.expire(now, out);
        let numbers: Vec<_> = self.waiting.of(user).map(|(number, _)| number).collect();
        let letters = numbers.into_iter().filter_map(|number| Some((number, self.waiting.take(number)?.1)));
        let letters: Vec<_> = letters.collect();
        let told = letters.iter().map(|(_, letter)| letter.notification.clone()).collect();
        letters.into_iter().for_each(|letter| self.send(user, letter, to, out));
        told
    }

    /// A socket shows that it lives: what it was told has arrived.
    pub fn confirm(&mut self, connection: ConnectionId, out: &mut Outputs) {
        for number in self.told_to(connection) {
            if let Some((user, sent)) = self.forget_sent(number) {
                self.drop_letter(user, sent.letter, out);
            }
        }
    }

    /// A socket is gone. Returns for whom something waits again that was told nowhere else.
    pub fn lose(&mut self, connection: ConnectionId, out: &mut Outputs) -> Option<UserId> {
        let mut waits = None;
        for number in self.told_to(connection) {
            self.by_socket.remove(&(connection, number));
            let Some(sent) = self.sent.get_mut(number) else { continue };
            sent.to.retain(|other| *other != connection);
            if !sent.to.is_empty() {
                continue;
            }
            if let Some((user, sent)) = self.sent.take(number) {
                self.put_by(&user, number, sent.letter, out);
                waits = Some(user);
            }
        }
        waits
    }

    /// What waited for too long is forgotten.
    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        while let Some((number, letter)) = self.waiting.oldest()
            && letter.notification.at + self.kept <= now
        {
            self.discard(number, out);
        }
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn told_to(&self, connection: ConnectionId) -> Vec<u64> {
        let all = (connection, u64::MIN)..=(connection, u64::MAX);
        self.by_socket.range(all).map(|(_, number)| *number).collect()
    }

    /// Puts a letter where its reader will find it. Over the bounds the oldest go.
    fn put_by(&mut self, user: &UserId, number: u64, mut letter: Letter, out: &mut Outputs) {
        if self.waiting.of(user).any(|(_, waiting)| waiting.notification.id == letter.notification.id) {
            return;
        }
        if !letter.is_saved {
            letter.is_saved = true;
            out.save(Change::Kept { user: user.clone(), notification: letter.notification.clone() });
        }
        self.waiting.put(user.clone(), number, letter);
        while let Some(surplus) = self.waiting.surplus(user, self.most) {
            self.discard(surplus, out);
        }
    }

    fn send(&mut self, user: &UserId, (number, letter): (u64, Letter), to: &[ConnectionId], out: &mut Outputs) {
        self.by_socket.extend(to.iter().map(|socket| (*socket, number)));
        self.sent.put(user.clone(), number, Sent { letter, to: to.to_vec() });
        while let Some(surplus) = self.sent.surplus(user, self.most) {
            if let Some((user, sent)) = self.forget_sent(surplus) {
                self.drop_letter(user, sent.letter, out);
            }
        }
    }

    fn forget_sent(&mut self, number: u64) -> Option<(UserId, Sent)> {
        let (user, sent) = self.sent.take(number)?;
        for socket in &sent.to {
            self.by_socket.remove(&(*socket, number));
        }
        Some((user, sent))
    }

    fn discard(&mut self, number: u64, out: &mut Outputs) {
        if let Some((user, letter)) = self.waiting.take(number) {
            self.drop_letter(user, letter, out);
        }
    }

    /// Nobody needs it any more.
    fn drop_letter(&self, user: UserId, letter: Letter, out: &mut Outputs) {
        if letter.is_saved {
            out.save(Change::NotKept { user, id: letter.notification.id.clone() });
        }
    }
}
