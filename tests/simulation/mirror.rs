//! An app's store: what a session told of changes, and nothing else. It must come to the same as what
//! the session shows, and nobody leaves it twice.

use std::collections::BTreeMap;

use presence_model::id::{InstanceKey, InstanceName, RoomId, SessionId};
use presence_model::instance::Instance;
use presence_model::room::{Cursor, Member};
use presence_model::session::output::{Change, Identity, LinkState, RoomNews, RoomState};
use presence_model::time::Millis;

#[derive(Debug)]
pub struct MirrorRoom {
    pub state: RoomState,
    pub own_slot: Option<u16>,
    pub members: BTreeMap<SessionId, Member>,
    pub cursors: BTreeMap<u16, Cursor>,
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
    pub instances: BTreeMap<InstanceName, Instance>,
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
            Change::Identity(identity) => self.identity = Some(identity),
            Change::Instances { whole, changed, left, .. } => {
                assert!(!whole || self.instances.is_empty(), "a first picture comes first");
                return self.take_instances(changed, left);
            }
            Change::Room(news) => return self.take_room(news),
            Change::Cursors { room, moves } => {
                let Some(room) = self.rooms.get_mut(&room) else { panic!("cursors of {room}, a room never told of") };
                for (slot, cursor) in moves {
                    assert_ne!(room.own_slot, Some(slot), "our own cursor is news to us");
                    assert!(
                        room.members.values().any(|member| member.card.slot == slot),
                        "a cursor of nobody, in slot {slot}"
                    );
                    room.cursors.insert(slot, cursor);
                }
            }
            Change::Refused { .. } => self.refused += 1,
        }
        vec![]
    }

    fn take_instances(&mut self, changed: Vec<Instance>, left: Vec<InstanceName>) -> Vec<Leave> {
        self.changed += changed.len();
        self.left += left.len();
        for name in &left {
            assert!(self.instances.remove(name).is_some(), "{name:?} left the list without having been in it");
        }
        self.instances.extend(changed.into_iter().map(|entry| (entry.written_name(), entry)));
        left.iter().map(|name| Leave::Instance(InstanceKey::new(&name.user, &name.instance))).collect()
    }

    fn take_room(&mut self, news: RoomNews) -> Vec<Leave> {
        let RoomNews { room, state, own_slot, whole, changed, left, .. } = news;
        self.changed += changed.len();
        self.left += left.len();
        let view = self.rooms.entry(room.clone()).or_insert_with(|| MirrorRoom {
            state,
            own_slot,
            members: BTreeMap::new(),
            cursors: BTreeMap::new(),
        });
        assert!(!whole || view.members.is_empty(), "a first picture comes first");
        (view.state, view.own_slot) = (state, own_slot);
        let mut leaves = vec![];
        for session in left {
            let Some(member) = view.members.remove(&session) else {
                panic!("{session} left {room} without having been in it")
            };
            view.cursors.remove(&member.card.slot);
            leaves.push(Leave::Member { room: room.clone(), session, joined_at: member.card.joined_at });
        }
        for member in changed {
            let (session, slot) = (member.card.session_id.clone(), member.card.slot);
            if let Some(before) = view.members.insert(session, member)
                && before.card.slot != slot
            {
                view.cursors.remove(&before.card.slot);
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
