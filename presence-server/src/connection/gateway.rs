//! What only gateway clients' sockets do.

use presence_model::close::Close;
use tracing::debug;

use crate::clock::wall_now;
use crate::connection::{Connection, Context};
use crate::ending::Ending;
use crate::farewell::Farewell;
use crate::gateway::talk::{Talk, farewell};

impl Connection {
    pub(in crate::connection) fn read_request(&mut self, context: &mut Context<'_>, text: &str) {
        if let Some(said) = self.talk.as_mut().and_then(|talk| talk.read(wall_now(), text)) {
            self.act_on(context, said);
        }
    }

    pub(in crate::connection) fn dismiss(&mut self, answer: Option<String>, farewell: Farewell) {
        debug!(code = farewell.code, reason = %farewell.reason, "dismissed");
        self.say_as_gateway(|_| answer);
        self.end(Ending::Ours(farewell));
    }

    /// What is said before the close, and in which words that is told.
    pub(in crate::connection) fn say_farewell(&mut self, words: Farewell) -> Farewell {
        if words.code == Close::ServiceRestart.code() {
            self.say_as_gateway(|talk| talk.shutdown(&words.reason));
        }
        farewell(words)
    }

    pub(in crate::connection) fn say_as_gateway(&mut self, words: impl FnOnce(&mut Talk) -> Option<String>) {
        if let Some(text) = self.talk.as_deref_mut().and_then(words) {
            self.say(text.as_bytes());
        }
    }
}
