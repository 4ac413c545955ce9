//! What the backend said lately, and whom it did not answer.

use std::collections::{BTreeMap, VecDeque};

use presence_model::grant::Opening;
use presence_model::id::{RoomId, UserId};
use presence_model::time::Millis;
use tokio::time::Instant;

/// What is remembered at most.
const MOST: usize = 10_000;

type Key = (UserId, RoomId);

#[derive(Debug, Default)]
pub(in crate::backend) struct Memory {
    /// What was said, and until when that holds.
    known: BTreeMap<Key, (Opening, Instant)>,
    /// In the order in which it was said, also what was replaced since.
    order: VecDeque<(Key, Instant)>,
}

impl Memory {
    /// What holds. How long no answer is to be expected shrinks.
    pub(in crate::backend) fn find(&self, now: Instant, key: &Key) -> Option<Opening> {
        let (opening, until) = self.known.get(key).filter(|(_, until)| *until > now)?;
        Some(match opening {
            Opening::Unknown(_) => Opening::Unknown(Millis((*until - now).as_millis() as u64).max(Millis(1))),
            opening => opening.clone(),
        })
    }

    /// Notes what was said. The oldest is forgotten for it where there is no room.
    pub(in crate::backend) fn note(&mut self, now: Instant, key: Key, opening: Opening, until: Instant) {
        while self.order.len() >= MOST || self.order.front().is_some_and(|(_, until)| *until <= now) {
            let Some((oldest, until)) = self.order.pop_front() else { break };
            if self.known.get(&oldest).is_some_and(|(_, held)| *held == until) {
                self.known.remove(&oldest);
            }
        }
        self.order.push_back((key.clone(), until));
        self.known.insert(key, (opening, until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::grant::Right;
    use std::time::Duration;

    fn key(number: usize) -> Key {
        (UserId::parse("ann").unwrap(), RoomId::parse(&format!("r{number}")).unwrap())
    }

    #[test]
    fn the_oldest_goes_for_the_newest_and_nothing_else_does() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        let (said, until) = (|| Opening::Rights(vec![Right::Read]), now + Duration::from_secs(30));
        (0..=MOST).for_each(|number| memory.note(now, key(number), said(), until));
        assert_eq!(memory.find(now, &key(0)), None);
        assert!((1..=MOST).all(|number| memory.find(now, &key(number)) == Some(said())));
        // What is said again and again takes no room without end.
        (0..MOST * 2).for_each(|_| memory.note(now, key(7), said(), until));
        assert!(memory.order.len() <= MOST && memory.known.len() <= MOST);
        assert_eq!(memory.find(now, &key(7)), Some(said()));
        memory.note(until, key(1), said(), until + Duration::from_secs(1));
        assert_eq!((memory.order.len(), memory.known.len()), (1, 1));
    }

    #[test]
    fn no_answer_says_how_long_none_is_to_be_expected() {
        let (mut memory, now) = (Memory::default(), Instant::now());
        memory.note(now, key(0), Opening::Unknown(Millis(5_000)), now + Duration::from_secs(5));
        let later = now + Duration::from_secs(2);
        assert_eq!(memory.find(later, &key(0)), Some(Opening::Unknown(Millis(3_000))));
        assert_eq!(memory.find(now + Duration::from_secs(5), &key(0)), None);
    }
}
