//! What one reader believes, from nothing but what it was told; and the rules of telling, checked as it goes.

use std::collections::BTreeMap;
use std::sync::Arc;

use presence_model::event::{Event, InstanceChange, RoomChange, WatchNews};
use presence_model::id::{InstanceKey, RoomId, SessionId};
use presence_model::instance::Instance;
use presence_model::playback::{Watch, Watching};
use presence_model::room::{Member, NO_SLOT, RoomKind, Selection};
use presence_model::status::{Liveness, Status};

/// A member, as far as all are told of it and no cursor says it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Seen {
    session: SessionId,
    status: Status,
    message: Option<Arc<str>>,
    liveness: Liveness,
    typing: Option<String>,
    selection: Option<Selection>,
    watching: Option<Watching>,
}

#[derive(Debug)]
pub(crate) struct RoomMirror {
    version: u64,
    pub(crate) kind: RoomKind,
    /// Whether others see the reader there.
    pub(crate) is_member: bool,
    pub(crate) members: BTreeMap<u16, Seen>,
    /// What is watched together; JSON readers are not told all of it.
    pub(crate) watch: Arc<Watch>,
}

#[derive(Debug, Default)]
pub(crate) struct Mirror {
    session: Option<SessionId>,
    pub(crate) rooms: BTreeMap<RoomId, RoomMirror>,
    pub(crate) list: Option<(u64, BTreeMap<InstanceKey, Instance>)>,
}

pub(crate) fn seen(member: &Member) -> Seen {
    Seen {
        session: member.card.session_id.clone(),
        status: member.status,
        message: member.status_message.clone(),
        liveness: member.liveness,
        typing: member.typing.clone(),
        selection: member.selection,
        watching: member.watching,
    }
}

impl Mirror {
    /// Takes an event in; `Err` says which rule it broke.
    pub(crate) fn take(&mut self, event: &Event) -> Result<(), String> {
        match event {
            Event::RoomPicture(picture) => {
                let members: BTreeMap<_, _> =
                    picture.members.iter().map(|member| (member.card.slot, seen(member))).collect();
                let is_member = picture.own_slot != NO_SLOT;
                if members.contains_key(&picture.own_slot) != is_member || members.len() != picture.members.len() {
                    return Err(format!("a picture without its reader, or with a slot twice: {picture:?}"));
                }
                // What is watched comes behind the picture; until then a reader knows what it knew.
                let watch = self.rooms.get(&picture.room).map(|known| known.watch.clone()).unwrap_or_default();
                let (version, kind) = (picture.version, picture.kind);
                let mirror = RoomMirror { version, kind, is_member, members, watch };
                self.rooms.insert(picture.room.clone(), mirror);
            }
            Event::RoomChanged { room, version, changes, .. } => {
                // A JSON socket that took a session up asks for its rooms by itself.
                let Some(mirror) = self.rooms.get_mut(room) else { return Ok(()) };
                if *version != mirror.version + 1 {
                    return Err(format!("{room}: version {version} after {}", mirror.version));
                }
                mirror.version = *version;
                changes.iter().try_for_each(|change| mirror.change(change))?;
            }
            Event::Cursors { room, moves, .. } => {
                let Some(mirror) = self.rooms.get(room) else { return Ok(()) };
                if let Some(moved) = moves.iter().find(|moved| !mirror.members.contains_key(&moved.card.slot)) {
                    return Err(format!("{room}: a cursor of nobody: {moved:?}"));
                }
            }
            Event::Watch { room, watch, news, .. } => {
                let Some(mirror) = self.rooms.get_mut(room) else { return Ok(()) };
                if let WatchNews::Synced { by, .. } = news
                    && self.session.as_ref() == Some(&by.session_id)
                {
                    return Err(format!("{room}: its own echo: {event:?}"));
                }
                mirror.watch = watch.clone();
            }
            Event::Broadcast { room, by, .. } if self.session.as_ref() == Some(&by.session_id) => {
                return Err(format!("{room}: its own word: {event:?}"));
            }
            Event::RoomLeft { room, .. } => {
                self.rooms.remove(room);
            }
            Event::PresencePicture { version, entries, .. } => {
                let entries = entries.iter().map(|entry| (entry.key(), entry.clone())).collect();
                self.list = Some((*version, entries));
            }
            Event::PresenceChanged { version, change, .. } => {
                let Some((own, entries)) = &mut self.list else {
                    return Err("a change of a list that was never shown".to_owned());
                };
                if *version != *own + 1 {
                    return Err(format!("list {version} after {own}"));
                }
                *own = *version;
                match change {
                    InstanceChange::Joined(entry) | InstanceChange::Updated(entry) => {
                        entries.insert(entry.key(), entry.clone());
                    }
                    InstanceChange::Left { user_id, instance_id } => {
                        entries.remove(&InstanceKey::new(user_id, instance_id));
                    }
                }
            }
            // Another session on the same socket starts with nothing.
            Event::Welcome(welcome) if self.session.as_ref() != Some(&welcome.session_id) => {
                *self = Self { session: Some(welcome.session_id.clone()), ..Self::default() };
            }
            // Answers, and what has no state to keep.
            _ => {}
        }
        Ok(())
    }
}

impl RoomMirror {
    fn change(&mut self, change: &RoomChange) -> Result<(), String> {
        let unknown = || format!("a change of nobody: {change:?}");
        match change {
            RoomChange::Joined { member, .. } => match self.members.insert(member.card.slot, seen(member)) {
                Some(other) => return Err(format!("slot {} is taken by {other:?}", member.card.slot)),
                None => return Ok(()),
            },
            RoomChange::Left { card, .. } => {
                self.members.remove(&card.slot).ok_or_else(unknown)?;
            }
            RoomChange::State { member, .. } => {
                let known = self.members.get_mut(&member.card.slot).ok_or_else(unknown)?;
                let Seen { status, message, selection, watching, .. } = seen(member);
                let (typing, liveness, session) = (known.typing.clone(), known.liveness, known.session.clone());
                *known = Seen { session, status, message, liveness, typing, selection, watching };
            }
            RoomChange::Liveness { card, liveness, .. } => {
                self.members.get_mut(&card.slot).ok_or_else(unknown)?.liveness = *liveness;
            }
            RoomChange::Typing { card, context } => {
                self.members.get_mut(&card.slot).ok_or_else(unknown)?.typing.clone_from(context);
            }
        }
        Ok(())
    }
}
