//! When the app is asked for a token. It answers when it likes, and never while it is asked already; an app that has
//! none, or none that the server takes, is left alone for a while.

use alloc::string::String;

use crate::close::Close;
use crate::session::machine::Session;
use crate::session::output::{Change, RoomState, TokenReason};
use crate::time::Millis;
use crate::wire::binary::uplink;

/// After an answer that did not help, the app is not asked again for so long.
const QUIET: Millis = Millis::seconds(30);

/// The question to the app.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The app can be asked at all.
    can_ask: bool,
    reason: TokenReason,
    /// To be asked as soon as it may be, though the line is up.
    is_wanted: bool,
    is_open: bool,
    quiet_until: Millis,
}

impl Question {
    /// When it is to be asked beside a line that is up.
    pub fn due(&self) -> Option<Millis> {
        (self.is_wanted && !self.is_open).then_some(self.quiet_until)
    }

    fn want(&mut self, reason: TokenReason) {
        self.reason = reason;
        self.is_wanted = true;
    }
}

impl Session {
    /// The token that the next hello says, and the rest of this line's life; whether the app can be asked for others.
    /// Without a token this answers a question, if there is one: the app has none.
    pub fn set_token(&mut self, now: Millis, token: Option<String>, can_ask: bool) {
        self.question.can_ask = can_ask;
        let was_open = core::mem::take(&mut self.question.is_open);
        if was_open && (token.is_none() || self.question.reason != TokenReason::Start) {
            self.question.quiet_until = now + QUIET;
        }
        let is_missed = self.lacks_token() && self.line.is_waiting();
        if let Some(token) = token {
            self.question.is_wanted = false;
            // Before the server's welcome, too: it reads what comes after a hello in its order.
            if self.line.is_open() {
                self.send(uplink::auth(&token));
                self.desired.unmute();
                if self.rooms.iter().any(|view| view.state() == RoomState::Refused) {
                    self.desired.wish_anew();
                    self.say_wishes(now);
                }
            }
            self.config.token = Some(token);
        }
        if is_missed {
            self.open(now);
        }
    }

    pub(in crate::session) fn lacks_token(&self) -> bool {
        self.question.can_ask && self.config.token.is_none()
    }

    /// Asks the app, or gives the moment when it may be asked.
    pub(in crate::session) fn ask(&mut self, now: Millis) -> Option<Millis> {
        let question = &mut self.question;
        if question.is_open {
            return None;
        }
        if now < question.quiet_until {
            return Some(question.quiet_until);
        }
        question.is_open = true;
        let reason = question.reason;
        self.tell(Change::Token(reason));
        None
    }

    /// The server says that the token ends soon.
    pub(in crate::session) fn note_expiring(&mut self, now: Millis) {
        if self.question.can_ask && !self.question.is_open {
            self.question.want(TokenReason::Expiring);
            self.ask(now);
        }
    }

    /// Whether the line ended for want of another token, which the app may have.
    pub(in crate::session) fn note_rejected(&mut self, now: Millis, code: u16) -> bool {
        let is_token = code == Close::TokenExpired.code() || code == Close::Unauthorized.code();
        if !is_token || !self.question.can_ask {
            return false;
        }
        // The answer to that very question was of no use.
        let again = self.question.reason == TokenReason::Rejected && now < self.question.quiet_until;
        self.question.quiet_until = if again { now + QUIET } else { now };
        self.question.want(TokenReason::Rejected);
        self.config.token = None;
        true
    }
}
