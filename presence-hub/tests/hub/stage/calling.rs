//! Who calls over HTTP.

use presence_hub::io::{Call, CallId, Input};
use presence_model::call::{Answer, Request};
use presence_model::refusal::Refusal;

use crate::stage::Stage;
use crate::visit::{Visit, session};

impl Stage {
    /// Somebody calls over HTTP; the answer comes before anything else happens.
    pub(crate) fn call(&mut self, visit: &Visit, named: Option<&str>, request: Request) -> Result<Answer, Refusal> {
        let was_taken = named.is_some_and(|name| self.taken.contains(&session(name)));
        let id = self.call_only(visit, named, request);
        let answer = self.answer(id).expect("a call is answered");
        // Its session, if it began one, is no more.
        if let (false, Err(_), Some(name)) = (was_taken, &answer, named) {
            self.taken.remove(&session(name));
        }
        answer
    }

    /// As [`Self::call`], without waiting for the answer.
    pub(crate) fn call_only(&mut self, visit: &Visit, named: Option<&str>, request: Request) -> CallId {
        self.calls += 1;
        self.fresh += 1;
        let id = CallId(self.calls);
        let named = named.map(session);
        let free = named.clone().filter(|name| self.taken.insert(name.clone()));
        let call = Call {
            id,
            principal: visit.principal(),
            until: visit.until,
            granted: visit.opened.clone(),
            privacy: visit.hello.privacy,
            session: named,
            fresh: free.unwrap_or_else(|| session(&format!("fresh-{}", self.fresh))),
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
