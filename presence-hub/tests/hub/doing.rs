//! What people on the stage do besides pointing and typing.

use presence_model::command::Command;
use presence_model::id::ConnectionId;
use presence_model::playback::{Action, PlaybackSaid, Watch};
use presence_model::room::{Member, Selection};
use presence_model::status::Status;

use crate::stage::Stage;
use crate::visit::{key, room, user};

/// A player that plays on from here.
pub(crate) fn plays(action: Action, current_time: f64) -> PlaybackSaid {
    let is_playing = Some(true);
    PlaybackSaid { is_playing, current_time: Some(current_time), rate: Some(1.0), ..PlaybackSaid::new(action) }
}

/// A player that rests here.
pub(crate) fn rests(action: Action, current_time: f64) -> PlaybackSaid {
    PlaybackSaid { is_playing: Some(false), ..plays(action, current_time) }
}

impl Stage {
    pub(crate) fn mark(&mut self, who: ConnectionId, name: &str, part: Option<(f64, f64)>) {
        let selection = part.map(|(start, end)| Selection { start, end });
        self.say(who, Command::Selection { room: room(name), selection });
    }

    pub(crate) fn choose(&mut self, who: ConnectionId, status: Status, message: Option<&str>) {
        self.say(who, Command::SetStatus { status, message: message.map(str::to_owned) });
    }

    pub(crate) fn play(&mut self, who: ConnectionId, name: &str, said: PlaybackSaid) {
        self.say(who, Command::Playback { room: room(name), said: Box::new(said) });
    }

    /// Watches together with all others in the room, from here.
    pub(crate) fn sync(&mut self, who: ConnectionId, name: &str, current_time: f64) {
        self.play(who, name, plays(Action::Sync, current_time));
    }

    pub(crate) fn ask(&mut self, who: ConnectionId, name: &str) {
        self.say(who, Command::ControlRequest(room(name)));
    }

    pub(crate) fn give(&mut self, who: ConnectionId, name: &str, to: &str) {
        self.say(who, Command::ControlGrant { room: room(name), to: user(to) });
    }

    pub(crate) fn release(&mut self, who: ConnectionId, name: &str) {
        self.say(who, Command::ControlRelease(room(name)));
    }

    pub(crate) fn broadcast(&mut self, who: ConnectionId, name: &str, payload: &str) {
        self.say(who, Command::Broadcast { room: room(name), payload: payload.into() });
    }

    /// What a room watches, as its owner has it.
    pub(crate) fn watch(&self, name: &str) -> Watch {
        let key = key(name);
        let shard = presence_hub::io::Shard::of(&key.room, self.hubs.len());
        self.hubs[shard.0].watch(&key).map(|watch| (*watch).clone()).unwrap_or_default()
    }

    /// Who drives.
    pub(crate) fn controller(&self, name: &str) -> Option<String> {
        self.watch(name).controller.map(|person| person.user_id.to_string())
    }

    pub(crate) fn member(&self, name: &str, session: &str) -> Member {
        let members = self.members(name);
        members.into_iter().find(|member| member.card.session_id.as_str() == session).unwrap()
    }
}
