//! One shard's mind: the rooms it owns and, in the first shard, the lobby.

use std::collections::VecDeque;
use std::ops::Add;
use std::sync::Arc;

use presence_model::command::Command;
use presence_model::instance::Instance;
use presence_model::limit::{Limits, Timing};
use presence_model::playback::Watch;
use presence_model::room::{Member, RoomKey};
use presence_model::time::{Millis, earlier};

use crate::instances::OwnEntry;
use crate::io::{Input, Output, PeerMessage, Shard, Socket};
use crate::lobby::Lobby;
use crate::lobby::arriving::Arrival;
use crate::outputs::Outputs;
use crate::rooms::Rooms;
use crate::saved::Saved;
use crate::sessions::Tally;
use crate::window::Window;

/// What all hubs of a server share.
#[derive(Clone, Debug)]
pub struct HubConfig {
    pub timing: Arc<Timing>,
    pub limits: Arc<Limits>,
    /// Differs after every start of the server.
    pub epoch: u64,
    pub shards: usize,
    /// The server's own entry in the list of who is here.
    pub own: Option<OwnEntry>,
    /// What was kept across the restart.
    pub saved: Arc<Saved>,
}

/// Who is here, as `GET /api/presence` shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PresenceList {
    pub version: u64,
    pub entries: Arc<Vec<Instance>>,
    pub truncated: bool,
}

/// How much one shard holds that others may know of; added up, a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub sessions: usize,
    /// Sessions with a socket.
    pub established: usize,
    /// Sessions with a socket that nobody may know of; they count nowhere else.
    pub unseen: usize,
    pub users: usize,
    pub agents: usize,
    pub instances: usize,
    pub rooms: usize,
    /// Sessions in rooms, once for each room.
    pub members: usize,
}

impl Add for Counts {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            sessions: self.sessions + other.sessions,
            established: self.established + other.established,
            unseen: self.unseen + other.unseen,
            users: self.users + other.users,
            agents: self.agents + other.agents,
            instances: self.instances + other.instances,
            rooms: self.rooms + other.rooms,
            members: self.members + other.members,
        }
    }
}

/// Drive it so: `handle` or `expire`, then `poll` until `None`, then wait for the next input or until
/// `next_deadline`, whichever is first.
#[derive(Debug)]
pub struct Hub {
    shard: Shard,
    lobby: Option<Lobby>,
    rooms: Rooms,
    outputs: Outputs,
    /// Messages from this shard to itself, and whatever they cause, are handled before `poll` returns.
    ready: VecDeque<Output>,
}

impl Hub {
    pub fn new(now: Millis, shard: Shard, config: HubConfig) -> Self {
        let HubConfig { timing, limits, epoch, shards, own, saved } = config;
        let rules = (timing.clone(), limits.clone());
        let lobby = (shard == Shard::LOBBY).then(|| Lobby::new(now, (epoch, shards), rules, (own, &saved)));
        let rooms = Rooms::new(shard, shards, timing, limits);
        Self { shard, lobby, rooms, outputs: Outputs::default(), ready: VecDeque::new() }
    }

    /// Takes one input in.
    pub fn handle(&mut self, now: Millis, input: Input) {
        self.dispatch(now, input);
        self.settle(now);
    }

    /// Does what is due at `now`: flushes, leases, liveness.
    pub fn expire(&mut self, now: Millis) {
        if let Some(lobby) = &mut self.lobby {
            lobby.expire(now, &mut self.outputs);
        }
        // What the lobby says to rooms of this shard belongs into their flush.
        self.settle(now);
        self.rooms.expire(now, &mut self.outputs);
        self.settle(now);
    }

    /// The caller could not look at its sockets for this long: nobody is to blame for silence in that time.
    pub fn excuse(&mut self, lateness: Millis) {
        if let Some(lobby) = &mut self.lobby {
            lobby.excuse(lateness);
        }
    }

    /// How long rooms gather what they tell.
    pub fn set_window(&mut self, window: &Window) {
        self.rooms.set_window(window);
    }

    /// The server ends in order: nothing comes after this.
    pub fn end(&mut self, now: Millis) {
        if let Some(lobby) = &mut self.lobby {
            lobby.note_all_gone(now, &mut self.outputs);
        }
        self.settle(now);
    }

    /// Whether anybody is here, of whom it is noted that he is.
    pub fn has_sessions(&self) -> bool {
        self.lobby.as_ref().is_some_and(|lobby| !lobby.sessions().is_empty())
    }

    pub fn poll(&mut self) -> Option<Output> {
        self.ready.pop_front()
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        earlier(self.lobby.as_ref().and_then(Lobby::next_deadline), self.rooms.next_deadline())
    }

    /// The list of who is here, and, if wanted, of those who left lately; empty in shards without the lobby.
    pub fn presence(&self, now: Millis, include_left: bool) -> PresenceList {
        self.lobby.as_ref().map_or_else(PresenceList::default, |lobby| PresenceList {
            version: lobby.instances.list_version(),
            entries: lobby.instances.entries(now, include_left),
            truncated: lobby.instances.is_truncated(),
        })
    }

    pub fn counts(&self) -> Counts {
        let (rooms, members) = (self.rooms.len(), self.rooms.seats());
        let own = Counts { rooms, members, ..Counts::default() };
        self.lobby.as_ref().map_or(own, |lobby| {
            let Tally { sessions, established, users, unseen } = lobby.sessions().count();
            let agents = lobby.agents.len();
            Counts { sessions, established, users, unseen, agents, instances: lobby.instances.len(), ..own }
        })
    }

    /// Who is in one of this shard's rooms, in order of joining.
    pub fn members(&self, key: &RoomKey) -> impl Iterator<Item = &Member> {
        self.rooms.members(key)
    }

    /// What is watched in one of this shard's rooms, if anything is.
    pub fn watch(&self, key: &RoomKey) -> Option<Arc<Watch>> {
        self.rooms.watch(key)
    }

    /// Whether nothing is held any more: no session, no room.
    pub fn is_empty(&self) -> bool {
        self.rooms.is_empty() && self.lobby.as_ref().is_none_or(|lobby| lobby.sessions().is_empty())
    }

    fn dispatch(&mut self, now: Millis, input: Input) {
        let out = &mut self.outputs;
        match input {
            Input::Peer(message) => self.peer(now, message),
            Input::Command { session, command: Command::CatchUp, .. } => self.rooms.catch_up(now, &session, out),
            Input::Command { connection, session, order, command } if command.room().is_some() => {
                self.rooms.handle(now, (connection, session, order), command, false, out);
            }
            input => {
                let Some(lobby) = &mut self.lobby else { return };
                match input {
                    Input::Hello { connection, form, principal, granted, hello, fresh, ip } => {
                        let socket = Socket { connection, form };
                        lobby.arrive(now, Arrival { socket, principal, granted, hello: *hello, fresh, ip }, out);
                    }
                    Input::Command { connection, session, command, .. } => {
                        lobby.handle(now, connection, &session, command, out);
                    }
                    Input::LifeSign { connection } => lobby.hear(now, connection, out),
                    Input::Arrived { connection, mark } => lobby.arrived(now, connection, mark, out),
                    Input::Granted { connection, granted } => lobby.open(connection, granted, out),
                    Input::Renewed { connection, principal } => lobby.renew(now, connection, principal, out),
                    Input::Closed { connection, end } => lobby.close(now, connection, end, out),
                    Input::Follow { connection, watcher } => lobby.watch(now, connection, watcher, out),
                    Input::Reported { agent, events } => lobby.take_report(now, &agent, &events, out),
                    Input::Post { call, posting } => lobby.post(now, call, *posting, out),
                    Input::Call(call) => lobby.call(now, *call, out),
                    Input::Peer(_) => {}
                }
            }
        }
    }

    fn peer(&mut self, now: Millis, message: PeerMessage) {
        let (rooms, out) = (&mut self.rooms, &mut self.outputs);
        match message {
            PeerMessage::Enter { visitor, key, number, call } => rooms.enter(now, *visitor, key, (number, call), out),
            PeerMessage::Exit { session, room } => rooms.exit(now, &session, &room, out),
            PeerMessage::Moved { session, socket } => rooms.move_session(&session, socket),
            PeerMessage::CursorSharing { session, shares } => rooms.share_cursor(now, &session, shares),
            PeerMessage::Liveness { session, liveness } => rooms.set_liveness(now, &session, liveness),
            PeerMessage::Granted { session, rooms: grants } => rooms.grant(now, &session, &grants),
            PeerMessage::Status { sessions, status, message, last_active_at } => {
                rooms.set_status(now, &sessions, (status, message), last_active_at);
            }
            PeerMessage::Called { call, session, grants, holds, command } => {
                rooms.called(now, (call, session), (grants, holds), command, out);
            }
            PeerMessage::Look { call, key } => rooms.look(now, call, key, out),
            PeerMessage::Ended { session } => rooms.end(now, &session),
            PeerMessage::Returned { connection, session, order, command } => {
                rooms.handle(now, (connection, session, order), command, true, out);
            }
            PeerMessage::Overtook { connection, session, order, command } => {
                if let Some(lobby) = &self.lobby {
                    lobby.send_back((connection, session, order), command, out);
                }
            }
            PeerMessage::LetIn { session } => {
                if let Some(lobby) = &mut self.lobby {
                    lobby.let_in_for_call(now, &session, out);
                }
            }
            PeerMessage::TurnedAway { session, room, number } => {
                if let Some(lobby) = &mut self.lobby {
                    lobby.turned_away(now, &session, &room, number, out);
                }
            }
        }
    }

    /// Delivers what this shard says to itself; the rest is ready for the caller.
    fn settle(&mut self, now: Millis) {
        while let Some(output) = self.outputs.pop() {
            match output {
                Output::Peer { shard, message } if shard == self.shard => self.peer(now, message),
                output => self.ready.push_back(output),
            }
        }
    }
}
