//! A room and who is in it: kinds, members, cursors, colours (`CONTRACT.md` 3).

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use serde::{Deserialize, Serialize};

use crate::id::{RoomId, SessionId, UserId, hexadecimal};
use crate::playback::Watching;
use crate::refusal::Refusal;
use crate::status::{Liveness, Status};
use crate::time::Millis;

/// What a room is about. Closed: it steers the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Hash)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    Project,
    Video,
    CommentThread,
    Comparison,
}

impl RoomKind {
    pub const ALL: &'static [Self] = &[Self::Project, Self::Video, Self::CommentThread, Self::Comparison];

    /// It completes "must …".
    pub const MUST: &'static str = "be project, video, comment_thread or comparison";

    pub const fn name(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Video => "video",
            Self::CommentThread => "comment_thread",
            Self::Comparison => "comparison",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == text)
    }
}

/// The same id under another kind is another room.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Hash)]
pub struct RoomKey {
    pub room: RoomId,
    pub kind: RoomKind,
}

/// Where someone points: a place on the surface, a moment of the medium, both, or nothing any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cursor {
    /// Fraction of the surface's width, 0 to 1.
    pub x: Option<f64>,
    /// Fraction of the surface's height, 0 to 1.
    pub y: Option<f64>,
    /// Media time in seconds.
    pub timestamp: Option<f64>,
}

impl Cursor {
    pub fn at(x: f64, y: f64) -> Self {
        Self { x: Some(x), y: Some(y), timestamp: None }
    }

    /// A cursor that points nowhere has left the surface.
    pub fn is_hidden(&self) -> bool {
        *self == Self::default()
    }

    /// Whether it is a place, a moment or neither, and no nonsense.
    pub fn is_sound(&self) -> bool {
        is_fraction(self.x) && is_fraction(self.y) && is_moment(self.timestamp)
    }

    /// Refuses what is no place and no moment, by its field.
    pub fn checked(self) -> Result<Self, Refusal> {
        let (field, must) = if !is_fraction(self.x) {
            ("data.x", "be a number from 0 to 1")
        } else if !is_fraction(self.y) {
            ("data.y", "be a number from 0 to 1")
        } else if !is_moment(self.timestamp) {
            ("data.timestamp", "be a number of seconds, 0 or more")
        } else {
            return Ok(self);
        };
        Err(Refusal::out_of_range("cursor", field, must))
    }
}

fn is_fraction(value: Option<f64>) -> bool {
    value.is_none_or(|value| (0.0..=1.0).contains(&value))
}

fn is_moment(seconds: Option<f64>) -> bool {
    seconds.is_none_or(|seconds| seconds.is_finite() && seconds >= 0.0)
}

/// A part of the medium that somebody marked, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Selection {
    pub start: f64,
    /// Not before the start.
    pub end: f64,
}

impl Selection {
    pub fn checked(self) -> Result<Self, Refusal> {
        let (field, must) = if !is_moment(Some(self.start)) {
            ("data.startTime", "be a number of seconds, 0 or more")
        } else if !is_moment(Some(self.end)) || self.end < self.start {
            ("data.endTime", "be a number of seconds, not before `startTime`")
        } else {
            return Ok(self);
        };
        Err(Refusal::out_of_range("selection", field, must))
    }
}

/// A colour as a screen mixes it: red, green and blue, a byte each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Colour(pub u32);

impl Colour {
    /// Of who takes none: a grey, which no member has.
    pub const NONE: Self = Self(0x0080_8080);

    /// `#RRGGBB`.
    pub fn text(self) -> String {
        let mut text = String::from("#");
        text.push_str(&hexadecimal(self.0.into(), 6));
        text.make_ascii_uppercase();
        text
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

/// The slot of a member that a client remembers and the server does not know (again) yet: nobody's.
pub const NO_SLOT: u16 = u16::MAX;

/// What does not change while a session is in a room; shared by all that mention it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberCard {
    /// The member's number in this room, unique while it is there.
    pub slot: u16,
    pub session_id: SessionId,
    pub user_id: UserId,
    pub name: String,
    pub image: Option<String>,
    pub colour: Colour,
    pub joined_at: Millis,
}

/// One session in a room.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    pub card: Arc<MemberCard>,
    /// The user's status, over all of the user's sessions.
    pub status: Status,
    /// What the user says of it.
    pub status_message: Option<Arc<str>>,
    pub liveness: Liveness,
    /// Newest sign of activity in this room or input anywhere, by the server's clock.
    pub last_active_at: Millis,
    /// Where the member is typing (`comment`, `reply`, …), perhaps an empty text; `None` while not.
    pub typing: Option<String>,
    pub cursor: Option<Cursor>,
    pub selection: Option<Selection>,
    /// What the member's player does; `None` where nothing was said of one.
    pub watching: Option<Watching>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::refusal::Code;

    #[test]
    fn cursors_outside_the_surface_are_refused_by_field() {
        for (cursor, field) in [
            (Cursor::at(1.5, 0.0), "data.x"),
            (Cursor::at(0.0, -0.1), "data.y"),
            (Cursor::at(f64::NAN, 0.0), "data.x"),
            (Cursor { timestamp: Some(f64::INFINITY), ..Cursor::default() }, "data.timestamp"),
            (Cursor { timestamp: Some(-1.0), ..Cursor::default() }, "data.timestamp"),
        ] {
            let refusal = cursor.checked().unwrap_err();
            assert_eq!((refusal.code, refusal.field.as_deref()), (Code::OutOfRange, Some(field)));
        }
        assert!(Cursor::at(0.0, 1.0).checked().is_ok());
        assert!(Cursor::default().checked().unwrap().is_hidden());
    }

    #[test]
    fn a_selection_ends_where_it_begins_or_later() {
        for (start, end, field) in [
            (-1.0, 2.0, Some("data.startTime")),
            (f64::NAN, 2.0, Some("data.startTime")),
            (3.0, 2.0, Some("data.endTime")),
            (3.0, f64::INFINITY, Some("data.endTime")),
            (3.0, 3.0, None),
        ] {
            let refused = Selection { start, end }.checked().err();
            assert_eq!(refused.and_then(|refusal| refusal.field).as_deref(), field);
        }
    }
}
