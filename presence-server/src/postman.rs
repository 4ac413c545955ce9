//! Carries out what a hub says: encodes each event once for each dialect, and shares the bytes among
//! all who get it.

use bytes::Bytes;
use presence_hub::io::{Lane, Output};
use presence_hub::outbox::{Outbox, Subject, TooSlow};
use presence_model::event::{Event, RoomChange};
use presence_model::id::{ConnectionId, SessionId};
use presence_model::time::Millis;
use presence_model::wire::binary::encode;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::encode::encode;

use crate::dialect::Dialect;
use crate::directory::Directory;
use crate::router::Router;

#[derive(Debug)]
pub struct Postman {
    directory: Directory,
    router: Router,
}

/// An event as one dialect tells it.
#[derive(Default)]
struct Letter {
    sheets: Vec<Sheet>,
    /// What nobody must hear of any more, once this is told.
    ended: Vec<Subject>,
}

/// One frame.
struct Sheet {
    bytes: Bytes,
    /// Set where only the newest counts.
    subject: Option<Subject>,
    not_for: Option<SessionId>,
}

impl Postman {
    pub const fn new(directory: Directory, router: Router) -> Self {
        Self { directory, router }
    }

    pub fn perform(&self, now: Millis, output: Output) {
        match output {
            Output::Tell { to, event, lane } => self.tell(now, &to, &event, lane),
            Output::Established { connection, session } => {
                self.directory.each(&[connection], |mailbox| mailbox.establish(session.clone()));
            }
            Output::Close { connection, close } => {
                self.directory.each(&[connection], |mailbox| mailbox.close(close.into()));
            }
            Output::Peer { shard, message } => self.router.tell_peer(shard, message),
        }
    }

    fn tell(&self, now: Millis, to: &[ConnectionId], event: &Event, lane: Lane) {
        let write = |dialect| write(now, dialect, event, lane);
        let (mut binary, mut ws, mut rooms) = (None, None, None);
        self.directory.each(to, |mailbox| {
            let dialect = mailbox.dialect();
            let letter: &Letter = match dialect {
                Dialect::Binary => &mut binary,
                Dialect::Json(Door::Ws) => &mut ws,
                Dialect::Json(Door::Rooms) => &mut rooms,
            }
            .get_or_insert_with(|| write(dialect));
            if !letter.sheets.is_empty() {
                mailbox.put(|session, outbox| deliver(letter, session, outbox));
            }
        });
    }
}

fn deliver(letter: &Letter, session: Option<&SessionId>, outbox: &mut Outbox) -> Result<(), TooSlow> {
    for subject in &letter.ended {
        outbox.forget(*subject);
    }
    for sheet in &letter.sheets {
        if sheet.not_for.is_some() && sheet.not_for.as_ref() == session {
            continue;
        }
        match sheet.subject {
            Some(subject) => outbox.push_volatile(subject, sheet.bytes.clone()),
            None => outbox.push(sheet.bytes.clone())?,
        }
    }
    Ok(())
}

fn write(now: Millis, dialect: Dialect, event: &Event, lane: Lane) -> Letter {
    let channel = match (lane, event) {
        (Lane::Volatile, Event::Cursors { channel, .. }) => Some(*channel),
        // Nothing else names what it is about, so a newer one could not tell which it replaces.
        _ => None,
    };
    let subject = |slot| channel.map(|channel| Subject { channel, slot });
    match dialect {
        Dialect::Binary => {
            let bytes = encode::encode(event);
            // Some events have no binary form.
            if bytes.is_empty() {
                return Letter::default();
            }
            let ended = match event {
                // An older cursor frame would be written behind the picture, and show where somebody was.
                Event::RoomPicture(picture) => vec![Subject { channel: picture.channel, slot: None }],
                _ => vec![],
            };
            Letter { sheets: vec![Sheet { bytes: bytes.into(), subject: subject(None), not_for: None }], ended }
        }
        Dialect::Json(door) => {
            let sheets = encode(door, event, now).into_iter().map(|encoded| Sheet {
                bytes: encoded.text.into(),
                subject: subject(encoded.subject_slot),
                not_for: encoded.not_for,
            });
            Letter { sheets: sheets.collect(), ended: ended(event) }
        }
    }
}

/// In JSON each mover has a frame of his own. One that still waits when he leaves would be written behind
/// the news of it, and leave a cursor without a person.
fn ended(event: &Event) -> Vec<Subject> {
    let Event::RoomChanged { channel, changes, .. } = event else { return vec![] };
    let gone = changes.iter().filter_map(|change| match change {
        RoomChange::Left { card, .. } => Some(Subject { channel: *channel, slot: Some(card.slot) }),
        _ => None,
    });
    gone.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mailbox::Mailbox;
    use presence_model::event::{CursorMove, RoomPicture};
    use presence_model::id::{RoomId, UserId};
    use presence_model::limit::Limits;
    use presence_model::room::{Colour, Cursor, MemberCard, RoomKind};
    use std::sync::Arc;

    fn id(text: &str) -> SessionId {
        SessionId::parse(text).unwrap()
    }

    fn cursors() -> Event {
        let card = MemberCard {
            slot: 1,
            session_id: id("ann-1"),
            user_id: UserId::parse("ann").unwrap(),
            name: "Ann".to_owned(),
            image: None,
            colour: Colour(0),
            joined_at: Millis(0),
        };
        let moved = CursorMove { card: Arc::new(card), sequence: 1, cursor: Cursor::at(0.5, 0.5) };
        Event::Cursors { room: RoomId::parse("r").unwrap(), channel: 3, moves: vec![moved], now: Millis(5) }
    }

    #[test]
    fn json_movers_do_not_hear_of_themselves_and_the_newest_counts() {
        let directory = Directory::default();
        let (router, _inlets) = Router::new(1);
        let postman = Postman::new(directory.clone(), router);
        let names = ["ann-1", "bob-1"];
        let mailboxes = [1, 2].map(|_| Arc::new(Mailbox::new(Dialect::Json(Door::Rooms), &Limits::default())));
        let _listed: Vec<_> =
            (1..).zip(&mailboxes).map(|(n, mailbox)| directory.enter(ConnectionId(n), mailbox.clone())).collect();
        for (n, name) in (1..).zip(names) {
            postman.perform(Millis(0), Output::Established { connection: ConnectionId(n), session: id(name) });
        }
        let to = vec![ConnectionId(1), ConnectionId(2), ConnectionId(99)];
        for _ in 0..2 {
            let output = Output::Tell { to: to.clone(), event: Arc::new(cursors()), lane: Lane::Volatile };
            postman.perform(Millis(0), output);
        }
        let [ann, bob] = mailboxes;
        assert_eq!(ann.pop(), None);
        assert!(bob.pop().is_some());
        assert_eq!(bob.pop(), None);
    }

    #[test]
    fn no_cursor_is_written_behind_its_owners_leave() {
        let directory = Directory::default();
        let (router, _inlets) = Router::new(1);
        let postman = Postman::new(directory.clone(), router);
        let bob = Arc::new(Mailbox::new(Dialect::Json(Door::Rooms), &Limits::default()));
        let _listed = directory.enter(ConnectionId(1), bob.clone());
        let Event::Cursors { room, channel, moves, now } = cursors() else { unreachable!() };
        let left = RoomChange::Left { card: moves[0].card.clone(), last: true };
        let left = Event::RoomChanged { room, channel, version: 2, changes: vec![left], now };
        for (event, lane) in [(cursors(), Lane::Volatile), (left, Lane::Ordered)] {
            postman.perform(now, Output::Tell { to: vec![ConnectionId(1)], event: Arc::new(event), lane });
        }
        let told: Vec<_> = std::iter::from_fn(|| bob.pop()).collect();
        assert!(told.len() == 1 && told[0].windows(9).any(|part| part == b"user_left"), "{told:?}");
    }

    #[test]
    fn no_older_cursors_are_written_behind_a_picture() {
        let directory = Directory::default();
        let (router, _inlets) = Router::new(1);
        let postman = Postman::new(directory.clone(), router);
        let bob = Arc::new(Mailbox::new(Dialect::Binary, &Limits::default()));
        let _listed = directory.enter(ConnectionId(1), bob.clone());
        let Event::Cursors { room, channel, moves, now } = cursors() else { unreachable!() };
        let picture = RoomPicture {
            room,
            kind: RoomKind::Video,
            channel,
            version: 2,
            created_at: now,
            own_slot: 1,
            own_colour: moves[0].card.colour,
            members: Arc::default(),
        };
        for (event, lane) in [(cursors(), Lane::Volatile), (Event::RoomPicture(Box::new(picture)), Lane::Ordered)] {
            postman.perform(now, Output::Tell { to: vec![ConnectionId(1)], event: Arc::new(event), lane });
        }
        assert_eq!(std::iter::from_fn(|| bob.pop()).count(), 1);
    }
}
