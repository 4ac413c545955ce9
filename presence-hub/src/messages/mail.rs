//! Notifications for one person: what waits for who is away, and what was told to a socket of which it is not
//! known yet whether it came there.

use std::collections::BTreeSet;
use std::sync::Arc;

use presence_model::feed::Notification;
use presence_model::id::{ConnectionId, UserId};
use presence_model::limit::{Limits, Timing};
use presence_model::time::Millis;

use crate::messages::shelf::{Most, Shelf};
use crate::outputs::Outputs;
use crate::saved::{Change, Saved};

/// So many bytes, as written, may be under way to one user of what waited. All of it at once could be more than
/// may wait for one socket, which would close it, each time anew.
const PART_BYTES: usize = 256 * 1024;

/// What a notification takes besides its texts, in a message and in memory, about.
const FRAME_BYTES: usize = 256;

#[derive(Debug)]
struct Sent {
    notification: Arc<Notification>,
    mark: u64,
    /// Where it was told. One that lives is enough.
    to: Vec<ConnectionId>,
}

/// All that is in here is kept on the disk too.
#[derive(Debug)]
pub struct Mail {
    most: Most,
    kept: Millis,
    waiting: Shelf<Arc<Notification>>,
    sent: Shelf<Sent>,
    by_socket: BTreeSet<(ConnectionId, u64)>,
    /// Numbers letters, in the order in which they are to be told, and marks, in which they were.
    last: u64,
}

/// What is told of what waited.
pub struct Part {
    pub letters: Vec<Arc<Notification>>,
    /// Behind the last.
    pub mark: u64,
}

impl Mail {
    pub fn new(timing: &Timing, limits: &Limits, saved: &Saved) -> Self {
        let mut mail = Self {
            most: Most {
                of_user: limits.notifications_per_user,
                of_all: limits.notifications,
                bytes: limits.notification_bytes_kept,
            },
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
            mail.waiting.put(user.clone(), number, size(notification), Arc::new(notification.clone()));
        }
        mail
    }

    /// Whether anything waits for somebody.
    pub fn waits(&self, user: &UserId) -> bool {
        self.waiting.of(user).next().is_some()
    }

    /// Whether that waits for somebody.
    pub fn is_waiting(&self, user: &UserId, id: &str) -> bool {
        self.waiting.of(user).any(|(_, waiting)| *waiting.id == *id)
    }

    /// Keeps it until its reader returns. The same again waits once, and not at all while it is under way.
    pub fn keep(&mut self, user: &UserId, notification: Arc<Notification>, out: &mut Outputs) {
        if self.is_waiting(user, &notification.id) || self.under_way(user, &notification.id).is_some() {
            return;
        }
        out.save(Change::Kept { user: user.clone(), notification: notification.clone() });
        let number = self.next();
        self.put_by(user, number, notification, out);
    }

    /// Notes what is told to these sockets now, until it came to one of them. Returns the mark behind it.
    pub fn note(
        &mut self,
        user: &UserId,
        notification: Arc<Notification>,
        to: &[ConnectionId],
        out: &mut Outputs,
    ) -> u64 {
        if let Some(same) = self.under_way(user, &notification.id) {
            self.forget_sent(same);
        }
        out.save(Change::Kept { user: user.clone(), notification: notification.clone() });
        let number = self.next();
        self.send(user, number, Sent { notification, mark: number, to: to.to_vec() }, out);
        number
    }

    /// What waits for somebody, in order, to be told to these sockets now: as much as may be under way to him.
    pub fn take(&mut self, now: Millis, user: &UserId, to: &[ConnectionId], out: &mut Outputs) -> Part {
        self.expire(now, out);
        let under_way = self.sent.of(user).map(|(_, sent)| written(&sent.notification));
        let mut bytes: usize = under_way.sum();
        let mut fits = |waiting: &Notification| {
            let is_first = bytes == 0;
            bytes += written(waiting);
            is_first || bytes <= PART_BYTES
        };
        let part = self.waiting.of(user).map(|(number, waiting)| (number, waiting.clone()));
        let part: Vec<_> = part.take_while(|(_, waiting)| fits(waiting)).collect();
        let mark = self.next();
        for (number, notification) in &part {
            self.waiting.take(*number);
            self.send(user, *number, Sent { notification: notification.clone(), mark, to: to.to_vec() }, out);
        }
        Part { letters: part.into_iter().map(|(_, notification)| notification).collect(), mark }
    }

    /// What a socket was told up to a mark has arrived. Returns to whom more may be told now.
    pub fn confirm(&mut self, connection: ConnectionId, mark: u64, out: &mut Outputs) -> Option<UserId> {
        let mut confirmed = None;
        for number in self.told_to(connection) {
            if self.sent.get_mut(number).is_some_and(|sent| sent.mark > mark) {
                continue;
            }
            if let Some((user, sent)) = self.forget_sent(number) {
                drop_letter(&user, &sent.notification, out);
                confirmed = Some(user);
            }
        }
        confirmed.filter(|user| self.waits(user))
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
                self.put_by(&user, number, sent.notification, out);
                waits = Some(user);
            }
        }
        waits
    }

    /// What waited for too long is forgotten.
    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        while let Some((number, notification)) = self.waiting.oldest()
            && notification.at + self.kept <= now
        {
            self.discard(number, out);
        }
    }

    fn under_way(&self, user: &UserId, id: &str) -> Option<u64> {
        let is_it = |(_, sent): &(u64, &Sent)| *sent.notification.id == *id;
        self.sent.of(user).find(is_it).map(|(number, _)| number)
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    fn told_to(&self, connection: ConnectionId) -> Vec<u64> {
        let all = (connection, u64::MIN)..=(connection, u64::MAX);
        self.by_socket.range(all).map(|(_, number)| *number).collect()
    }

    /// Puts it where its reader will find it. Over the bounds the oldest go.
    fn put_by(&mut self, user: &UserId, number: u64, notification: Arc<Notification>, out: &mut Outputs) {
        self.waiting.put(user.clone(), number, size(&notification), notification);
        while let Some(surplus) = self.waiting.surplus(user, self.most) {
            self.discard(surplus, out);
        }
    }

    /// Over the bounds the oldest count as arrived.
    fn send(&mut self, user: &UserId, number: u64, sent: Sent, out: &mut Outputs) {
        self.by_socket.extend(sent.to.iter().map(|socket| (*socket, number)));
        self.sent.put(user.clone(), number, size(&sent.notification), sent);
        while let Some(surplus) = self.sent.surplus(user, self.most) {
            if let Some((user, sent)) = self.forget_sent(surplus) {
                drop_letter(&user, &sent.notification, out);
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
        if let Some((user, notification)) = self.waiting.take(number) {
            drop_letter(&user, &notification, out);
        }
    }
}

/// Nobody needs it any more.
fn drop_letter(user: &UserId, notification: &Notification, out: &mut Outputs) {
    out.save(Change::NotKept { user: user.clone(), id: notification.id.clone() });
}

fn size(notification: &Notification) -> usize {
    FRAME_BYTES + notification.id.len() + notification.message.len()
}

/// What it takes in JSON.
fn written(notification: &Notification) -> usize {
    let of_byte = |byte: u8| match byte {
        b'"' | b'\\' => 2,
        0..=0x1f => 6,
        _ => 1,
    };
    let texts = notification.id.bytes().chain(notification.message.bytes());
    FRAME_BYTES + texts.map(of_byte).sum::<usize>()
}
