//! A room and who is in it: kinds, members, cursors, colours (`CONTRACT.md` 3).

use core::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{RoomId, SessionId, UserId};
use crate::refusal::Refusal;
use crate::status::{Liveness, Status};
use crate::time::Millis;

/// What a room is about. Closed: it steers the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoomKind {
    Project,
    Video,
    CommentThread,
    Comparison,
}

impl RoomKind {
    pub const ALL: &'static [Self] = &[Self::Project, Self::Video, Self::CommentThread, Self::Comparison];

    pub const NAMES: &'static str = "project, video, comment_thread or comparison";

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

    /// Refuses what is no place and no moment.
    pub fn checked(self) -> Result<Self, Refusal> {
        for (field, value) in [("data.x", self.x), ("data.y", self.y)] {
            if value.is_some_and(|value| !(0.0..=1.0).contains(&value)) {
                return Err(Refusal::bad_field("cursor", field, "be a number from 0 to 1"));
            }
        }
        if self.timestamp.is_some_and(|seconds| !seconds.is_finite() || seconds < 0.0) {
            return Err(Refusal::bad_field("cursor", "data.timestamp", "be a number of seconds, 0 or more"));
        }
        Ok(self)
    }
}

/// A colour that can be read on white and on black.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Colour(pub u32);

impl Colour {
    /// The `n`th colour: neighbours in `n` lie far apart in hue, and no two of the first 1,000 are equal.
    pub fn nth(n: u16) -> Self {
        const GOLDEN_ANGLE: f64 = 137.507_764;
        // Inside the band of luminance that keeps 3:1 against white and black, with a margin for rounding.
        const DARKEST: f64 = 0.115;
        const BAND: f64 = 0.165;
        let n = f64::from(n);
        let hue = (n * GOLDEN_ANGLE + 217.0) % 360.0;
        let saturation = 0.65 + 0.3 * ((n * 0.569_84) % 1.0);
        let wanted = DARKEST + BAND * ((n * 0.754_878 + 0.4) % 1.0);
        let (mut dark, mut light) = (0.0, 1.0);
        for _ in 0..24 {
            let middle = f64::midpoint(dark, light);
            if luminance(from_hsl(hue, saturation, middle)) < wanted { dark = middle } else { light = middle }
        }
        let [r, g, b] = from_hsl(hue, saturation, dark).map(|part| (part * 255.0).round() as u32);
        Self(r << 16 | g << 8 | b)
    }

    /// Contrast against white and against black, as WCAG counts it.
    pub fn contrasts(self) -> (f64, f64) {
        let parts = [self.0 >> 16 & 255, self.0 >> 8 & 255, self.0 & 255].map(|part| f64::from(part) / 255.0);
        let own = luminance(parts);
        (1.05 / (own + 0.05), (own + 0.05) / 0.05)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:06X}", self.0)
    }
}

fn from_hsl(hue: f64, saturation: f64, lightness: f64) -> [f64; 3] {
    let spread = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset: f64| {
        let k = (offset + hue / 30.0) % 12.0;
        lightness - spread * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

fn luminance(rgb: [f64; 3]) -> f64 {
    let [r, g, b] = rgb.map(|part| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
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
    pub liveness: Liveness,
    /// Newest sign of activity in this room or input anywhere, by the server's clock.
    pub last_active_at: Millis,
    /// Where the member is typing (`comment`, `reply`, …), perhaps an empty text; `None` while not.
    pub typing: Option<String>,
    pub cursor: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn colours_are_distinct_and_readable_on_white_and_black() {
        let colours: BTreeSet<_> = (0..1_000).map(Colour::nth).collect();
        assert_eq!(colours.len(), 1_000);
        for colour in colours {
            let (white, black) = colour.contrasts();
            assert!(white >= 3.0 && black >= 3.0, "{colour}: {white:.2} on white, {black:.2} on black");
        }
    }

    #[test]
    fn cursors_outside_the_surface_are_refused_by_field() {
        for (cursor, field) in [
            (Cursor::at(1.5, 0.0), "data.x"),
            (Cursor::at(0.0, -0.1), "data.y"),
            (Cursor::at(f64::NAN, 0.0), "data.x"),
            (Cursor { timestamp: Some(f64::INFINITY), ..Cursor::default() }, "data.timestamp"),
            (Cursor { timestamp: Some(-1.0), ..Cursor::default() }, "data.timestamp"),
        ] {
            assert_eq!(cursor.checked().unwrap_err().field.as_deref(), Some(field));
        }
        assert!(Cursor::at(0.0, 1.0).checked().is_ok());
        assert!(Cursor::default().checked().unwrap().is_hidden());
    }
}
