//! What an agent asks over HTTP.

use std::time::{Duration, Instant};

use presence_model::id::AgentId;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::address::{ServerAddress, segment};
use crate::credential::{Credential, Credentials};
use crate::http::{Request, ask};
use crate::trouble::Trouble;

/// A model waits for it.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Clone, Debug)]
pub struct Calls {
    address: ServerAddress,
    credentials: Credentials,
}

impl Calls {
    pub fn new(address: ServerAddress, credentials: Credentials) -> Self {
        Self { address, credentials }
    }

    /// Who is here.
    pub async fn presence(&self) -> Result<Value, Trouble> {
        self.ask("GET", "/api/presence".to_owned(), self.credentials.of_agent(), None).await
    }

    /// What the agent did; how it stands then.
    pub async fn report(&self, agent: &AgentId, events: &[Value]) -> Result<Value, Trouble> {
        let path = format!("/api/agents/{}/events", segment(agent.as_str()));
        self.ask("POST", path, self.credentials.of_agent(), Some(json!({ "events": events }))).await
    }

    /// What the agent says of itself, for people.
    pub async fn notice(&self, agent: &AgentId, state: &str, task: Option<&str>) -> Result<Value, Trouble> {
        let mut body = json!({ "agentName": agent, "state": state });
        if let Some(task) = task {
            body["currentTask"] = task.into();
        }
        self.ask("POST", "/api/broadcast/agent-status".to_owned(), self.credentials.of_agent(), Some(body)).await
    }

    pub async fn notify(&self, level: &str, message: &str, user: Option<&str>) -> Result<Value, Trouble> {
        let mut body = json!({ "level": level, "message": message });
        if let Some(user) = user {
            body["userId"] = user.into();
        }
        self.ask("POST", "/api/broadcast/notification".to_owned(), self.credentials.of_publisher(), Some(body)).await
    }

    async fn ask(
        &self,
        method: &'static str,
        path: String,
        credential: Option<&Credential>,
        body: Option<Value>,
    ) -> Result<Value, Trouble> {
        let (address, credential) = (self.address.clone(), credential.cloned());
        let asking = spawn_blocking(move || {
            let key = format!("{:032x}", rand::random::<u128>());
            let key = body.as_ref().map(|_| key.as_str());
            let request = Request { method, path: &path, credential: credential.as_ref(), key, body: body.as_ref() };
            ask(&address, &request, Instant::now() + PATIENCE)
        });
        // The look-up of a name knows no deadline.
        let late = || Trouble::Late(self.address.authority().to_owned());
        timeout(PATIENCE, asking).await.map_err(|_| late())?.unwrap_or(Err(Trouble::Ending))
    }
}
