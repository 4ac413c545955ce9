//! What a session lets others see of its person (`CONTRACT.md` 3).

/// As it holds for a session. The default hides nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Privacy {
    /// Takes part at all: stands in the list of who is here, may be in rooms.
    pub is_present: bool,
    /// Sees and is not seen.
    pub is_invisible: bool,
    /// Others see where it points.
    pub shares_cursor: bool,
}

/// What a client says of it; what is left out stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PrivacyChange {
    pub presence: Option<bool>,
    pub invisible: Option<bool>,
    pub cursor: Option<bool>,
}

impl Default for Privacy {
    fn default() -> Self {
        Self { is_present: true, is_invisible: false, shares_cursor: true }
    }
}

impl PrivacyChange {
    /// Two that were said one after the other as one.
    pub fn then(self, newer: Self) -> Self {
        Self {
            presence: newer.presence.or(self.presence),
            invisible: newer.invisible.or(self.invisible),
            cursor: newer.cursor.or(self.cursor),
        }
    }
}

impl Privacy {
    pub fn with(self, change: PrivacyChange) -> Self {
        Self {
            is_present: change.presence.unwrap_or(self.is_present),
            is_invisible: change.invisible.unwrap_or(self.is_invisible),
            shares_cursor: change.cursor.unwrap_or(self.shares_cursor),
        }
    }

    /// Whether others may know that it is there.
    pub const fn is_seen(self) -> bool {
        self.is_present && !self.is_invisible
    }
}
