//! Whom one socket speaks for: what its request offered, and what its messages said since.

use presence_model::command::{Hello, Principal};
use presence_model::id::SessionId;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::app::fresh_session;
use crate::auth::claims::bad_token;
use crate::auth::gate::Gate;
use crate::auth::offer::Offer;

pub struct Identity {
    gate: Gate,
    offer: Offer,
    principal: Option<Principal>,
    /// Told before it was known who speaks, and nobody's yet.
    announced: Option<SessionId>,
}

impl Identity {
    pub const fn new(gate: Gate, offer: Offer) -> Self {
        Self { gate, offer, principal: None, announced: None }
    }

    /// The session that will be the socket's if nothing else is said: the one it asked for, else a new one.
    pub fn announce(&mut self) -> SessionId {
        let offered = self.offer.session_id.clone();
        offered.unwrap_or_else(|| self.announced.get_or_insert_with(fresh_session).clone())
    }

    /// An id that nobody had.
    pub fn fresh(&self) -> SessionId {
        self.announced.clone().unwrap_or_else(fresh_session)
    }

    /// Whether the request brought a token.
    pub const fn is_offered(&self) -> bool {
        self.offer.token.is_some()
    }

    /// Whether the request said which instance or session it comes from.
    pub const fn is_placed(&self) -> bool {
        self.offer.instance_id.is_some() || self.offer.session_id.is_some()
    }

    /// A client says who it is, for the first time or again. `fresh` names its session if nothing else does;
    /// `device` is one that it has shown to be.
    pub fn introduce(
        &mut self,
        message: &str,
        token: Option<&str>,
        hello: &mut Hello,
        device: Option<&str>,
        fresh: &SessionId,
    ) -> Result<Principal, Refusal> {
        hello.session_id = hello.session_id.take().or_else(|| self.offer.session_id.clone());
        hello.instance_id = hello.instance_id.take().or_else(|| self.offer.instance_id.clone());
        // What the request offered may be older than what was said since.
        let principal = match (token, &self.principal, self.offer.token.as_deref()) {
            (Some(token), ..) | (None, None, Some(token)) => self.gate.principal(token)?,
            (None, Some(principal), _) => principal.clone(),
            // `auth` is all about the token; the other messages can do without.
            (None, None, None) if message == "auth" => {
                return Err(Refusal::new(Code::Unauthenticated, "No token provided"));
            }
            (None, None, None) => self.gate.guest(message, hello, device, fresh)?,
        };
        self.principal = Some(principal.clone());
        // Once: what the socket said of it since then is newer.
        hello.privacy = std::mem::take(&mut self.offer.privacy).then(hello.privacy);
        // From now on the socket has a session, and goes on with it unless it names another one.
        self.offer.session_id = None;
        self.announced = None;
        Ok(principal)
    }

    /// A newer token, for the user who is here already.
    pub fn renew(&mut self, token: &str) -> Result<Principal, Refusal> {
        let Some(held) = &self.principal else {
            return Err(Refusal::new(Code::Unauthenticated, "auth: this socket has not said who it is"));
        };
        let principal = self.gate.principal(token)?;
        if principal.user_id != held.user_id {
            return Err(bad_token("a renewal must name the same user: open another socket for another one"));
        }
        self.principal = Some(principal.clone());
        Ok(principal)
    }

    pub const fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// When the token ends, by the wall clock.
    pub fn expires_at(&self) -> Option<Millis> {
        self.principal.as_ref()?.expires_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "ann";

    fn identity(offer: Offer) -> Identity {
        Identity::new(Gate::Development, offer)
    }

    #[test]
    fn the_announced_session_is_given_to_the_first_who_comes_in_and_to_no_other() {
        let mut identity = identity(Offer::default());
        let announced = identity.announce();
        assert_eq!((identity.announce(), identity.fresh()), (announced.clone(), announced.clone()));
        assert!(identity.introduce("auth", Some("a\u{0}b"), &mut Hello::default(), None, &announced).is_err());
        assert_eq!(identity.fresh(), announced, "nobody came in");
        identity.introduce("auth", Some(TOKEN), &mut Hello::default(), None, &announced).unwrap();
        assert_ne!(identity.fresh(), announced);
    }

    /// Or who names a session that is another's would get it.
    #[test]
    fn a_session_that_was_asked_for_is_announced_and_is_none_that_nobody_had() {
        let asked_for = SessionId::parse("tab-1").ok();
        let mut identity = identity(Offer { session_id: asked_for.clone(), ..Offer::default() });
        assert_eq!(Some(identity.announce()), asked_for);
        assert_ne!(Some(identity.fresh()), asked_for);
        let (mut hello, fresh) = (Hello::default(), identity.fresh());
        identity.introduce("auth", Some(TOKEN), &mut hello, None, &fresh).unwrap();
        assert_eq!(hello.session_id, asked_for);
        // It may have got another one, which it keeps.
        let mut again = Hello::default();
        identity.introduce("connect", None, &mut again, None, &fresh).unwrap();
        assert_eq!(again.session_id, None);
    }
}
