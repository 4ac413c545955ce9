//! What the person writes, in rooms and in conversations: told at the first key, renewed while it goes on, ended.

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::id::{RoomId, SessionKey};
use crate::session::machine::Session;
use crate::session::output::{Change, Output};
use crate::time::Millis;
use crate::wire::binary::uplink;

/// Writing in one place.
#[derive(Clone, Debug, Default)]
pub struct Typing {
    context: Option<String>,
    until: Millis,
    said_at: Option<Millis>,
}

impl Typing {
    /// A key was pressed in a context. True when others are to be told, which is not at every key.
    pub fn press(&mut self, now: Millis, context: &str, lease: Millis) -> bool {
        let is_new = self.context.as_deref() != Some(context) || self.until <= now;
        self.context = Some(context.to_owned());
        self.until = now + lease;
        let renew = self.said_at.is_none_or(|at| now.since(at) >= lease.part(1, 10));
        if is_new || renew {
            self.said_at = Some(now);
        }
        is_new || renew
    }

    /// True when others are to be told.
    pub fn stop(&mut self, now: Millis) -> bool {
        let was_typing = self.context.take().is_some() && self.until > now;
        self.said_at = None;
        was_typing
    }

    pub fn is_over(&self, now: Millis) -> bool {
        self.context.is_none() || self.until <= now
    }

    pub fn forget_said(&mut self) {
        self.said_at = None;
    }

    /// What is being written still, where nobody has heard of it.
    pub fn unsaid(&mut self, now: Millis) -> Option<String> {
        if self.said_at.is_some() || self.until <= now {
            return None;
        }
        self.said_at = Some(now);
        self.context.clone()
    }
}

impl Session {
    /// A key was pressed while writing in a context.
    pub fn type_in(&mut self, now: Millis, room: &RoomId, context: &str) {
        self.note_input(now);
        let lease = self.timing.typing_lease;
        let news = self.desired.room_mut(room).is_some_and(|wish| wish.typing.press(now, context, lease));
        if news {
            self.say_typing(room, Some(context));
        }
    }

    pub fn stop_typing(&mut self, now: Millis, room: &RoomId) {
        if self.desired.room_mut(room).is_some_and(|wish| wish.typing.stop(now)) {
            self.say_typing(room, None);
        }
    }

    /// A key was pressed while writing in a conversation.
    pub fn type_in_session(&mut self, now: Millis, key: &SessionKey) {
        self.note_input(now);
        // What is over makes room: a day has many conversations.
        while let Some(place) = self.conversations.iter().position(|(_, typing)| typing.is_over(now)) {
            self.conversations.swap_remove(place);
        }
        if self.conversation_mut(key).is_none() {
            self.conversations.push((key.clone(), Typing::default()));
        }
        let lease = self.timing.typing_lease;
        if self.conversation_mut(key).is_some_and(|typing| typing.press(now, "", lease)) {
            self.say_session_typing(key, true);
        }
    }

    pub fn stop_typing_in_session(&mut self, now: Millis, key: &SessionKey) {
        if self.conversation_mut(key).is_some_and(|typing| typing.stop(now)) {
            self.say_session_typing(key, false);
        }
    }

    fn conversation_mut(&mut self, key: &SessionKey) -> Option<&mut Typing> {
        self.conversations.iter_mut().find(|(other, _)| other == key).map(|(_, typing)| typing)
    }

    fn say_session_typing(&mut self, key: &SessionKey, is_typing: bool) {
        if self.line.is_online() {
            self.send(uplink::session_typing(key, is_typing));
        }
    }

    /// A new line knows nothing of what was said on the old one.
    pub(in crate::session) fn resume_typing(&mut self, now: Millis) {
        for (key, typing) in &mut self.conversations {
            typing.forget_said();
            if typing.unsaid(now).is_some() {
                self.outputs.push(Output::Send(uplink::session_typing(key, true)));
            }
        }
    }

    /// Nothing is heard any more of who types: nobody is shown to, lest they seem to type for ever.
    pub(in crate::session) fn forget_typists(&mut self) {
        self.hears_typists = false;
        if core::mem::take(&mut self.may_show_typists) {
            self.tell(Change::TypistsUnknown);
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;
    use alloc::vec::Vec;

    use super::*;
    use crate::id::InstanceId;
    use crate::session::machine::SessionConfig;

    #[test]
    fn a_day_of_conversations_is_not_kept() {
        let config = SessionConfig {
            token: None,
            instance_id: InstanceId::parse("laptop").unwrap(),
            session_id: None,
            info: String::new(),
            seed: 1,
        };
        let mut session = Session::new(Millis::ZERO, config);
        for second in 0..500 {
            let key = SessionKey::parse(&second.to_string()).unwrap();
            session.type_in_session(Millis::seconds(second), &key);
        }
        let mut kept: Vec<_> = session.conversations.iter().map(|(key, _)| key.as_str()).collect();
        kept.sort_unstable();
        assert_eq!(kept, ["495", "496", "497", "498", "499"]);
    }
}
