//! What happens to the page around the session: it is hidden and shown, put away and brought back.

use crate::close::Close;
use crate::session::line::Due;
use crate::session::machine::Session;
use crate::session::output::Output;
use crate::time::Millis;
use crate::wire::binary::uplink;

impl Session {
    /// Whether nobody can see the page: then the server need not tell who points where.
    pub fn set_hidden(&mut self, is_hidden: bool) {
        if core::mem::replace(&mut self.is_hidden, is_hidden) != is_hidden && self.line.is_online() {
            self.send(uplink::hidden(is_hidden));
        }
    }

    /// A new line: every page counts as shown.
    pub(in crate::session) fn resume_hidden(&mut self) {
        if self.is_hidden {
            self.send(uplink::hidden(true));
        }
    }

    /// The page became visible, came back, or the network did. `hidden_for` is how long it was away.
    pub fn handle_wake(&mut self, now: Millis, hidden_for: Millis) {
        match self.line.wake(now, hidden_for) {
            Some(Due::Open) => self.open(now),
            Some(Due::Probe) => self.send(uplink::probe(now)),
            Some(Due::Abandon) | None => {}
        }
    }

    /// Our clock jumped: the machine slept, or somebody set it.
    pub fn handle_clock_jump(&mut self, now: Millis, jump: Millis) {
        self.clock.distrust();
        self.handle_wake(now, jump);
    }

    /// The page is put away and may come back: free the line, so that the browser may keep the page.
    pub fn handle_page_cached(&mut self, now: Millis) {
        if self.line.is_started() {
            if self.line.has_socket() {
                self.push(Output::Close(Close::PageCached.code()));
            }
            self.line.sleep(now);
            self.tell_link();
        }
    }
}
