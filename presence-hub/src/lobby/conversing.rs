//! What sessions type in conversations, and who hears of it: all who hear who is here.

use presence_model::event::Event;
use presence_model::id::{ConnectionId, SessionId, SessionKey};
use presence_model::time::Millis;

use crate::conversations::Typist;
use crate::lobby::Lobby;
use crate::outputs::Outputs;

impl Lobby {
    pub(in crate::lobby) fn type_in(
        &mut self,
        now: Millis,
        id: &SessionId,
        key: SessionKey,
        is_typing: bool,
        out: &mut Outputs,
    ) {
        let typist = self.typist(id).filter(|_| is_typing);
        let changed = match typist {
            Some(typist) => {
                let lease = now + self.timing.typing_lease;
                self.conversations.begin(typist, key, (lease, self.limits.rooms_per_user))
            }
            None => self.conversations.stop(id, &key).then_some(key).into_iter().collect(),
        };
        self.tell_conversations(changed, out);
    }

    /// The session types nowhere any more.
    pub(in crate::lobby) fn stop_typing(&mut self, id: &SessionId, out: &mut Outputs) {
        let changed = self.conversations.end(id);
        self.tell_conversations(changed, out);
    }

    pub(in crate::lobby) fn expire_typing(&mut self, now: Millis, out: &mut Outputs) {
        while let Some(key) = self.conversations.pop(now) {
            self.tell_conversations(vec![key], out);
        }
    }

    /// Tells one reader of all conversations in which somebody types.
    pub(in crate::lobby) fn show_conversations(&self, reader: ConnectionId, out: &mut Outputs) {
        for key in self.conversations.keys() {
            let instances = self.conversations.typing_in(key);
            out.tell_one(reader, Event::SessionTyping { key: key.clone(), instances });
        }
    }

    /// Who the session is to those who see it. Whoever is not in the list, or wants to be seen by nobody, types
    /// unseen: readers look for the typists in the list.
    fn typist(&self, id: &SessionId) -> Option<Typist> {
        let session = self.sessions.find(id)?;
        let is_there = session.is_listed && session.is_seen();
        let entry = self.instances.listed(&session.instance).filter(|_| is_there)?;
        Some(Typist { session: id.clone(), instance: entry.instance_id.clone() })
    }

    fn tell_conversations(&self, changed: Vec<SessionKey>, out: &mut Outputs) {
        if changed.is_empty() {
            return;
        }
        let readers: Vec<_> = self.instances.readers_of_changes().collect();
        for key in changed {
            let instances = self.conversations.typing_in(&key);
            out.tell(readers.clone(), Event::SessionTyping { key, instances });
        }
    }
}
