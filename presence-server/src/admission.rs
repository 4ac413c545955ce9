//! Who sends a request over HTTP, and whether he may know what it asks for.

use axum::extract::Request;
use presence_model::command::Principal;
use presence_model::refusal::{Code, Refusal};

use crate::app::App;
use crate::auth::gate::Gate;
use crate::auth::offer::Offer;
use crate::auth::publishing::nobody;

/// Who sends a request, if it says so.
pub fn asker(app: &App, request: &Request) -> Result<Option<Principal>, Refusal> {
    Offer::of(request, &app.places)?.token.map(|token| app.gate.principal(&token)).transpose()
}

/// Whether the sender of a request may know who is here. A bad token is refused where none is needed too.
pub fn admit(app: &App, request: &Request) -> Result<Option<Principal>, Refusal> {
    match asker(app, request)? {
        None if !app.public_dashboards => Err(nobody("presence")),
        asker => Ok(asker),
    }
}

/// Whether the sender may look into the server: whoever runs it, and in development everybody.
pub fn admit_operator(app: &App, request: &Request) -> Result<(), Refusal> {
    let asker = asker(app, request)?;
    if matches!(app.gate, Gate::Development) {
        return Ok(());
    }
    match asker {
        None => Err(nobody("metrics")),
        Some(asker) if asker.is_operator() => Ok(()),
        Some(_) => {
            Err(Refusal::new(Code::Forbidden, "metrics: the token's claim `scopes` does not hold `operator.read`"))
        }
    }
}
