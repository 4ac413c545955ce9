//! How a socket's conversation ends, and under which code that is counted.

use presence_hub::io::End;
use presence_model::close::Close;

use crate::farewell::Farewell;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// We hang up.
    Ours(Farewell),
    /// They did, with this code.
    Theirs(Option<u16>),
    /// There is nobody to say anything to.
    LineDead,
}

/// What WebSocket calls a close frame without a code, and an end without a close frame.
const NO_CODE: u16 = 1005;
const LINE_BROKE: u16 = 1006;

impl Ending {
    /// What it means for the session.
    pub const fn end(&self) -> End {
        match self {
            Self::Theirs(Some(code)) => End::from_code(Some(*code)),
            Self::Theirs(None) => End::from_code(Some(NO_CODE)),
            Self::Ours(_) | Self::LineDead => End::Lost,
        }
    }

    /// The code under which it is counted: any that they may make up would be a label of its own.
    pub const fn counted(&self) -> u16 {
        match (self, self.end()) {
            (Self::Ours(farewell), _) => farewell.code,
            (Self::Theirs(_), End::Clean) => Close::Normal.code(),
            (Self::Theirs(_), End::GoingAway) => Close::GoingAway.code(),
            (Self::Theirs(_) | Self::LineDead, _) => LINE_BROKE,
        }
    }
}
