//! Why a socket is closed, and whether to come back: 4000–4499 come back, 4500–4999 stay away.
//! Below 4000 stand the codes of WebSocket itself.

/// A reason to close, as both ends know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Close {
    /// Done; the session ends with it.
    Normal,
    /// Sent by browsers when a page is closed, reloaded or left.
    GoingAway,
    /// The frame breaks the WebSocket protocol or is not of the door's kind.
    Protocol,
    /// The frame is larger than any this server reads.
    TooBig,
    /// The server stops or restarts.
    ServiceRestart,
    /// Nothing was heard from the other end for as long as the line may be silent.
    Silent,
    /// The reader is too slow for the ordered messages that wait for it.
    SlowConsumer,
    /// The first message did not come in time.
    HelloTimeout,
    /// The user has as many sessions as one may have; one of them may end.
    TooManySessions,
    /// The token ended and was not renewed; come back with another one.
    TokenExpired,
    /// Far more was asked than is answered.
    Abuse,
    /// Another socket took the session over.
    SessionReplaced,
    /// The user, or the address, has as many dashboards open as one may have.
    TooManyDashboards,
    /// The token is not taken.
    Unauthorized,
    /// Hello was refused for a reason that will not pass by itself.
    HelloRefused,
    /// A browser put the page away and may bring it back.
    PageCached,
    /// The client's engine failed and a new one takes over.
    EngineReplaced,
}

impl Close {
    pub const ALL: &'static [Self] = &[
        Self::Normal,
        Self::GoingAway,
        Self::Protocol,
        Self::TooBig,
        Self::ServiceRestart,
        Self::Silent,
        Self::SlowConsumer,
        Self::HelloTimeout,
        Self::TooManySessions,
        Self::TokenExpired,
        Self::Abuse,
        Self::SessionReplaced,
        Self::TooManyDashboards,
        Self::Unauthorized,
        Self::HelloRefused,
        Self::PageCached,
        Self::EngineReplaced,
    ];

    pub const fn code(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::GoingAway => 1001,
            Self::Protocol => 1002,
            Self::TooManyDashboards => 1008,
            Self::TooBig => 1009,
            Self::ServiceRestart => 1012,
            Self::Silent => 4000,
            Self::SlowConsumer => 4001,
            Self::HelloTimeout => 4002,
            Self::TooManySessions => 4003,
            Self::TokenExpired => 4004,
            Self::Abuse => 4005,
            Self::SessionReplaced => 4500,
            Self::Unauthorized => 4501,
            Self::HelloRefused => 4502,
            Self::PageCached => 4800,
            Self::EngineReplaced => 4801,
        }
    }

    pub const fn reason(self) -> &'static str {
        match self {
            Self::Normal => "bye",
            Self::GoingAway => "going away",
            Self::Protocol => "protocol error",
            Self::TooBig => "message too big",
            Self::ServiceRestart => "service restart",
            Self::Silent => "silent too long",
            Self::SlowConsumer => "slow consumer",
            Self::HelloTimeout => "no hello in time",
            Self::TooManySessions => "too many sessions",
            Self::TokenExpired => "token expired",
            Self::Abuse => "too many messages",
            Self::SessionReplaced => "session opened elsewhere",
            Self::TooManyDashboards => "too many dashboards",
            Self::Unauthorized => "unauthorized",
            Self::HelloRefused => "hello refused",
            Self::PageCached => "page put away",
            Self::EngineReplaced => "engine replaced",
        }
    }

    /// Whether a client that was closed with `code` should try again.
    pub const fn may_return(code: u16) -> bool {
        !matches!(code, 4500..=4999)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    #[test]
    fn the_range_says_whether_to_come_back() {
        assert!(Close::may_return(Close::SlowConsumer.code()));
        assert!(Close::may_return(1006));
        assert!(!Close::may_return(Close::Unauthorized.code()));
        let mut codes: Vec<_> = Close::ALL.iter().map(|close| close.code()).collect();
        codes.dedup();
        assert_eq!(codes.len(), Close::ALL.len());
    }
}
