//! An event as one dialect tells it: encoded once, and shared by all who get it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use presence_hub::io::Lane;
use presence_hub::outbox::{Outbox, TooSlow};
use presence_model::event::{Event, Listing, RoomChange};
use presence_model::id::SessionId;
use presence_model::room::Member;
use presence_model::time::Millis;
use presence_model::wire::binary::encode;
use presence_model::wire::gateway::encode::presence_event;
use presence_model::wire::gateway::frame::EventBody;
use presence_model::wire::json::door::Door;
use presence_model::wire::json::encode::encode;

use crate::connection::Addressee;
use crate::dialect::Dialect;
use crate::websocket::frame;

#[derive(Debug, Default)]
pub struct Letter {
    sheets: Vec<Sheet>,
    /// The room whose waiting cursors this overtakes.
    outdates: Option<u32>,
    /// What the ping behind it carries.
    mark: Option<u64>,
}

#[derive(Debug)]
enum Sheet {
    /// One frame where everything counts.
    Ordered { bytes: Bytes, not_for: Option<SessionId> },
    /// Where a room's cursors are.
    Volatile {
        channel: u32,
        /// What readers that acknowledge count for it.
        weight: usize,
        bytes: Bytes,
        /// Where in it each session's own cursor is, if it is not told of it.
        own: BTreeMap<SessionId, Range<usize>>,
    },
    /// The list for gateway clients, written once for each of their protocols.
    Listing(Box<Lists>),
    /// For a gateway client whose words depend on what it asked.
    Personal(Box<Event>),
}

#[derive(Debug)]
struct Lists {
    listing: Listing,
    bodies: [OnceCell<EventBody>; 2],
}

/// What letters of one turn have in common: those who enter a room together are shown the same members.
#[derive(Debug, Default)]
pub struct Common {
    members: Option<(Arc<Vec<Member>>, Vec<u8>)>,
}

impl Common {
    fn members(&mut self, members: &Arc<Vec<Member>>) -> &[u8] {
        if self.members.as_ref().is_none_or(|(known, _)| !Arc::ptr_eq(known, members)) {
            self.members = Some((members.clone(), encode::encode_members(members)));
        }
        self.members.as_ref().map_or(&[], |(_, bytes)| bytes)
    }
}

impl Letter {
    pub fn write(now: Millis, dialect: Dialect, event: &Event, lane: Lane, common: &mut Common) -> Self {
        let channel = match (lane, event) {
            (Lane::Volatile, Event::Cursors { channel, .. }) => Some(*channel),
            // Nothing else names what it is about, so a newer one could not tell which it replaces.
            _ => None,
        };
        let letter = match dialect {
            Dialect::Binary => Self::binary(event, channel, common),
            Dialect::Json(door) => Self::json(now, door, event, channel),
            Dialect::Gateway => Self::gateway(event),
        };
        match event {
            Event::Notification { mark: Some(mark), .. } => letter.marked(*mark),
            _ => letter,
        }
    }

    /// With a ping behind it, unless nothing is said.
    fn marked(mut self, mark: u64) -> Self {
        if !self.is_empty() {
            self.sheets.push(Sheet::Ordered { bytes: frame::ping(mark), not_for: None });
            self.mark = Some(mark);
        }
        self
    }

    pub const fn mark(&self) -> Option<u64> {
        self.mark
    }

    fn binary(event: &Event, channel: Option<u32>, common: &mut Common) -> Self {
        let payload = match event {
            Event::RoomPicture(picture) => encode::encode_room_picture(picture, common.members(&picture.members)),
            event => encode::encode(event),
        };
        // Some events have no binary form.
        if payload.is_empty() {
            return Self::default();
        }
        let bytes = frame::binary(&payload);
        let sheet = match channel {
            Some(channel) => Sheet::Volatile { channel, weight: payload.len(), bytes, own: BTreeMap::new() },
            None => Sheet::Ordered { bytes, not_for: None },
        };
        let outdates = match event {
            // An older cursor frame would be written behind the picture, and show where somebody was.
            Event::RoomPicture(picture) => Some(picture.channel),
            _ => None,
        };
        Self { sheets: vec![sheet], outdates, mark: None }
    }

    fn json(now: Millis, door: Door, event: &Event, channel: Option<u32>) -> Self {
        let messages = encode(door, event, now);
        let Some(channel) = channel else {
            let sheets = messages.into_iter().map(|message| Sheet::Ordered {
                bytes: frame::text(message.text.as_bytes()),
                not_for: message.not_for,
            });
            return Self { sheets: sheets.collect(), outdates: outdated(event), mark: None };
        };
        let (mut frames, mut own) = (vec![], BTreeMap::new());
        for message in messages {
            let start = frames.len();
            frame::push_text(&mut frames, message.text.as_bytes());
            own.extend(message.not_for.map(|session| (session, start..frames.len())));
        }
        if frames.is_empty() {
            return Self::default();
        }
        Self {
            sheets: vec![Sheet::Volatile { channel, weight: frames.len(), bytes: frames.into(), own }],
            outdates: None,
            mark: None,
        }
    }

    fn gateway(event: &Event) -> Self {
        let sheet = match event {
            Event::Listing(listing) => {
                Sheet::Listing(Box::new(Lists { listing: listing.clone(), bodies: <[_; 2]>::default() }))
            }
            event => Sheet::Personal(Box::new(event.clone())),
        };
        Self { sheets: vec![sheet], outdates: None, mark: None }
    }

    pub const fn is_empty(&self) -> bool {
        self.sheets.is_empty()
    }

    /// Puts it into the outbox of the addressee.
    pub fn deliver(&self, addressee: Addressee<'_>, outbox: &mut Outbox) -> Result<(), TooSlow> {
        let Addressee { session, mut talk } = addressee;
        if let Some(channel) = self.outdates {
            outbox.forget(channel);
        }
        for sheet in &self.sheets {
            match sheet {
                Sheet::Ordered { not_for, .. } if not_for.is_some() && not_for.as_ref() == session => {}
                Sheet::Ordered { bytes, .. } => _ = outbox.push(bytes.clone())?,
                Sheet::Volatile { channel, weight, bytes, own } => {
                    let own = session.and_then(|session| own.get(session)).cloned().unwrap_or_default();
                    let parts = [bytes.slice(..own.start), bytes.slice(own.end..)];
                    outbox.push_volatile(*channel, *weight, parts);
                }
                Sheet::Listing(lists) => {
                    let Some(talk) = &mut talk else { continue };
                    let Some(protocol) = talk.protocol() else { continue };
                    let body = lists.bodies[protocol as usize].get_or_init(|| presence_event(protocol, &lists.listing));
                    talk.show(body, outbox)?;
                }
                Sheet::Personal(event) => {
                    if let Some(text) = talk.as_mut().and_then(|talk| talk.tell(event)) {
                        _ = outbox.push(frame::text(text.as_bytes()))?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// JSON readers know a member and a room by their words only: a cursor that was written behind the news of a
/// leave would be one without a person, or without a place.
fn outdated(event: &Event) -> Option<u32> {
    match event {
        Event::RoomChanged { channel, changes, .. } => {
            changes.iter().any(|change| matches!(change, RoomChange::Left { .. })).then_some(*channel)
        }
        Event::RoomPicture(picture) => Some(picture.channel),
        Event::RoomLeft { channel, .. } => Some(*channel),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use presence_model::event::{CursorMove, RoomPicture};
    use presence_model::id::{RoomId, UserId};
    use presence_model::limit::Limits;
    use presence_model::room::{Colour, Cursor, MemberCard, RoomKind};

    use super::*;

    fn id(text: &str) -> SessionId {
        SessionId::parse(text).unwrap()
    }

    fn card(slot: u16, session: &str) -> Arc<MemberCard> {
        Arc::new(MemberCard {
            slot,
            session_id: id(session),
            user_id: UserId::parse("ann").unwrap(),
            name: "Ann".to_owned(),
            image: None,
            colour: Colour(0),
            joined_at: Millis(0),
        })
    }

    fn cursors(sessions: &[&str]) -> Event {
        let moves = (1..).zip(sessions).map(|(slot, session)| CursorMove {
            card: card(slot, session),
            sequence: 1,
            cursor: Cursor::at(0.5, 0.5),
        });
        Event::Cursors { room: RoomId::parse("r").unwrap(), channel: 3, moves: moves.collect(), now: Millis(5) }
    }

    fn left(session: &str) -> Event {
        let changes = vec![RoomChange::Left { card: card(1, session), last: true }];
        Event::RoomChanged { room: RoomId::parse("r").unwrap(), channel: 3, version: 2, changes, now: Millis(5) }
    }

    /// What a socket of the session is written of these events, as text.
    fn written(dialect: Dialect, session: &str, events: &[(Event, Lane)]) -> Vec<String> {
        let mut outbox = Outbox::new(&Limits::default(), dialect == Dialect::Binary);
        for (event, lane) in events {
            Letter::write(Millis(5), dialect, event, *lane, &mut Common::default())
                .deliver(Addressee { session: Some(&id(session)), talk: None }, &mut outbox)
                .unwrap();
        }
        std::iter::from_fn(|| outbox.pop()).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).collect()
    }

    const ROOMS: Dialect = Dialect::Json(Door::Rooms);

    #[test]
    fn json_movers_hear_of_all_but_themselves() {
        let event = [(cursors(&["ann-1", "bob-1", "cem-1"]), Lane::Volatile)];
        for (session, heard) in [
            ("ann-1", [false, true, true]),
            ("bob-1", [true, false, true]),
            ("cem-1", [true, true, false]),
            ("dan-1", [true; 3]),
        ] {
            let written = written(ROOMS, session, &event).concat();
            assert_eq!(["ann-1", "bob-1", "cem-1"].map(|mover| written.contains(mover)), heard, "{session}");
        }
        let own = [(cursors(&["ann-1"]), Lane::Volatile)];
        assert_eq!(written(ROOMS, "ann-1", &own), [""; 0]);
    }

    #[test]
    fn no_cursor_is_written_behind_its_owners_leave() {
        let own = Event::RoomLeft { room: RoomId::parse("r").unwrap(), channel: 3 };
        for (leave, told) in [(left("ann-1"), "user_left"), (own, "left")] {
            let events = [(cursors(&["ann-1"]), Lane::Volatile), (leave, Lane::Ordered)];
            let written = written(ROOMS, "bob-1", &events);
            assert_eq!(written.len(), 1);
            assert!(written[0].contains(told), "{written:?}");
        }
    }

    #[test]
    fn a_picture_leaves_no_older_cursors_behind_it() {
        let picture = RoomPicture {
            room: RoomId::parse("r").unwrap(),
            kind: RoomKind::Video,
            channel: 3,
            version: 1,
            created_at: Millis(0),
            own_slot: 1,
            own_colour: Colour(0),
            watch: None,
            members: Arc::default(),
        };
        for dialect in [Dialect::Binary, ROOMS] {
            let picture = (Event::RoomPicture(Box::new(picture.clone())), Lane::Ordered);
            let both = [(cursors(&["ann-1"]), Lane::Volatile), picture.clone()];
            assert_eq!(written(dialect, "bob-1", &both), written(dialect, "bob-1", &[picture]));
        }
    }
}
