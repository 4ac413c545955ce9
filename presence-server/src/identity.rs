//! Whom one socket speaks for: what its request offered, and what its messages said since.

use presence_model::command::{Hello, Principal};
use presence_model::id::SessionId;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::auth::claims::bad_token;
use crate::auth::gate::Gate;
use crate::auth::offer::Offer;

pub struct Identity {
    gate: Gate,
    offer: Offer,
    principal: Option<Principal>,
}

impl Identity {
    pub const fn new(gate: Gate, offer: Offer) -> Self {
        Self { gate, offer, principal: None }
    }

    /// A client says who it is, for the first time or again. `fresh` names its session if nothing else does.
    pub fn introduce(
        &mut self,
        message: &str,
        token: Option<&str>,
        hello: &mut Hello,
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
            (None, None, None) => self.gate.guest(message, hello, fresh)?,
        };
        self.principal = Some(principal.clone());
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

    /// When the token ends, by the wall clock.
    pub fn expires_at(&self) -> Option<Millis> {
        self.principal.as_ref()?.expires_at
    }
}
