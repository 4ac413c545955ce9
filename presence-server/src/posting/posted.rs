//! The way of everything that is posted: who sends it, whether he may, what it is, what became of it.

use std::pin::Pin;
use std::str;
use std::sync::Arc;

use axum::RequestExt;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request};
use axum::handler::Handler;
use axum::http::HeaderMap;
use axum::response::Response;
use presence_hub::io::Input;
use presence_model::command::Principal;
use presence_model::id::BadId;
use presence_model::posting::{Posting, Receipt};
use presence_model::refusal::{Code, Refusal};
use tokio::time::timeout;

use crate::admission::asker;
use crate::app::App;
use crate::auth::gate::Gate;
use crate::body;
use crate::calls::Unanswered;
use crate::clock::length;
use crate::reply::{Declined, json};

/// A request, and the id that its path names, if it names one.
pub struct Asked {
    pub app: Arc<App>,
    pub path: Result<Path<String>, PathRejection>,
    pub request: Request,
}

/// What a handler makes of a request: the body of the answer.
pub type Outcome = Result<String, Declined>;

/// A handler of ours as axum has them: what was turned down is counted, and answered with its error.
#[derive(Clone)]
pub struct Answering<H>(pub H);

impl<H, F> Handler<(), Arc<App>> for Answering<H>
where
    H: Fn(Asked) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Outcome> + Send,
{
    type Future = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn call(self, mut request: Request, app: Arc<App>) -> Self::Future {
        Box::pin(async move {
            let path = request.extract_parts().await;
            respond(&app, (self.0)(Asked { app: app.clone(), path, request }).await)
        })
    }
}

fn respond(app: &App, outcome: Outcome) -> Response {
    match outcome {
        Ok(body) => json(body),
        Err(declined) => {
            if let Some(code) = declined.refused() {
                app.metrics.refuse(code);
            }
            declined.at(app.clock.now())
        }
    }
}

/// Reads the body of a request whose sender may post it. Nothing is read of anybody else.
pub async fn body(
    app: &App,
    request: Request,
    message: &'static str,
    may: impl FnOnce(&Gate, Option<&Principal>) -> Result<(), Refusal>,
) -> Result<String, Declined> {
    let sender = asker(app, &request)?;
    may(&app.gate, sender.as_ref())?;
    count(app, sender.as_ref(), message)?;
    // A sender of a part and no more must not be waited for without end.
    let whole =
        timeout(length(app.timing.hello_timeout), body::read(request.into_body(), app.limits.posted_bytes)).await;
    let bytes = whole.map_err(|_| Declined::late("the body did not come in time"))??;
    let not_utf8 = |_| Refusal::new(Code::BadJson, format!("{message}: no JSON: it is not UTF-8"));
    Ok(String::from_utf8(bytes.into()).map_err(not_utf8)?)
}

fn count(app: &App, sender: Option<&Principal>, message: &str) -> Result<(), Refusal> {
    // Nobody asks how often backends of the app may, nor anybody in development.
    let Some(sender) = sender.filter(|sender| !sender.holds_all) else { return Ok(()) };
    app.postings_of.take(app.clock.now(), &sender.user_id).map_err(|wait| {
        let text = format!("{message}: too many requests of this kind, post it again in {wait}");
        Refusal::new(Code::RateLimited, text).after(wait)
    })
}

/// What the lobby makes of it.
pub async fn ask(app: &App, posting: Posting) -> Result<Receipt, Declined> {
    match app.postings.ask(&app.router, |call| Input::Post { call, posting: Box::new(posting) }).await {
        Ok(receipt) => Ok(receipt?),
        Err(Unanswered::Late) => Err(Declined::late(&Unanswered::Late.to_string())),
        Err(Unanswered::Ended) => Err(Declined::shutting_down()),
    }
}

/// Each posting has a receipt of its own kind; another one would be a mistake of ours.
pub fn foreign() -> Declined {
    tracing::error!("a posting has another's receipt");
    Declined::shutting_down()
}

/// The id that a path ends with.
pub fn id<T>(
    path: Result<Path<String>, PathRejection>,
    message: &str,
    field: &str,
    parse: fn(&str) -> Result<T, BadId>,
) -> Result<T, Refusal> {
    let bad = |must: &str| Refusal::bad_field(message, field, must);
    let Path(text) = path.map_err(|_| bad("be UTF-8"))?;
    parse(&text).map_err(|why| bad(why.text()))
}

/// A text among the headers; a blank one is none.
pub fn header<'a>(headers: &'a HeaderMap, message: &str, name: &str) -> Result<Option<&'a str>, Refusal> {
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = str::from_utf8(value.as_bytes()).map_err(|_| Refusal::bad_field(message, name, "be UTF-8"))?;
    Ok(Some(text.trim()).filter(|text| !text.is_empty()))
}
