//! Where sockets become sessions: hello, life signs, ends; and what follows for the list of instances
//! and for rooms. Rooms are told through [`PeerMessage`], also those of the same shard.

pub mod arriving;

mod conversing;

mod statuses;

mod noting;

mod listing;
mod wishes;

mod privacy;

mod beacons;

mod grants;

mod calls;

mod reporting;

mod messaging;

use std::sync::Arc;

use presence_model::close::Close;
use presence_model::command::{Command, Picture};
use presence_model::event::Event;
use presence_model::id::{ConnectionId, SessionId};
use presence_model::limit::{Limits, Timing};
use presence_model::time::{Millis, earlier};

use crate::agents::Agents;
use crate::conversations::Conversations;
use crate::expiry::Expiry;
use crate::followers::Followers;
use crate::instances::{Instances, OwnEntry};
use crate::io::{End, PeerMessage, Shard};
use crate::last_seen::LastSeen;
use crate::messages::Messages;
use crate::outputs::Outputs;
use crate::people::People;
use crate::saved::Saved;
use crate::sessions::{Due, Session, Sessions};

#[derive(Debug)]
pub struct Lobby {
    timing: Arc<Timing>,
    limits: Arc<Limits>,
    epoch: u64,
    shards: usize,
    sessions: Sessions,
    people: People,
    pub instances: Instances,
    conversations: Conversations,
    pub agents: Agents,
    messages: Messages,
    last_seen: LastSeen,
    followers: Followers,
    /// When something ends by which a room is open to a session.
    openings: Expiry<SessionId>,
    /// Counts what rooms were asked to let in, so that each answer finds its question.
    entries: u64,
}

impl Lobby {
    pub fn new(
        now: Millis,
        (epoch, shards): (u64, usize),
        (timing, limits): (Arc<Timing>, Arc<Limits>),
        (own, saved): (Option<OwnEntry>, &Saved),
    ) -> Self {
        let instances = Instances::new(now, timing.clone(), &limits, own);
        let (sessions, people) = (Sessions::default(), People::default());
        let agents = Agents::new(now, (timing.clone(), limits.clone()), saved);
        let messages = Messages::new(&timing, &limits, saved);
        let last_seen = LastSeen::new(&timing, &limits, saved);
        let (conversations, followers) = (Conversations::default(), Followers::default());
        let openings = Expiry::default();
        Self {
            timing,
            limits,
            epoch,
            shards,
            sessions,
            people,
            instances,
            conversations,
            agents,
            messages,
            last_seen,
            followers,
            openings,
            entries: 0,
        }
    }

    pub fn sessions(&self) -> &Sessions {
        &self.sessions
    }

    pub fn handle(
        &mut self,
        now: Millis,
        connection: ConnectionId,
        session: &SessionId,
        command: Command,
        out: &mut Outputs,
    ) {
        if self.sessions.on(connection) != Some(session) {
            return;
        }
        match command {
            Command::Wish(wishes) => {
                self.fulfil(now, session, wishes, false, out);
                // The app's backend may have been asked again for rooms that it opened before.
                self.revoke(session, out);
            }
            Command::Join { key, privacy } => {
                self.set_privacy(now, session, privacy, out);
                let room = key.room.clone();
                if let Err(refusal) = self.join(session, key, None, out) {
                    out.refuse_in(connection, "join", &room, refusal);
                }
            }
            Command::Leave(room) => self.leave(connection, session, room, out),
            Command::Report { activity, wants_pong } => {
                self.report(now, session, &activity, out);
                if wants_pong {
                    out.tell_one(connection, Event::Pong);
                }
            }
            Command::Appear => self.appear(now, session, out),
            Command::Subscribe => self.subscribe(now, session, out),
            Command::Unsubscribe => self.instances.unsubscribe(connection),
            Command::Follow(feed) => self.follow(now, connection, session, feed, out),
            Command::Unfollow(feed) => self.followers.unfollow(connection, feed),
            Command::AgentEvents { agent, events } => self.take_report(now, &agent, &events, out),
            Command::Resync(Picture::Presence) => self.instances.show(now, connection, out),
            Command::SessionTyping { key, is_typing } => self.type_in(now, session, key, is_typing, out),
            Command::Beacon { ticket, beacon } => self.take_beacon(now, session, ticket, *beacon, out),
            Command::List(ticket) => self.answer_list(now, session, ticket, out),
            Command::Goodbye => {
                self.end(now, session, out);
                out.close(connection, Close::Normal);
            }
            Command::SetStatus { status, message } => self.choose_status(now, session, (status, message), out),
            Command::Privacy(change) => self.set_privacy(now, session, change, out),
            // Rooms handle these; the driver sends them there.
            Command::Cursor { .. }
            | Command::Typing { .. }
            | Command::Selection { .. }
            | Command::Playback { .. }
            | Command::ControlRequest(_)
            | Command::ControlGrant { .. }
            | Command::ControlRelease(_)
            | Command::Broadcast { .. }
            | Command::Resync(Picture::Room(_))
            | Command::CatchUp => {}
        }
    }

    pub fn hear(&mut self, now: Millis, connection: ConnectionId, out: &mut Outputs) {
        if let Some(id) = self.sessions.on(connection).cloned() {
            self.hear_session(now, &id, out);
        }
    }

    fn hear_session(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let returned = self.sessions.hear(now, id, &self.timing);
        let is_there = |session: &&Session| session.is_listed && session.is_seen();
        if let Some(session) = self.sessions.find(id).filter(is_there) {
            self.instances.hear(now, &session.instance);
        }
        self.note_here(id, out);
        if returned {
            self.tell_liveness(now, id, out);
            self.deliver_to(now, id, out);
        }
    }

    pub fn close(&mut self, now: Millis, connection: ConnectionId, end: End, out: &mut Outputs) {
        self.forget_reader(now, connection, out);
        let Some(id) = self.sessions.detach(now, connection, end, &self.timing) else { return };
        if end == End::Clean {
            self.end(now, &id, out);
        } else {
            self.tell_rooms(&id, out, |session| PeerMessage::Moved { session, socket: None });
        }
    }

    pub fn excuse(&mut self, lateness: Millis) {
        self.sessions.excuse(lateness, &self.timing);
        self.instances.excuse(lateness);
        self.agents.excuse(lateness);
    }

    pub fn expire(&mut self, now: Millis, out: &mut Outputs) {
        while let Some((id, due)) = self.sessions.pop_line(now, &self.timing) {
            match due {
                Due::BecameSuspect => self.tell_liveness(now, &id, out),
                Due::Gone => self.dismiss(now, &id, out),
            }
        }
        while let Some(id) = self.sessions.pop_status(now) {
            self.refresh_status(now, &id, out);
        }
        self.expire_openings(now, out);
        self.expire_typing(now, out);
        self.expire_agents(now, out);
        self.instances.expire(now, out);
        self.messages.mail.expire(now, out);
        self.last_seen.expire(now, out);
    }

    pub fn next_deadline(&self) -> Option<Millis> {
        let lists = earlier(self.instances.next_deadline(), self.conversations.next_deadline());
        let lists = earlier(lists, earlier(self.agents.next_deadline(), self.followers.beginners.next_deadline()));
        earlier(earlier(self.sessions.next_deadline(), self.openings.next()), lists)
    }

    fn tell_liveness(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        let Some(session) = self.sessions.find(id) else { return };
        let (key, liveness) = (session.instance.clone(), session.liveness);
        if session.is_seen() {
            self.refresh_instance(now, &key, out);
        }
        self.tell_rooms(id, out, |session| PeerMessage::Liveness { session, liveness });
    }

    /// Ends a session that was not heard of for too long.
    fn dismiss(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        if let Some(socket) = self.sessions.find(id).and_then(|session| session.socket) {
            out.close(socket.connection, Close::Silent);
            self.forget_reader(now, socket.connection, out);
        }
        self.end(now, id, out);
    }

    fn end(&mut self, now: Millis, id: &SessionId, out: &mut Outputs) {
        self.tell_rooms(id, out, |session| PeerMessage::Ended { session });
        // Its socket may be closed already, and is not told what ends with it.
        if let Some(socket) = self.sessions.find(id).and_then(|session| session.socket) {
            self.forget_reader(now, socket.connection, out);
        }
        self.stop_typing(id, out);
        self.openings.clear(id);
        let Some(session) = self.sessions.remove(id) else { return };
        if session.is_seen() {
            let at = session.here_at(now);
            self.note_gone(id, (&session.principal.user_id, &session.instance), at, out);
            self.refresh_instance(now, &session.instance, out);
            self.refresh_user(now, &session.principal.user_id, out);
        }
    }

    /// The socket hears nothing more.
    fn forget_reader(&mut self, now: Millis, connection: ConnectionId, out: &mut Outputs) {
        self.instances.unsubscribe(connection);
        self.lose_follower(now, connection, out);
    }

    /// Tells each shard that has a room of the session, once.
    fn tell_rooms(&self, id: &SessionId, out: &mut Outputs, message: impl Fn(SessionId) -> PeerMessage) {
        let Some(session) = self.sessions.find(id) else { return };
        let mut shards: Vec<_> = session.rooms.keys().map(|room| Shard::of(room, self.shards)).collect();
        shards.sort_unstable();
        shards.dedup();
        for shard in shards {
            out.peer(shard, message(id.clone()));
        }
    }
}
