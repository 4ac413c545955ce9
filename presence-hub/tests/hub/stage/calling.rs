//! Who calls over HTTP.

use presence_hub::io::{Call, CallId, Input};
use presence_model::call::{Answer, Request};
use presence_model::refusal::Refusal;

use crate::stage::Stage;
use crate::visit::{Visit, session};

impl Stage {
    /// Somebody calls over HTTP; the answer comes before anything else happens.
    pub(crate) fn call(&mut self, visit: &Visit, named: Option<&str>, request: Request) -> Result<Answer, Refusal> {
        let id = self.call_only(visit, named, request);
        self.answer(id).expect("a call is answered")
    }

    /// As [`Self::call`], without waiting for the answer.
    pub(crate) fn call_only(&mut self, visit: &Visit, named: Option<&str>, request: Request) -> CallId {
        self.calls += 1;
        self.fresh += 1;
        let id = CallId(self.calls);
        let call = Call {
            id,
            principal: visit.principal(),
            session: named.map(session),
            fresh: session(&format!("fresh-{}", self.fresh)),
            ip: visit.ip.clone(),
            request,
        };
        self.handle(0, Input::Call(Box::new(call)));
        id
    }

    /// What a call was answered, once.
    pub(crate) fn answer(&mut self, id: CallId) -> Option<Result<Answer, Refusal>> {
        self.answers.remove(&id)
    }
}
