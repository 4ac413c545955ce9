//! An app's store: what a session told of changes, and nothing else. It must come to the same as what
//! the session shows, and nobody leaves it twice.

use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use presence_model::id::{InstanceId, InstanceKey, RoomId, SessionId, UserId};
use presence_model::session::listing::Difference;
use presence_model::session::output::{Change, LinkState, RoomNews, RoomState};
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::{CursorRecord, Place};
use presence_model::wire::binary::entry::Entry;

use crate::shown::{joined_at, key, object, text, typists_of};

#[derive(Debug)]
pub struct MirrorRoom {
    pub state: RoomState,
    /// Who we were when the room last had news.
    pub own: Option<SessionId>,
    pub members: BTreeMap<Arc<str>, Entry>,
    /// Where others point, as far as they do: nothing but moves tells an app.
    pub cursors: BTreeMap<u16, Place>,
}

/// Who we are, as the app was told.
#[derive(Clone, Debug)]
pub struct Identity {
    pub user_id: UserId,
    pub instance_id: InstanceId,
    pub session_id: SessionId,
}

/// Someone the app was told had left.
#[derive(Clone, Debug)]
pub enum Leave {
    Member {
        room: RoomId,
        session: SessionId,
        /// Which of the member's stays ended, by the server's clock.
        joined_at: Millis,
    },
    Instance(InstanceKey),
}

#[derive(Debug, Default)]
pub struct Mirror {
    pub link: Option<LinkState>,
    pub identity: Option<Identity>,
    pub rooms: BTreeMap<RoomId, MirrorRoom>,
    pub instances: BTreeMap<Arc<str>, Entry>,
    /// By conversation, never nobody.
    pub typists: BTreeMap<String, BTreeSet<String>>,
    /// How often anything was refused, and others were told to have changed and to have left.
    pub refused: usize,
    pub changed: usize,
    pub left: usize,
}

impl Mirror {
    /// Takes a change; returns whom it says to have left.
    pub fn apply(&mut self, change: Change) -> Vec<Leave> {
        match change {
            Change::Link(link) => self.link = Some(link.state),
            Change::Identity { own, .. } => self.identity = Some(Identity::read(&own)),
            Change::Instances { difference, .. } => return self.take_instances(difference),
            Change::Room(news) => return self.take_room(news),
            Change::Cursors { room, moves } => {
                let Some(room) = self.rooms.get_mut(&room) else { panic!("cursors of {room}, a room never told of") };
                for CursorRecord { slot, place } in moves {
                    let whose = room.members.values().find(|member| member.slot == slot);
                    let whose = whose.unwrap_or_else(|| panic!("a cursor of nobody, in slot {slot}"));
                    assert!(!room.is_own(&whose.name), "our own cursor is news to us");
                    room.cursors.insert(slot, place);
                }
            }
            Change::Typists(typists) => {
                let (key, ids) = typists_of(&typists);
                if ids.is_empty() {
                    self.typists.remove(&key)
                } else {
                    self.typists.insert(key, ids)
                };
            }
            Change::TypistsUnknown => self.typists.clear(),
            // Nobody watches anything together here.
            Change::News(news) => assert!(news.starts_with("\"kind\":\"watch\""), "{news}"),
            Change::Refused { refusal, .. } => {
                assert!(!text(&object(&refusal), "code").is_empty());
                self.refused += 1;
            }
            Change::Token(reason) => panic!("asked for a token ({reason:?}), and nobody said that there is one"),
        }
        vec![]
    }

    fn take_instances(&mut self, news: Difference) -> Vec<Leave> {
        let Difference { whole, changed, left } = news;
        assert!(!whole || self.instances.is_empty(), "a first picture comes first");
        self.changed += changed.len();
        self.left += left.len();
        let mut leaves = vec![];
        for name in left {
            let gone = self.instances.remove(&name);
            let gone = gone.unwrap_or_else(|| panic!("{name} left the list without having been in it"));
            leaves.push(Leave::Instance(key(&gone)));
        }
        self.instances.extend(changed.into_iter().map(|entry| (entry.name.clone(), entry)));
        leaves
    }

    fn take_room(&mut self, news: RoomNews) -> Vec<Leave> {
        let RoomNews { room, state, difference: Difference { whole, changed, left }, refusal, .. } = news;
        self.changed += changed.len();
        self.left += left.len();
        let view = self.rooms.entry(room.clone()).or_insert_with(|| MirrorRoom {
            state: RoomState::Joining,
            own: None,
            members: BTreeMap::new(),
            cursors: BTreeMap::new(),
        });
        assert!(!whole || view.members.is_empty(), "a first picture comes first");
        let is_refused = state == RoomState::Refused && view.state != state;
        assert!(refusal.is_some() || !is_refused, "{room} refused us and did not say why");
        assert!(refusal.is_none() || state == RoomState::Refused, "{room} did not refuse us: {refusal:?}");
        view.state = state;
        view.own = self.identity.as_ref().map(|own| own.session_id.clone());
        let mut leaves = vec![];
        for name in left {
            let Some(member) = view.members.remove(&name) else {
                panic!("{name} left {room} without having been in it")
            };
            view.cursors.remove(&member.slot);
            let session = SessionId::parse(&name).expect("members are told apart by their session");
            leaves.push(Leave::Member { room: room.clone(), session, joined_at: joined_at(&member) });
        }
        for member in changed {
            let slot = member.slot;
            if let Some(before) = view.members.insert(member.name.clone(), member)
                && before.slot != slot
            {
                view.cursors.remove(&before.slot);
            }
        }
        leaves
    }

    /// The app let go of a room.
    pub fn forget(&mut self, room: &RoomId) {
        if let Some(view) = self.rooms.remove(room) {
            assert!(view.members.is_empty(), "we left {room} and were not told that all others went with it");
        }
    }

    pub fn is_in(&self, room: &RoomId) -> bool {
        self.rooms.get(room).is_some_and(|view| view.state == RoomState::Joined)
    }
}

impl MirrorRoom {
    pub fn is_own(&self, session: &str) -> bool {
        self.own.as_ref().is_some_and(|own| own.as_str() == session)
    }

    pub fn pointed(&self, slot: u16) -> Place {
        self.cursors.get(&slot).copied().unwrap_or_default()
    }
}

impl Identity {
    fn read(own: &str) -> Self {
        let own = object(own);
        assert!(!text(&own, "name").is_empty());
        Self {
            user_id: UserId::parse(text(&own, "userId")).expect("a user"),
            instance_id: InstanceId::parse(text(&own, "instanceId")).expect("an instance"),
            session_id: SessionId::parse(text(&own, "sessionId")).expect("a session"),
        }
    }
}
