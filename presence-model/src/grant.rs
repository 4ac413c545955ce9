//! What a token lets its bearer do in rooms (`CONTRACT.md` 3, claim `rooms`).

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use crate::id::RoomId;
use crate::refusal::{Code, Refusal};
use crate::time::Millis;

/// What may be done in a room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Right {
    /// Be in it, see who else is, and say what one's own player does: to watch is to be there.
    Read,
    /// Be seen doing something: cursor, selection, typing.
    Write,
    /// Drive what all watch together.
    Control,
}

impl Right {
    pub fn named(name: &str) -> Option<Self> {
        [Self::Read, Self::Write, Self::Control].into_iter().find(|right| right.name() == name)
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Control => "control",
        }
    }

    /// The refusal of a message to somebody who does not have this right in the room.
    pub fn lacking(self, message: &str, room: &RoomId) -> Refusal {
        let right = self.name();
        let text = format!("{message}: the token's claim `rooms` does not grant `{right}` in room `{room}`");
        Refusal::new(Code::Forbidden, text).at("roomId")
    }
}

/// What the app's backend says of a user in a room that the token does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opening {
    /// It opens with these; with none it stays closed.
    Rights(Vec<Right>),
    /// No answer came. It may come when it is asked again after so long.
    Unknown(Millis),
}

/// What the backend said of single rooms, each once.
pub type Granted = Vec<(RoomId, Opening)>;

/// The rooms of one token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grants {
    /// Every room with every right: nobody asks for a key.
    All,
    /// Rooms whose id a pattern matches, each with its rights. None: no room opens.
    Rooms(Vec<(Pattern, Vec<Right>)>),
}

/// A room's id in which `*` stands for any run of characters, an empty one too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// Whether a star is a star, and nothing else.
    is_plain: bool,
}

impl Pattern {
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_plain: false }
    }

    /// One room, whatever its id is made of.
    pub fn exactly(room: &RoomId) -> Self {
        Self { text: room.as_str().into(), is_plain: true }
    }

    /// Goes through both once, and back to the last star where it got stuck: no pattern makes it slow.
    pub fn matches(&self, room: &RoomId) -> bool {
        if self.is_plain {
            return self.text == room.as_str();
        }
        let (pattern, text) = (self.text.as_bytes(), room.as_str().as_bytes());
        let (mut at, mut on, mut star) = (0, 0, None);
        while on < text.len() {
            match pattern.get(at) {
                Some(b'*') => {
                    star = Some((at, on));
                    at += 1;
                }
                Some(byte) if *byte == text[on] => (at, on) = (at + 1, on + 1),
                _ => match star {
                    // The star takes one byte more.
                    Some((place, taken)) => {
                        star = Some((place, taken + 1));
                        (at, on) = (place + 1, taken + 1);
                    }
                    None => return false,
                },
            }
        }
        pattern[at..].iter().all(|byte| *byte == b'*')
    }
}

impl Grants {
    /// Whether any pattern that matches the room comes with the right.
    pub fn allow(&self, room: &RoomId, right: Right) -> bool {
        match self {
            Self::All => true,
            Self::Rooms(rooms) => {
                rooms.iter().any(|(pattern, rights)| rights.contains(&right) && pattern.matches(room))
            }
        }
    }

    /// Opens a room besides.
    pub fn open(&mut self, room: &RoomId, opening: &Opening) {
        if let (Self::Rooms(rooms), Opening::Rights(rights)) = (self, opening) {
            rooms.push((Pattern::exactly(room), rights.clone()));
        }
    }

    /// Refuses a message that needs a right which no pattern gives, and names the claim.
    pub fn demand(&self, message: &str, room: &RoomId, right: Right) -> Result<(), Refusal> {
        match self {
            Self::Rooms(rooms) if rooms.is_empty() => {
                let text = format!("{message}: the token has no claim `rooms`, so it does not open room `{room}`");
                Err(Refusal::new(Code::Forbidden, text).at("roomId"))
            }
            _ if self.allow(room, right) => Ok(()),
            _ => Err(right.lacking(message, room)),
        }
    }

    /// As [`Self::demand`], where the backend may have been asked too.
    pub fn demand_with(
        &self,
        opening: Option<&Opening>,
        message: &str,
        room: &RoomId,
        right: Right,
    ) -> Result<(), Refusal> {
        let Some(opening) = opening.filter(|_| !self.allow(room, right)) else {
            return self.demand(message, room, right);
        };
        match opening {
            Opening::Rights(rights) if rights.contains(&right) => Ok(()),
            Opening::Rights(_) => {
                let right = right.name();
                let text =
                    format!("{message}: neither the token nor the app's backend grants `{right}` in room `{room}`");
                Err(Refusal::new(Code::Forbidden, text).at("roomId"))
            }
            Opening::Unknown(wait) => {
                let text =
                    format!("{message}: the app's backend did not answer for room `{room}`, try again in {wait}");
                Err(Refusal::new(Code::GrantsUnavailable, text).at("roomId").after(*wait))
            }
        }
    }
}

impl Opening {
    /// Whether somebody may be in the room by it.
    pub fn opens(&self) -> bool {
        matches!(self, Self::Rights(rights) if rights.contains(&Right::Read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use proptest::prelude::*;

    fn room(id: &str) -> RoomId {
        RoomId::parse(id).unwrap()
    }

    #[test]
    fn a_star_stands_for_any_run_of_characters() {
        for (pattern, id, matches) in [
            ("video_1", "video_1", true),
            ("video_1", "video_12", false),
            ("video_*", "video_", true),
            ("video_*", "video_12", true),
            ("*", "anything at all", true),
            ("*_1", "a_b_1", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXcYb", false),
            ("**", "x", true),
            ("", "x", false),
            ("ä*", "äö", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(&room(id)), matches, "{pattern} on {id}");
        }
    }

    #[test]
    fn rights_are_those_of_the_patterns_that_match() {
        let grants = Grants::Rooms(vec![
            (Pattern::new("team-*"), vec![Right::Read]),
            (Pattern::new("team-1"), vec![Right::Write]),
        ]);
        assert!(grants.allow(&room("team-1"), Right::Read) && grants.allow(&room("team-1"), Right::Write));
        assert!(grants.allow(&room("team-2"), Right::Read) && !grants.allow(&room("team-2"), Right::Write));
        assert!(!grants.allow(&room("other"), Right::Read));
        assert!(!Grants::Rooms(vec![]).allow(&room("team-1"), Right::Read));
        assert!(Grants::All.allow(&room("other"), Right::Control));
    }

    #[test]
    fn a_refusal_names_the_claim_and_what_it_lacks() {
        let reads = Grants::Rooms(vec![(Pattern::new("team-*"), vec![Right::Read])]);
        for (grants, right, refused) in [
            (&Grants::All, Right::Control, None),
            (&reads, Right::Read, None),
            (&reads, Right::Write, Some("cursor: the token's claim `rooms` does not grant `write` in room `team-1`")),
            (
                &Grants::Rooms(vec![]),
                Right::Read,
                Some("cursor: the token has no claim `rooms`, so it does not open room `team-1`"),
            ),
        ] {
            let refusal = grants.demand("cursor", &room("team-1"), right).err();
            assert!(refusal.iter().all(|refusal| refusal.code == Code::Forbidden));
            assert_eq!(refusal.map(|refusal| refusal.message).as_deref(), refused);
        }
    }

    #[test]
    fn a_backend_opens_what_the_token_does_not_and_is_named_where_neither_does() {
        let reads = || Grants::Rooms(vec![(Pattern::new("team-1"), vec![Right::Read])]);
        let opening = |rights: &[Right]| Some(Opening::Rights(rights.to_vec()));
        for (id, opening, right, refused) in [
            ("team-1", opening(&[]), Right::Read, None),
            ("team-2", opening(&[Right::Read]), Right::Read, None),
            ("team-1", opening(&[Right::Read]), Right::Write, Some((Code::Forbidden, "neither"))),
            ("team-2", opening(&[]), Right::Read, Some((Code::Forbidden, "neither"))),
            ("team-2", None, Right::Read, Some((Code::Forbidden, "claim"))),
            ("team-1", Some(Opening::Unknown(Millis(1))), Right::Read, None),
            (
                "team-2",
                Some(Opening::Unknown(Millis::seconds(5))),
                Right::Read,
                Some((Code::GrantsUnavailable, "try again in 5")),
            ),
        ] {
            let refusal = reads().demand_with(opening.as_ref(), "join", &room(id), right).err();
            assert_eq!(refusal.as_ref().map(|refusal| refusal.code), refused.map(|(code, _)| code), "{id} {opening:?}");
            let Some((refusal, (_, words))) = refusal.zip(refused) else { continue };
            assert!(refusal.message.contains(words) && refusal.message.contains(id), "{refusal}");
            assert_eq!(refusal.field.as_deref(), Some("roomId"));
            assert_eq!(refusal.retry_after.is_some(), refusal.code.retryable());
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_what_was_made_from_it(parts in proptest::collection::vec("[a-c]{0,3}", 1..5), fill in "[a-c]{0,4}") {
            let id = parts.join(&fill);
            prop_assume!(!id.trim().is_empty());
            prop_assert!(Pattern::new(parts.join("*")).matches(&room(&id)));
        }
    }
}
