//! Who may say something to people, and for which agents one may report.

use presence_model::command::Principal;
use presence_model::id::AgentId;
use presence_model::refusal::{Code, Refusal};

use crate::auth::gate::Gate;

/// The role of a token with which a program reports for itself.
const AGENT: &str = "agent";

/// The scope of those who may say anything for anybody.
const ADMIN: &str = "operator.admin";

/// Whether a sender may say `message` to people, and for any agent.
pub fn may_publish(gate: &Gate, sender: Option<&Principal>, message: &str) -> Result<(), Refusal> {
    match sender {
        _ if matches!(gate, Gate::Development) => Ok(()),
        None => Err(nobody(message)),
        Some(sender) if publishes(sender) => Ok(()),
        Some(_) => {
            let text = format!("{message}: it needs the server's key, or a token whose `scopes` hold `{ADMIN}`");
            Err(Refusal::new(Code::Forbidden, text))
        }
    }
}

/// Whether a sender may report for an agent: it is that agent, or may report for all.
pub fn may_report(gate: &Gate, sender: Option<&Principal>, message: &str, agent: &AgentId) -> Result<(), Refusal> {
    let is_agent =
        |sender: &Principal| sender.user_id.as_str() == agent.as_str() && sender.roles.iter().any(|role| role == AGENT);
    match sender {
        _ if matches!(gate, Gate::Development) => Ok(()),
        None => Err(nobody(message)),
        Some(sender) if is_agent(sender) || publishes(sender) => Ok(()),
        Some(_) => {
            let text = format!(
                "{message}: it needs the server's key, or a token whose `roles` hold `{AGENT}` and whose `sub` is the agent's id"
            );
            Err(Refusal::new(Code::Forbidden, text))
        }
    }
}

fn publishes(sender: &Principal) -> bool {
    sender.holds_all || sender.scopes.iter().any(|scope| scope == ADMIN)
}

/// Without a token, where one is needed.
pub fn nobody(message: &str) -> Refusal {
    let text = "a token is needed, as `Authorization: Bearer`, or the server's key as `X-Server-Key`";
    Refusal::new(Code::Unauthenticated, format!("{message}: {text}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::secret::Secret;
    use presence_model::grant::Grants;
    use presence_model::id::UserId;

    fn sender(name: &str, roles: &[&str], scopes: &[&str]) -> Principal {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Principal {
            roles: texts(roles),
            scopes: texts(scopes),
            rooms: Grants::All,
            holds_all: false,
            ..Principal::trusted(UserId::parse(name).unwrap())
        }
    }

    #[test]
    fn an_agent_reports_for_itself_and_who_administers_for_all() {
        let gate = Gate::open(&Config { server_key: Some(Secret::new("key")), ..Config::default() }).unwrap();
        let server = gate.principal("key").unwrap();
        let agent = AgentId::parse("claude-1").unwrap();
        for (sender, reports, publishes) in [
            (Some(server), None, None),
            (Some(sender("ann", &[], &["operator.admin"])), None, None),
            (Some(sender("claude-1", &["agent"], &[])), None, Some(Code::Forbidden)),
            (Some(sender("claude-2", &["agent"], &[])), Some(Code::Forbidden), Some(Code::Forbidden)),
            (Some(sender("claude-1", &["agents"], &[])), Some(Code::Forbidden), Some(Code::Forbidden)),
            (Some(sender("claude-1", &[], &["agent", "operator.write"])), Some(Code::Forbidden), Some(Code::Forbidden)),
            (None, Some(Code::Unauthenticated), Some(Code::Unauthenticated)),
        ] {
            let code = |result: Result<(), Refusal>| result.err().map(|refusal| refusal.code);
            let who = format!("{sender:?}");
            assert_eq!(code(may_report(&gate, sender.as_ref(), "events", &agent)), reports, "{who}");
            assert_eq!(code(may_publish(&gate, sender.as_ref(), "chat")), publishes, "{who}");
            assert_eq!(may_report(&Gate::Development, sender.as_ref(), "events", &agent), Ok(()), "{who}");
            assert_eq!(may_publish(&Gate::Development, sender.as_ref(), "chat"), Ok(()), "{who}");
        }
    }
}
