//! What all parts of one server share. Two servers in one process share nothing.

use std::convert::Infallible;
use std::sync::Arc;

use presence_model::call::Answer;
use presence_model::id::SessionId;
use presence_model::limit::{Limits, Timing};
use presence_model::posting::Receipt;
use presence_model::refusal::Refusal;
use tokio::sync::mpsc;

use crate::auth::gate::Gate;
use crate::auth::offer::Places;
use crate::backend::Backend;
use crate::calls::Calls;
use crate::clock::Clock;
use crate::metrics::Metrics;
use crate::origin::Origins;
use crate::quotas::Quotas;
use crate::router::Router;
use crate::store::writer::Writer;

#[derive(Debug)]
pub struct App {
    pub clock: Clock,
    pub timing: Arc<Timing>,
    pub limits: Arc<Limits>,
    pub gate: Gate,
    pub places: Places,
    /// Opens rooms that a token does not.
    pub backend: Option<Backend>,
    /// How often each user may call what no session counts.
    pub quotas: Quotas,
    /// How often each may post, but for who has the server's key.
    pub postings_of: Quotas,
    /// Who waits for what shards answer to calls.
    pub calls: Calls<Result<Answer, Refusal>>,
    /// And to what agents and backends post.
    pub postings: Calls<Result<Receipt, Refusal>>,
    pub store: Writer,
    /// Whether anybody may ask who is here.
    pub public_dashboards: bool,
    pub origins: Origins,
    pub demo: bool,
    /// The name of this machine.
    pub host: Arc<str>,
    pub router: Router,
    /// Each socket holds one of these; `serve` waits for the last. None is given out when it waits.
    pub in_use: mpsc::WeakSender<Infallible>,
    pub metrics: Metrics,
}

impl App {
    /// Nobody needs a token, nothing is kept: what the parts of a server are tested with.
    #[doc(hidden)]
    pub fn bare(router: Router) -> Self {
        let limits = Limits::default();
        Self {
            clock: Clock::start(),
            timing: Arc::default(),
            gate: Gate::Development,
            places: Places::default(),
            backend: None,
            quotas: Quotas::new(limits.rates.other),
            postings_of: Quotas::new(limits.rates.posting),
            limits: Arc::new(limits),
            calls: Calls::default(),
            postings: Calls::default(),
            store: Writer::default(),
            public_dashboards: true,
            origins: Origins::default(),
            host: Arc::default(),
            demo: false,
            router,
            in_use: mpsc::channel(1).0.downgrade(),
            metrics: Metrics::new(),
        }
    }
}

/// A name that nobody can guess and nothing had before.
pub fn fresh_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

/// A session id of that kind.
pub fn fresh_session() -> SessionId {
    // 32 letters and digits are an id.
    SessionId::parse(&fresh_id()).expect("hexadecimal digits are an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fresh_sessions_are_ids_and_differ() {
        let (a, b) = (fresh_session(), fresh_session());
        assert_eq!(a.as_str().len(), 32);
        assert_ne!(a, b);
    }
}
