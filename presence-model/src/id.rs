//! Names of things, checked when they come in, so that no later code checks them again.

use alloc::format;
use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The longest id we take, in bytes. Long enough for any UUID, URL slug or e-mail address.
pub const MAX_ID_BYTES: usize = 128;

/// Why a text cannot be an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadId {
    Empty,
    TooLong,
    ControlCharacter,
}

impl BadId {
    /// It completes "must …".
    pub const fn text(self) -> &'static str {
        match self {
            Self::Empty => "not be empty",
            Self::TooLong => "have at most 128 bytes",
            Self::ControlCharacter => "not contain control characters",
        }
    }
}

impl fmt::Display for BadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

/// Looks at bytes, since taking characters apart would weigh on the browser's module: controls are below the
/// space, the one behind the tilde, and U+0080 to U+009F, which are written as C2 and the number.
fn has_control(bytes: &[u8]) -> bool {
    let mut before = 0;
    bytes.iter().any(|&byte| {
        let is_second_half = core::mem::replace(&mut before, byte) == 0xc2;
        byte < b' ' || byte == 0x7f || is_second_half && byte < 0xa0
    })
}

pub(crate) fn checked(text: &str) -> Result<Arc<str>, BadId> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Err(BadId::Empty);
    }
    if text.len() > MAX_ID_BYTES {
        return Err(BadId::TooLong);
    }
    if has_control(text.as_bytes()) {
        return Err(BadId::ControlCharacter);
    }
    Ok(text.into())
}

macro_rules! ids {
    ($( $(#[$doc:meta])* $name:ident; )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Arc<str>);

        impl $name {
            pub fn parse(text: &str) -> Result<Self, BadId> {
                checked(text).map(Self)
            }

            /// For readers that go on after a bad text, and drop all they read.
            #[allow(dead_code, reason = "no frame has a user's id by itself")]
            pub(crate) const fn of_checked(text: Arc<str>) -> Self {
                Self(text)
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(from)?).map_err(de::Error::custom)
            }
        }
    )* };
}

ids! {
    /// Who the token says. Never what a client claims about itself.
    UserId;
    /// One installed client. Kept as it was written; compared through [`InstanceKey`].
    InstanceId;
    /// One tab or process. Survives reload and reconnect.
    SessionId;
    /// A resource that people look at together.
    RoomId;
    /// A program that reports what it does.
    AgentId;
    /// What agents work on.
    FeatureId;
    /// Where messages to people are said. The app's; nobody joins it here.
    ConversationId;
    /// A conversation that people of the list type into, as Kleoz names it. It is no room and nobody joins it.
    SessionKey;
}

/// What makes two instances the same one: the user, and the id without regard to case.
/// The user is part of it so that nobody overwrites another's row (`CONTRACT.md` 2).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceKey {
    user: UserId,
    folded: Arc<str>,
}

impl InstanceKey {
    pub fn new(user: &UserId, instance: &InstanceId) -> Self {
        Self { user: user.clone(), folded: instance.as_str().to_lowercase().into() }
    }

    pub fn user(&self) -> &UserId {
        &self.user
    }

    /// The id without regard to case.
    pub fn folded(&self) -> &str {
        &self.folded
    }

    /// As it was kept somewhere: its parts were checked and folded when it was made.
    pub fn of_folded(user: UserId, folded: &str) -> Self {
        Self { user, folded: folded.into() }
    }
}

impl fmt::Display for InstanceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.user, self.folded)
    }
}

/// An entry of the list as its readers know it: the server writes each in one way as long as it is there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstanceName {
    pub user: UserId,
    pub instance: InstanceId,
}

impl InstanceName {
    /// As one text, the user first. A slash in the user's id is written otherwise, so that no two are alike.
    pub fn text(&self) -> String {
        let user = self.user.as_str().replace('%', "%25").replace('/', "%2F");
        format!("{user}/{}", self.instance)
    }
}

/// The lowest digits of a number, as generated ids and colours are written.
pub fn hexadecimal(number: u64, digits: u32) -> String {
    let mut text = Vec::new();
    for place in (0..digits).rev() {
        let digit = (number >> (place * 4) & 15) as u8;
        text.push(digit + if digit < 10 { b'0' } else { b'a' - 10 });
    }
    // Digits are always text.
    String::from_utf8(text).unwrap_or_default()
}

/// One socket, numbered by whoever accepted it; never used twice in a server's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConnectionId(pub u64);

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "c{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_trimmed_and_checked() {
        assert_eq!(RoomId::parse("  video_123 ").unwrap().as_str(), "video_123");
        assert_eq!(RoomId::parse(" \t "), Err(BadId::Empty));
        for control in (0..=0xffff_u16).filter_map(|code| char::from_u32(code.into())) {
            let parsed = RoomId::parse(&format!("a{control}b"));
            assert_eq!(parsed.is_err(), control.is_control(), "{control:?}");
        }
        assert_eq!(RoomId::parse("a\u{0}b"), Err(BadId::ControlCharacter));
        assert_eq!(RoomId::parse(&"x".repeat(MAX_ID_BYTES + 1)), Err(BadId::TooLong));
    }

    #[test]
    fn hexadecimal_digits_keep_their_zeros() {
        assert_eq!(hexadecimal(0x0a_bcde, 6), "0abcde");
        assert_eq!(hexadecimal(u64::MAX, 16), "ffffffffffffffff");
        assert_eq!(BadId::TooLong.text(), format!("have at most {MAX_ID_BYTES} bytes"));
    }

    #[test]
    fn instances_are_compared_without_case_and_with_their_user() {
        let (ann, bob) = (UserId::parse("ann").unwrap(), UserId::parse("bob").unwrap());
        let (upper, lower) = (InstanceId::parse("ABC-1").unwrap(), InstanceId::parse("abc-1").unwrap());
        assert_eq!(InstanceKey::new(&ann, &upper), InstanceKey::new(&ann, &lower));
        assert_ne!(InstanceKey::new(&ann, &upper), InstanceKey::new(&bob, &upper));
    }

    #[test]
    fn no_two_instances_have_the_same_text() {
        let text = |user: &str, instance: &str| {
            let (user, instance) = (UserId::parse(user).unwrap(), InstanceId::parse(instance).unwrap());
            InstanceName { user, instance }.text()
        };
        assert_eq!(text("ann", "laptop"), "ann/laptop");
        assert_ne!(text("a/b", "c"), text("a", "b/c"));
        assert_ne!(text("a/b", "c"), text("a%2Fb", "c"));
    }
}
