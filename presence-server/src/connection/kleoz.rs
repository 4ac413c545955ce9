//! Kleoz' greeting: which session the socket will have, before it is known who speaks.

use presence_model::id::SessionId;

use crate::connection::{AUTH, Connection, Context};
use crate::dialect::Dialect;

impl Connection {
    pub(in crate::connection) fn greet(&mut self, context: &mut Context<'_>) {
        let session = self.identity.announce();
        self.announce(session);
        // Kleoz' client says which instance it is right behind its request: introduced before that, it would be
        // seen to come as another one and to go again.
        self.is_offered = self.identity.is_offered();
        if self.is_offered {
            self.pulse.expect_hello_soon(context.now);
        } else {
            self.introduce(context, None, Box::default(), AUTH);
        }
    }

    /// Says again which session it is, if it turned out to be another one.
    pub(in crate::connection) fn correct_greeting(&mut self, session: &SessionId) {
        if self.announced.as_ref().is_some_and(|announced| announced != session) {
            self.announce(session.clone());
        }
    }

    fn announce(&mut self, session: SessionId) {
        self.say(&Dialect::connected(&session));
        self.announced = Some(session);
    }
}
