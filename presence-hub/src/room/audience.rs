//! Who sees a room and is not seen in it: invisible sessions. Members must not notice them, so that nothing here
//! makes a version, counts, or says when a room flushes; they hear what is told anyway.

use std::collections::BTreeMap;

use presence_model::id::{ConnectionId, SessionId};

use crate::io::Socket;
use crate::room::Room;

#[derive(Clone, Copy, Debug)]
pub struct Watcher {
    pub socket: Option<Socket>,
    /// The version of the room that it was told last.
    pub knows: u64,
    /// How much had been announced when it came, and when it was shown what is watched.
    pub came_behind: u64,
    pub shown_behind: u64,
    /// Whether it may know of something that was watched here.
    pub remembers_watch: bool,
    /// The last word on its privacy that is behind it, of this socket.
    settled: u64,
    /// Whether it needs the whole picture.
    is_new: bool,
    /// Whether it needs all cursors.
    is_behind: bool,
}

impl Watcher {
    fn sit(&mut self, socket: Option<Socket>) {
        if self.socket.map(|socket| socket.connection) != socket.map(|socket| socket.connection) {
            self.settled = 0;
        }
        self.socket = socket;
    }
}

#[derive(Debug, Default)]
pub struct Audience {
    watchers: BTreeMap<SessionId, Watcher>,
}

impl Audience {
    pub fn is_empty(&self) -> bool {
        self.watchers.is_empty()
    }

    pub fn len(&self) -> usize {
        self.watchers.len()
    }

    pub fn find(&self, session: &SessionId) -> Option<&Watcher> {
        self.watchers.get(session)
    }

    /// Lets a session watch, behind what was announced so far, or shows the room again to one that does.
    pub fn seat(&mut self, session: SessionId, socket: Option<Socket>, announced: u64) {
        let new = Watcher {
            socket,
            knows: 0,
            came_behind: announced,
            shown_behind: announced,
            remembers_watch: false,
            settled: 0,
            is_new: true,
            is_behind: false,
        };
        let watcher = self.watchers.entry(session).and_modify(|known| known.is_behind = true).or_insert(new);
        watcher.sit(socket);
        watcher.is_new = true;
    }

    /// The session hears through another socket now, or through none.
    pub fn reseat(&mut self, session: &SessionId, socket: Option<Socket>) {
        if let Some(watcher) = self.watchers.get_mut(session) {
            watcher.sit(socket);
        }
    }

    /// Whether a word on the session's privacy, behind which something was said, is still on its way here. What
    /// the lobby has `returned` came behind it.
    pub fn is_unsettled(&mut self, session: &SessionId, behind: u64, returned: bool) -> bool {
        let Some(watcher) = self.watchers.get_mut(session) else { return false };
        if returned {
            watcher.settled = watcher.settled.max(behind);
        }
        behind > watcher.settled
    }

    /// The session needs the whole picture, and all cursors behind it.
    pub fn show_again(&mut self, session: &SessionId) {
        if let Some(watcher) = self.watchers.get_mut(session) {
            (watcher.is_new, watcher.is_behind) = (true, true);
        }
    }

    /// The session needs all cursors.
    pub fn show_cursors(&mut self, session: &SessionId) {
        if let Some(watcher) = self.watchers.get_mut(session) {
            watcher.is_behind = true;
        }
    }

    /// Something is watched.
    pub fn note_watch(&mut self) {
        self.watchers.values_mut().for_each(|watcher| watcher.remembers_watch = true);
    }

    pub fn remove(&mut self, session: &SessionId) -> Option<Watcher> {
        self.watchers.remove(session)
    }

    /// The room began or ended: all need its picture, and hear what is said in it from the first word. Of the room
    /// before they may remember so much that was announced.
    pub fn renew(&mut self, announced: u64) {
        for watcher in self.watchers.values_mut() {
            (watcher.is_new, watcher.is_behind) = (true, false);
            (watcher.knows, watcher.came_behind, watcher.shown_behind) = (0, 0, announced);
        }
    }

    /// Where those hear who were shown the room and fit.
    pub fn hearing(&self, fits: impl Fn(&SessionId, &Watcher) -> bool) -> impl Iterator<Item = ConnectionId> {
        let shown = self.watchers.iter().filter(move |(session, watcher)| !watcher.is_new && fits(session, watcher));
        shown.filter_map(|(_, watcher)| Some(watcher.socket?.connection))
    }

    /// Where those hear who are told what is new of cursors; others are shown all.
    pub fn following(&self) -> impl Iterator<Item = ConnectionId> {
        self.hearing(|_, watcher| !watcher.is_behind)
    }

    /// All were told everything up to this version.
    pub fn note_told(&mut self, version: u64) {
        for watcher in self.watchers.values_mut() {
            watcher.knows = version;
        }
    }

    /// Takes those who need the whole picture, as they are before they have it.
    pub fn take_new(&mut self, version: u64, announced: u64) -> Vec<Watcher> {
        let mut new = vec![];
        for watcher in self.watchers.values_mut().filter(|watcher| watcher.is_new) {
            new.push(*watcher);
            watcher.remembers_watch = false;
            (watcher.is_new, watcher.knows, watcher.shown_behind) = (false, version, announced);
        }
        new
    }

    /// Takes those who need all cursors.
    pub fn take_behind(&mut self) -> Vec<ConnectionId> {
        let mut behind = vec![];
        for watcher in self.watchers.values_mut().filter(|watcher| watcher.is_behind) {
            watcher.is_behind = false;
            behind.extend(watcher.socket.map(|socket| socket.connection));
        }
        behind
    }
}

impl Room {
    /// The last member has gone, and the room goes with it: what is left are those who look on.
    pub fn into_audience(mut self) -> Audience {
        self.audience.renew(self.announced);
        self.audience
    }

    /// Lets a session see the room without a seat in it, or shows the room again to one that does.
    pub fn watch(&mut self, session: SessionId, socket: Option<Socket>) {
        let heard = self.seat(&session).map_or(self.announced, |seat| seat.came_behind);
        self.audience.seat(session, socket, heard);
        if self.has_watched {
            self.audience.note_watch();
        }
    }
}
