//! Rooms that the token does not open: the app's backend is asked, and what the client said waits.

use presence_hub::io::{Input, Shard};
use presence_model::command::Command;
use presence_model::grant::{Granted, Right};
use presence_model::id::RoomId;

use crate::connection::{Connection, Context};
use crate::shard::sockets::shard_of;

/// What waits for the backend's answer.
#[derive(Debug)]
pub(in crate::connection) enum Asking {
    /// To be said to the lobby.
    Hello(Box<Input>),
    Command(Command),
}

impl Connection {
    /// Says a hello to the lobby, or asks first for the rooms that it wishes to be in.
    pub(in crate::connection) fn greet_lobby(&mut self, context: &mut Context<'_>, input: Input) {
        let Input::Hello { hello, .. } = &input else { return };
        let wished: Vec<_> = hello.wishes.iter().flat_map(|wishes| &wishes.rooms).map(|key| key.room.clone()).collect();
        if self.asks_for(context, wished) {
            self.asking = Some(Asking::Hello(Box::new(input)));
        } else {
            context.said.push_back((Shard::LOBBY, input));
        }
    }

    /// Whether the backend is asked for rooms of a command, which waits for the answer.
    pub(in crate::connection) fn asks_first(&mut self, context: &mut Context<'_>, command: &Command) -> bool {
        let rooms = match command {
            Command::Join { key, .. } => vec![key.room.clone()],
            Command::Wish(wishes) => wishes.rooms.iter().map(|key| key.room.clone()).collect(),
            _ => return false,
        };
        let asks = self.asks_for(context, rooms);
        if asks {
            self.asking = Some(Asking::Command(command.clone()));
        }
        asks
    }

    fn asks_for(&self, context: &Context<'_>, mut rooms: Vec<RoomId>) -> bool {
        let (Some(backend), Some(principal)) = (&context.app.backend, self.identity.principal()) else { return false };
        rooms.retain(|room| !principal.rooms.allow(room, Right::Read));
        rooms.truncate(context.app.limits.rooms_per_user);
        if rooms.is_empty() {
            return false;
        }
        let whose = (shard_of(self.id), self.id);
        backend.ask(context.app.router.clone(), whose, principal.user_id.clone(), rooms);
        true
    }

    /// The backend answered: what waits is said.
    pub fn take_grants(&mut self, context: &mut Context<'_>, granted: Granted) {
        let Some(asking) = self.asking.take() else { return };
        let _in = self.span.clone().entered();
        self.identity.add_grants(granted);
        let Some(principal) = self.identity.principal().cloned() else { return };
        match asking {
            Asking::Hello(mut input) => {
                if let Input::Hello { principal: says, .. } = &mut *input {
                    *says = principal;
                }
                context.said.push_back((Shard::LOBBY, *input));
            }
            Asking::Command(command) => {
                context.said.push_back((Shard::LOBBY, Input::Renewed { connection: self.id, principal }));
                self.say_command(context, command);
            }
        }
        self.act(context);
    }
}
