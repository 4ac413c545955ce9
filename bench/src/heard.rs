//! What clients heard, counted over all of them.

use crate::histogram::Histogram;
use crate::stamp::Stamp;

/// A client is given it with each message and notes in it what the message meant.
#[derive(Debug, Default)]
pub struct Heard {
    /// The generator's clock in microseconds, when the message was read.
    pub now: u64,
    /// Updates of other members.
    pub deliveries: u64,
    /// Their ages.
    pub ages: Histogram,
    /// Ages of typing marks.
    pub typing_ages: Histogram,
    /// Members whom observers saw come, leave, and change otherwise.
    pub comings: u64,
    pub leavings: u64,
    pub changes: u64,
    /// Messages that said no. The first one's words tell what is wrong.
    pub refusals: u64,
    pub refusal: Option<String>,
    /// Whether the client that is given this is an observer. Of others comings and goings need not be read.
    pub is_watching: bool,
    /// Whether a client has joined; asked after each message.
    pub has_joined: bool,
}

impl Heard {
    /// An update of another member, with the stamp that he sent it with.
    pub fn delivery(&mut self, stamp: Stamp) {
        self.deliveries += 1;
        self.ages.record(stamp.age(self.stamp()));
    }

    /// The room showed itself: this client is in.
    pub fn joined(&mut self) {
        self.has_joined = true;
    }

    /// Another member appeared, as this client sees it.
    pub fn came(&mut self) {
        self.comings += u64::from(self.is_watching);
    }

    /// Another member disappeared.
    pub fn left(&mut self) {
        self.leavings += u64::from(self.is_watching);
    }

    /// Another member is shown otherwise.
    pub fn changed(&mut self) {
        self.changes += u64::from(self.is_watching);
    }

    pub fn typing(&mut self, stamp: Stamp) {
        self.typing_ages.record(stamp.age(self.stamp()));
    }

    pub fn refused(&mut self, words: &[u8]) {
        self.refusals += 1;
        self.refusal.get_or_insert_with(|| String::from_utf8_lossy(words).into_owned());
    }

    /// The stamp of something that is sent now.
    pub const fn stamp(&self) -> Stamp {
        Stamp(self.now as u32)
    }

    /// Whether a client has joined since this was last asked.
    pub fn take_joined(&mut self) -> bool {
        std::mem::take(&mut self.has_joined)
    }

    /// Forgets what was counted: what counts comes now.
    pub fn restart(&mut self) {
        let Self { now, is_watching, .. } = *self;
        *self = Self { now, is_watching, ..Self::default() };
    }
}
