//! What agents report, and who follows it.

use std::sync::Arc;

use presence_model::agent::{AgentEvent, Deed, FeatureChange, FeatureStatus, Watcher};
use presence_model::close::Close;
use presence_model::event::Event;
use presence_model::feed::AgentNotice;
use presence_model::id::{AgentId, ConnectionId, FeatureId};
use presence_model::posting::{Posting, Receipt};
use presence_model::refusal::{Code, Refusal};
use presence_model::time::Millis;

use crate::agents::Reported;
use crate::io::CallId;
use crate::lobby::Lobby;
use crate::outputs::Outputs;
use crate::saved::ReportKey;

const FEATURE_CHANGE: AgentEvent = AgentEvent::of(Deed::FeatureChange);

impl Lobby {
    /// A socket without a session follows agents.
    pub fn watch(&mut self, now: Millis, connection: ConnectionId, watcher: Watcher, out: &mut Outputs) {
        let most = self.limits.dashboards_per_user;
        let whose = match &watcher {
            Watcher::User(_) => "user",
            Watcher::Address(_) => "address",
        };
        if self.followers.watch(connection, watcher, most) {
            self.show_agents(now, connection, out);
        } else {
            let message = format!("broadcasts: this {whose} has {most} dashboards open, as many as one may have");
            out.refuse(connection, "broadcasts", Refusal::new(Code::TooManyDashboards, message));
            out.close(connection, Close::TooManyDashboards);
        }
    }

    /// Shows all agents to one who begins to follow them, many of them in parts. What changes meanwhile is told besides.
    pub(in crate::lobby) fn show_agents(&mut self, now: Millis, connection: ConnectionId, out: &mut Outputs) {
        self.show_agents_behind(None, now, connection, out);
    }

    fn show_agents_behind(
        &mut self,
        shown: Option<&AgentId>,
        now: Millis,
        connection: ConnectionId,
        out: &mut Outputs,
    ) {
        let (agents, more) = self.agents.part(shown);
        if let Some(last) = agents.last().filter(|_| more) {
            let next = now + self.timing.agents_told_every.max(Millis(1));
            self.followers.beginners.put(connection, last.agent.clone(), next);
        }
        out.tell_one(connection, Event::Agents { agents, more, now });
    }

    pub fn take_report(&mut self, now: Millis, agent: &AgentId, events: &[AgentEvent], out: &mut Outputs) {
        self.agents.report(now, agent, events, out);
        self.tell_agents(now, out);
    }

    pub fn post(&mut self, now: Millis, call: CallId, posting: Posting, out: &mut Outputs) {
        let receipt = match posting {
            Posting::Agent { agent, events } => self.post_report(now, &agent, &events, out),
            Posting::Feature { feature, status, agent, session, key } => {
                let event =
                    AgentEvent { feature: Some(feature.clone()), session: Some(session), key, ..FEATURE_CHANGE };
                Ok(self.post_feature(now, (feature, status), &agent, event, out))
            }
            Posting::Notice(notice) => Ok(self.post_notice(now, notice, out)),
            Posting::Look(None) => Ok(Receipt::Agents(self.agents.all().cloned().collect())),
            Posting::Look(Some(agent)) => match self.agents.find(&agent) {
                Some(record) => Ok(Receipt::Agents([record.clone()].into())),
                None => Err(unknown(&agent)),
            },
            posting @ (Posting::Chat { .. }
            | Posting::Members { .. }
            | Posting::Notify { .. }
            | Posting::LastSeen(_)) => self.post_message(now, posting, out),
        };
        out.posted(call, receipt);
    }

    pub(in crate::lobby) fn expire_agents(&mut self, now: Millis, out: &mut Outputs) {
        self.agents.expire(now, out);
        self.tell_agents(now, out);
        while let Some((connection, shown)) = self.followers.beginners.pop(now) {
            self.show_agents_behind(Some(&shown), now, connection, out);
        }
    }

    fn post_report(
        &mut self,
        now: Millis,
        agent: &AgentId,
        events: &[AgentEvent],
        out: &mut Outputs,
    ) -> Result<Receipt, Refusal> {
        let reported = self.agents.report(now, agent, events, out);
        self.tell_agents(now, out);
        let Reported { record, counted, repeated } = reported.ok_or_else(|| unknown(agent))?;
        Ok(Receipt::Agent { record, counted, repeated })
    }

    fn post_feature(
        &mut self,
        now: Millis,
        (feature, new): (FeatureId, FeatureStatus),
        agent: &AgentId,
        event: AgentEvent,
        out: &mut Outputs,
    ) -> Receipt {
        let key = event.key.clone().map(|key| ReportKey { agent: agent.clone(), key });
        if key.is_some_and(|key| self.agents.has_counted(now, &key)) {
            let old = self.agents.find_feature(&feature);
            return Receipt::Feature { old, new: old.unwrap_or(new), told: 0 };
        }
        let old = self.agents.set_feature(now, &feature, new, out);
        let session = event.session.clone().unwrap_or_default();
        let change = FeatureChange { feature, old, new, agent: agent.clone(), session };
        let to = self.followers.of_agents();
        let told = self.seen_among(&to);
        out.tell(to, Event::FeatureChanged { change: Arc::new(change), now });
        self.take_report(now, agent, &[event], out);
        Receipt::Feature { old, new, told }
    }

    fn post_notice(&mut self, now: Millis, notice: AgentNotice, out: &mut Outputs) -> Receipt {
        self.agents.describe(now, &notice, out);
        let to = self.followers.of_messages();
        let told = self.seen_among(&to);
        out.tell(to, Event::AgentNotice { notice: Arc::new(notice), now });
        self.tell_agents(now, out);
        Receipt::Told { told, kept: 0 }
    }

    fn tell_agents(&mut self, now: Millis, out: &mut Outputs) {
        let news = self.agents.take_news(now);
        if news.is_empty() {
            return;
        }
        let (watching, listening) = (self.followers.of_agents(), self.followers.of_messages());
        for told in news {
            out.tell(watching.clone(), Event::Agent { agent: told.record, now });
            if let Some(notice) = told.notice {
                out.tell(listening.clone(), Event::AgentNotice { notice: Arc::new(notice), now });
            }
        }
    }
}

fn unknown(agent: &AgentId) -> Refusal {
    Refusal::new(Code::UnknownAgent, format!("agents: no agent `{agent}` ever reported")).at("agent_id")
}
