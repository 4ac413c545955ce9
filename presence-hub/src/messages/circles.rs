//! Who hears of which conversation. Nobody joins one here: the app says who belongs to it.

use std::collections::{BTreeMap, BTreeSet};

use presence_model::id::{ConversationId, UserId};
use presence_model::limit::Limits;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::outputs::Outputs;
use crate::saved::{Change, Saved};

#[derive(Debug)]
pub struct Circles {
    most: usize,
    most_members: usize,
    most_members_of_all: usize,
    /// None of them is ever dropped for another one: what is said in it would go to everybody.
    members: BTreeMap<ConversationId, Box<[UserId]>>,
    members_of_all: usize,
}

impl Circles {
    pub fn new(limits: &Limits, saved: &Saved) -> Self {
        let known = saved.members.iter().filter(|(_, of_it, _)| !of_it.is_empty());
        let members: BTreeMap<_, Box<[_]>> =
            known.map(|(conversation, of_it, _)| (conversation.clone(), of_it.clone().into())).collect();
        Self {
            most: limits.conversations,
            most_members: limits.members_per_conversation,
            most_members_of_all: limits.conversation_members,
            members_of_all: members.values().map(|of_it| of_it.len()).sum(),
            members,
        }
    }

    /// Nobody in particular when it is empty.
    pub fn of(&self, conversation: &ConversationId) -> &[UserId] {
        self.members.get(conversation).map_or(&[], AsRef::as_ref)
    }

    /// Says who belongs to a conversation from now on.
    pub fn set(
        &mut self,
        now: Millis,
        conversation: ConversationId,
        members: Vec<UserId>,
        out: &mut Outputs,
    ) -> Result<(), Refusal> {
        let members: BTreeSet<_> = members.into_iter().collect();
        if members.len() > self.most_members {
            let must = format!("have at most {} items", self.most_members);
            return Err(Refusal { code: Code::TooLong, ..Refusal::bad_field("members", "members", &must) });
        }
        let before = self.of(&conversation).len();
        if before == 0 && !members.is_empty() && self.members.len() >= self.most {
            let most = self.most;
            return Err(too_many(format!("members: {most} conversations have members, as many as may")));
        }
        let of_all = self.members_of_all - before + members.len();
        if members.len() > before && of_all > self.most_members_of_all {
            let most = self.most_members_of_all;
            return Err(too_many(format!("members: all conversations together may have {most} members")));
        }
        self.members_of_all = of_all;
        let members: Vec<_> = members.into_iter().collect();
        if members.is_empty() {
            self.members.remove(&conversation);
        } else {
            self.members.insert(conversation.clone(), members.clone().into());
        }
        if before > 0 || !members.is_empty() {
            out.save(Change::Members { conversation, members, at: now });
        }
        Ok(())
    }
}

fn too_many(message: String) -> Refusal {
    Refusal::new(Code::TooManyConversations, message).at("members")
}
