//! Who waits for the answer to a call: HTTP asks, some shard answers.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use presence_hub::io::{CallId, Input, Shard};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::router::{Post, Router};

/// Shards answer within milliseconds. Whoever asks one that does not shall not hang.
const PATIENCE: Duration = Duration::from_secs(5);

/// Those who wait for answers of one kind.
#[derive(Debug)]
pub struct Calls<T> {
    state: Mutex<State<T>>,
}

#[derive(Debug)]
struct State<T> {
    last: u64,
    is_closed: bool,
    waiting: BTreeMap<CallId, oneshot::Sender<T>>,
}

impl<T> Default for Calls<T> {
    fn default() -> Self {
        Self { state: Mutex::new(State { last: 0, is_closed: false, waiting: BTreeMap::new() }) }
    }
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    #[error("the server is going down")]
    Ended,
    #[error("the server takes too long to answer")]
    Late,
}

/// One who waits. When it goes, nobody waits any more.
struct Place<'a, T> {
    calls: &'a Calls<T>,
    id: CallId,
    answer: oneshot::Receiver<T>,
}

impl<T> Calls<T> {
    /// Asks the lobby what `input` makes of the number that the answer will have.
    pub async fn ask(&self, router: &Router, input: impl FnOnce(CallId) -> Input) -> Result<T, Unanswered> {
        let mut place = self.wait().ok_or(Unanswered::Ended)?;
        router.post(Shard::LOBBY, Post::Input(Box::new(input(place.id))));
        match timeout(PATIENCE, &mut place.answer).await {
            Ok(answer) => answer.map_err(|_| Unanswered::Ended),
            Err(_) => Err(Unanswered::Late),
        }
    }

    /// Some shard knows what became of a call. Who asked may have gone.
    pub fn answer(&self, id: CallId, answer: T) {
        let waiting = self.state().waiting.remove(&id);
        if let Some(waiting) = waiting {
            drop(waiting.send(answer));
        }
    }

    /// Takes no more calls, and lets nobody wait for shards that end.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        state.waiting.clear();
    }

    fn wait(&self) -> Option<Place<'_, T>> {
        let mut state = self.state();
        if state.is_closed {
            return None;
        }
        state.last += 1;
        let id = CallId(state.last);
        let (waiting, answer) = oneshot::channel();
        state.waiting.insert(id, waiting);
        Some(Place { calls: self, id, answer })
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Place<'_, T> {
    fn drop(&mut self) {
        self.calls.state().waiting.remove(&self.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use presence_model::call::{Answer, Reply};
    use presence_model::refusal::Refusal;

    type Answered = Result<Answer, Refusal>;

    #[test]
    fn who_does_not_wait_any_more_is_forgotten() {
        let calls = Calls::<Answered>::default();
        let (first, second) = (calls.wait().unwrap(), calls.wait().unwrap());
        assert_ne!(first.id, second.id);
        let id = first.id;
        drop(first);
        assert_eq!(calls.state().waiting.keys().copied().collect::<Vec<_>>(), [second.id]);
        calls.answer(id, Ok(Answer { session: None, reply: Reply::Done }));
    }

    #[test]
    fn an_answer_finds_who_asked_and_none_comes_twice() {
        let calls = Calls::<Answered>::default();
        let mut place = calls.wait().unwrap();
        let answer = Ok(Answer { session: None, reply: Reply::Done });
        calls.answer(place.id, answer.clone());
        calls.answer(place.id, answer.clone());
        assert_eq!(place.answer.try_recv(), Ok(answer));
    }

    #[test]
    fn nobody_waits_for_a_server_that_ends() {
        let calls = Calls::<Answered>::default();
        let mut place = calls.wait().unwrap();
        calls.close();
        assert!(place.answer.try_recv().is_err());
        assert!(calls.wait().is_none());
    }
}
