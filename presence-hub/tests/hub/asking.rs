//! What callers ask over HTTP, and what they are answered, in short.

use presence_model::call::{Answer, Reply, Request};
use presence_model::command::{Activity, Command};
use presence_model::id::ConnectionId;
use presence_model::privacy::PrivacyChange;
use presence_model::refusal::{Code, Refusal};
use presence_model::room::Cursor;
use presence_model::time::Millis;

use crate::stage::Stage;
use crate::transcript;
use crate::visit::{Visit, key, room};

pub(crate) fn join(name: &str) -> Request {
    Request::Act(Command::Join { key: key(name), privacy: PrivacyChange::default() })
}

pub(crate) fn leave(name: &str) -> Request {
    Request::Act(Command::Leave(room(name)))
}

pub(crate) fn heartbeat() -> Request {
    Request::Act(Command::Report { activity: Activity::default(), wants_pong: true })
}

pub(crate) fn point(name: &str, x: f64) -> Request {
    Request::Act(Command::Cursor { room: room(name), cursor: Cursor::at(x, x) })
}

pub(crate) fn types(name: &str) -> Request {
    Request::Act(Command::Typing { room: room(name), context: Some("comment".to_owned()) })
}

pub(crate) fn active(name: &str) -> Request {
    Request::Active(key(name))
}

pub(crate) fn ann() -> Visit {
    Visit::of("ann")
}

pub(crate) fn acted(answer: Result<Answer, Refusal>) -> String {
    answer.unwrap().session.unwrap().to_string()
}

pub(crate) fn code(answer: Result<Answer, Refusal>) -> Code {
    answer.unwrap_err().code
}

/// Who is in the room that an answer shows.
pub(crate) fn shown(answer: Result<Answer, Refusal>) -> Vec<String> {
    match answer.unwrap().reply {
        Reply::Joined(picture) | Reply::Active(picture) => picture.members.iter().map(transcript::member).collect(),
        Reply::Done => panic!("no room is shown"),
    }
}

/// Bob sits in the lobby and hears everything.
pub(crate) fn with_bob(stage: &mut Stage) -> ConnectionId {
    let bob = stage.seat(&Visit::of("bob").session("b").wishing(1, &["lobby"]).watching_too());
    stage.wait(Millis::seconds(1));
    stage.hear_nothing();
    bob
}
