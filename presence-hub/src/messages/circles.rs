//! Who hears of which conversation. Nobody joins one here: the app says who belongs to it.

use std::collections::{BTreeMap, BTreeSet};

use presence_model::id::{ConversationId, UserId};
use presence_model::limit::Limits;
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::expiry::Expiry;
use crate::outputs::Outputs;
use crate::saved::{Change, Saved};

#[derive(Debug)]
pub struct Circles {
    most: usize,
    most_members: usize,
    members: BTreeMap<ConversationId, Box<[UserId]>>,
    /// When each was set.
    ages: Expiry<ConversationId>,
}

impl Circles {
    pub fn new(limits: &Limits, saved: &Saved) -> Self {
        let mut ages = Expiry::default();
        let mut members = BTreeMap::new();
        for (conversation, of_it, at) in saved.members.iter().filter(|(_, of_it, _)| !of_it.is_empty()) {
            ages.set(conversation.clone(), *at);
            members.insert(conversation.clone(), of_it.clone().into());
        }
        Self { most: limits.conversations, most_members: limits.members_per_conversation, members, ages }
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
        let members: Vec<_> = members.into_iter().collect();
        let was_known = self.members.contains_key(&conversation);
        if members.is_empty() {
            self.members.remove(&conversation);
            self.ages.clear(&conversation);
        } else {
            self.members.insert(conversation.clone(), members.clone().into());
            self.ages.set(conversation.clone(), now);
        }
        if was_known || !members.is_empty() {
            out.save(Change::Members { conversation, members, at: now });
        }
        while self.members.len() > self.most {
            let Some(conversation) = self.ages.pop_first() else { break };
            self.members.remove(&conversation);
            out.save(Change::Members { conversation, members: vec![], at: now });
        }
        Ok(())
    }
}
