//! Rooms that the token does not open: the app's backend is asked, and what depends on the answer waits.

use std::collections::{BTreeSet, VecDeque};

use presence_hub::io::{Input, Shard};
use presence_model::command::{Command, Hello};
use presence_model::grant::{Granted, Right};
use presence_model::id::{RoomId, UserId};
use presence_model::privacy::PrivacyChange;

use crate::connection::{Connection, Context};
use crate::dialect::Said;
use crate::place::shard_of;

/// Behind so many that wait nothing is read any more.
const MOST_HELD: usize = 64;

/// What waits for the backend's answer.
#[derive(Debug)]
pub(in crate::connection) enum Asking {
    /// To be said to the lobby. It is not known whom the socket speaks for: everything else waits too.
    Hello(Input),
    Rooms {
        /// Those that may open by it.
        rooms: BTreeSet<RoomId>,
        /// What asked for them, and behind it what comes and goes, or is about them.
        held: VecDeque<Command>,
    },
}

impl Asking {
    fn holds(&self, command: &Command) -> bool {
        match self {
            Self::Hello(_) => true,
            Self::Rooms { rooms, .. } => {
                let comes_or_goes = matches!(command, Command::Join { .. } | Command::Leave(_) | Command::Wish(_));
                comes_or_goes || command.room().is_some_and(|room| rooms.contains(room))
            }
        }
    }
}

impl Connection {
    /// Says a hello to the lobby, or asks first for the rooms that it wishes to be in.
    pub(in crate::connection) fn greet_lobby(&mut self, context: &mut Context<'_>, input: Input) {
        let Input::Hello { hello, .. } = &input else { return };
        let wished: Vec<_> = hello.wishes.iter().flat_map(|wishes| &wishes.rooms).map(|key| key.room.clone()).collect();
        if self.asks_for(context, wished).is_empty() {
            context.said.push_back((Shard::LOBBY, input));
        } else {
            self.asking = Some(Box::new(Asking::Hello(input)));
        }
    }

    /// Says a command, unless it has to wait for what the backend says.
    pub(in crate::connection) fn say_when_open(&mut self, context: &mut Context<'_>, command: Command) {
        if self.asking.as_ref().is_some_and(|asking| asking.holds(&command)) {
            let command = self.hide_at_once(context, command);
            if let Some(Asking::Rooms { held, .. }) = self.asking.as_deref_mut() {
                held.push_back(command);
            }
            return;
        }
        let rooms = match &command {
            Command::Join { key, .. } => vec![key.room.clone()],
            Command::Wish(wishes) => wishes.rooms.iter().map(|key| key.room.clone()).collect(),
            _ => return self.say_command(context, command),
        };
        let mut rooms = self.asks_for(context, rooms);
        if rooms.is_empty() {
            return self.say_command(context, command);
        }
        let command = self.hide_at_once(context, command);
        rooms.retain(|room| !self.opened.contains(room));
        self.asking = Some(Box::new(Asking::Rooms { rooms, held: [command].into() }));
    }

    /// Whoever hides by a join does not wait for the room; and what the join says of it is not newer than what is
    /// said meanwhile.
    fn hide_at_once(&mut self, context: &mut Context<'_>, mut command: Command) -> Command {
        if let Command::Join { privacy, .. } = &mut command {
            let change = std::mem::take(privacy);
            if change != PrivacyChange::default() {
                self.say_command(context, Command::Privacy(change));
            }
        }
        command
    }

    /// Whether what was said next waits where it is, and nothing is read behind it.
    pub(in crate::connection) fn must_wait(&self, said: &Said) -> bool {
        let Some(Asking::Rooms { held, .. }) = self.asking.as_deref() else { return false };
        // A hello is a newer token, or begins anew.
        let begins_anew =
            |hello: &Hello| hello.wishes.is_some() || hello.session_id.is_some() && hello.session_id != self.session;
        held.len() >= MOST_HELD || matches!(said, Said::Hello { hello, .. } if begins_anew(hello))
    }

    /// What waits is said as it is: nobody is there any more to be let in.
    pub(in crate::connection) fn say_held(&mut self, context: &mut Context<'_>) {
        if let Some(Asking::Rooms { held, .. }) = self.asking.take().map(|asking| *asking) {
            held.into_iter().for_each(|command| self.say_command(context, command));
        }
    }

    /// Asks the backend for those of the rooms that the token does not open.
    fn asks_for(&self, context: &Context<'_>, mut rooms: Vec<RoomId>) -> BTreeSet<RoomId> {
        let (Some(backend), Some(principal)) = (&context.app.backend, self.identity.principal()) else {
            return BTreeSet::new();
        };
        rooms.retain(|room| !principal.rooms.allow(room, Right::Read));
        rooms.truncate(context.app.limits.rooms_per_user);
        let rooms: BTreeSet<_> = rooms.into_iter().collect();
        if !rooms.is_empty() {
            let whose = (shard_of(self.id), self.id);
            let asked = rooms.iter().cloned().collect();
            backend.ask(context.app.router.clone(), whose, principal.user_id.clone(), asked);
        }
        rooms
    }

    /// Somebody else speaks from now on: nothing that waits is theirs.
    pub(in crate::connection) fn forget_asking(&mut self) {
        self.asking = None;
        self.opened.clear();
    }

    /// The backend answered for a user: what waits is said.
    pub fn take_grants(&mut self, context: &mut Context<'_>, user: &UserId, answer: Granted) {
        let is_theirs = self.identity.principal().is_some_and(|principal| principal.user_id == *user);
        // A hello that is said now would be one that nobody ends.
        if self.ending.is_some() || !is_theirs {
            return;
        }
        let Some(asking) = self.asking.take() else { return };
        let _in = self.span.clone().entered();
        let opened = answer.iter().filter(|(_, opening)| opening.opens()).map(|(room, _)| room.clone());
        if self.opened.len() > MOST_HELD {
            self.opened.clear();
        }
        self.opened.extend(opened);
        match *asking {
            Asking::Hello(mut input) => {
                if let Input::Hello { granted, .. } = &mut input {
                    *granted = answer;
                }
                context.said.push_back((Shard::LOBBY, input));
            }
            Asking::Rooms { mut held, .. } => {
                context.said.push_back((Shard::LOBBY, Input::Granted { connection: self.id, granted: answer }));
                if let Some(command) = held.pop_front() {
                    self.say_command(context, command);
                }
                held.into_iter().for_each(|command| self.say_when_open(context, command));
            }
        }
        self.act(context);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    use bytes::Bytes;
    use mio::net::TcpStream;
    use presence_model::grant::Opening;
    use presence_model::id::{ConnectionId, SessionId};
    use presence_model::room::{Cursor, RoomKey, RoomKind};
    use presence_model::time::Millis;
    use presence_model::wire::json::door::Door;
    use tokio::sync::mpsc;

    use crate::app::App;
    use crate::auth::offer::Offer;
    use crate::dialect::Dialect;
    use crate::ending::Ending;
    use crate::router::{Newcomer, Router};
    use crate::websocket::reader::Heard;

    fn app() -> App {
        App::bare(Router::new(1).unwrap().0)
    }

    fn room(name: &str) -> RoomId {
        RoomId::parse(name).unwrap()
    }

    fn join(name: &str) -> Command {
        let key = RoomKey { room: room(name), kind: RoomKind::Video };
        Command::Join { key, privacy: PrivacyChange::default() }
    }

    fn cursor(name: &str) -> Command {
        Command::Cursor { room: room(name), cursor: Cursor::default() }
    }

    /// Ann's socket, and what it has said to the lobby.
    fn ann(app: &App, said: &mut VecDeque<(Shard, Input)>) -> Connection {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut newcomer = Newcomer {
            stream: TcpStream::connect(listener.local_addr().unwrap()).unwrap(),
            read: Bytes::new(),
            dialect: Dialect::Json(Door::Rooms),
            offer: Offer::default(),
            ip: String::new(),
            in_use: mpsc::channel(1).0,
        };
        let mut context = Context { app, now: Millis::seconds(1), said };
        let mut ann = Connection::new(&context, ConnectionId(1), &mut newcomer);
        ann.hear(&mut context, Heard::Text(r#"{"type":"auth","token":"ann"}"#));
        ann
    }

    fn names(said: &mut VecDeque<(Shard, Input)>) -> Vec<&'static str> {
        let name = |input| match input {
            Input::Hello { .. } => "hello",
            Input::Granted { .. } => "granted",
            Input::Command { command, .. } => command.name(),
            Input::Closed { .. } => "closed",
            _ => "other",
        };
        said.drain(..).map(|(_, input)| name(input)).collect()
    }

    fn user(name: &str) -> UserId {
        UserId::parse(name).unwrap()
    }

    #[test]
    fn only_what_depends_on_the_answer_waits_for_it() {
        let (app, mut said) = (app(), VecDeque::new());
        let mut ann = ann(&app, &mut said);
        let mut context = Context { app: &app, now: Millis::seconds(1), said: &mut said };
        ann.establish(&mut context, SessionId::parse("a").unwrap());
        names(context.said);
        ann.asking = Some(Box::new(Asking::Rooms { rooms: [room("r")].into(), held: [join("r")].into() }));
        for command in [cursor("r"), cursor("s"), join("s"), Command::Leave(room("t")), Command::Subscribe] {
            ann.say_when_open(&mut context, command);
        }
        assert_eq!(names(context.said), ["cursor", "subscribe.presence"]);
        let answer = || vec![(room("r"), Opening::Rights(vec![Right::Read]))];
        ann.take_grants(&mut context, &user("eve"), answer());
        assert_eq!(names(context.said), [""; 0], "somebody else's");
        ann.take_grants(&mut context, &user("ann"), answer());
        assert_eq!(names(context.said), ["granted", "join", "cursor", "join", "leave"]);
        ann.take_grants(&mut context, &user("ann"), answer());
        assert_eq!(names(context.said), [""; 0], "it was asked once");
    }

    /// A hello behind the end would be one that nobody ends.
    #[test]
    fn behind_its_end_a_socket_says_nothing_and_what_waits_goes_before_it() {
        let (app, mut said) = (app(), VecDeque::new());
        let mut ann = ann(&app, &mut said);
        let mut context = Context { app: &app, now: Millis::seconds(1), said: &mut said };
        let Some((_, hello @ Input::Hello { .. })) = context.said.pop_front() else { panic!("no hello") };
        ann.asking = Some(Box::new(Asking::Hello(hello)));
        ann.end(Ending::LineDead);
        ann.finish(&mut context);
        ann.take_grants(&mut context, &user("ann"), vec![]);
        assert_eq!(names(context.said), ["closed"]);

        let mut ann = self::ann(&app, context.said);
        let mut context = Context { app: &app, now: Millis::seconds(1), said: &mut said };
        ann.establish(&mut context, SessionId::parse("a").unwrap());
        names(context.said);
        let held = [join("r"), Command::Leave(room("t"))].into();
        ann.asking = Some(Box::new(Asking::Rooms { rooms: [room("r")].into(), held }));
        ann.end(Ending::LineDead);
        ann.finish(&mut context);
        ann.take_grants(&mut context, &user("ann"), vec![]);
        assert_eq!(names(context.said), ["join", "leave", "closed"]);
    }
}
