//! The tools at work: what was asked for becomes calls and a session, what comes of it becomes sentences.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use presence_model::feed::AgentState;
use presence_model::id::{AgentId, MAX_ID_BYTES, RoomId};
use presence_model::limit::MAX_STATUS_MESSAGE;
use presence_model::room::{RoomKey, RoomKind};
use presence_model::status::Status;
use serde_json::{Map, Value, json};
use tokio::join;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::address::ServerAddress;
use crate::credential::Credentials;
use crate::mcp::arguments::Arguments;
use crate::mcp::calls::Calls;
use crate::mcp::session::{Session, Speaker};
use crate::mcp::tools;
use crate::mcp::who::{room_line, who};
use crate::mcp::words::Stance;
use crate::trouble::Trouble;

/// Clients of the protocol kill a program that is not gone two seconds after its stdin ended.
const FAREWELL: Duration = Duration::from_millis(1_500);

/// What a tool says: for the model to read, and the same as data.
pub type Said = Result<(String, Value), String>;

#[derive(Debug)]
pub struct Handler {
    address: ServerAddress,
    credentials: Credentials,
    calls: Calls,
    /// Known from the start, or from the client's first words.
    agent: OnceLock<AgentId>,
    /// Begun with the first room.
    session: Mutex<Option<Session>>,
    /// What was said last of it, for the session that is begun later.
    stance: Mutex<Option<Stance>>,
    /// Whether dashboards know of it.
    has_reported: AtomicBool,
}

impl Handler {
    pub fn new(agent: Option<AgentId>, address: ServerAddress, credentials: Credentials) -> Self {
        let calls = Calls::new(address.clone(), credentials.clone());
        let agent = agent.map_or_else(OnceLock::new, OnceLock::from);
        let (session, stance) = (Mutex::default(), Mutex::default());
        Self { address, credentials, calls, agent, session, stance, has_reported: AtomicBool::new(false) }
    }

    pub fn may_notify(&self) -> bool {
        self.credentials.key.is_some()
    }

    /// Who it is, if nobody said so: as its client calls itself.
    pub fn named_after(&self, client: Option<&str>) -> &AgentId {
        self.agent.get_or_init(|| name_of(client.unwrap_or_default()))
    }

    /// `None`: there is no tool of that name.
    pub async fn call(&self, name: &str, given: &Map<String, Value>) -> Option<Said> {
        // Who calls a tool is not idle.
        self.stance.lock().await.take_if(|stance| stance.status == Status::Idle);
        if let Some(speaker) = self.speaker().await {
            speaker.stir().await;
        }
        Some(match name {
            tools::REPORT_STATUS => self.report_status(given).await,
            tools::WHO_IS_HERE => self.who_is_here(given).await,
            tools::JOIN_ROOM => self.join_room(given).await,
            tools::LEAVE_ROOM => self.leave_room(given).await,
            tools::SAY_DOING => self.say_doing(given).await,
            tools::SEND_NOTIFICATION if self.may_notify() => self.send_notification(given).await,
            _ => return None,
        })
    }

    /// The agent is gone: from its rooms, and as dashboards see it. Whoever ends us does not wait for long.
    pub async fn finish(&self) {
        let leave = async {
            if let Some(session) = self.session.lock().await.take() {
                session.end().await;
            }
        };
        let report = async {
            if self.has_reported.load(Ordering::Relaxed) {
                let _ = self.calls.report(self.named_after(None), &[json!({ "type": "offline" })]).await;
            }
        };
        let _ = timeout(FAREWELL, async { join!(leave, report) }).await;
    }

    async fn report_status(&self, given: &Map<String, Value>) -> Said {
        let arguments = Arguments::new(given, &["status", "activity", "tool", "feature", "tokens"])?;
        let status = arguments.choice("status", &tools::STATES)?.unwrap_or(AgentState::Working.name());
        let (activity, tool, feature) =
            (arguments.text("activity")?, arguments.text("tool")?, arguments.text("feature")?);
        let tokens = arguments.count("tokens")?;

        let mut events = vec![];
        let is_working = status == AgentState::Working.name();
        if is_working || tool.is_some() || feature.is_some() || tokens.is_some() {
            let deed = match (tool, feature) {
                (Some(_), _) => "tool_execute",
                (None, Some(_)) => "feature_change",
                (None, None) => "activity",
            };
            events.push(event(deed, [("tool_name", tool), ("feature_id", feature), ("activity", activity)], tokens));
        }
        if status == AgentState::Stopped.name() {
            events.push(event("offline", [("activity", activity)], None));
        }
        let agent = self.named_after(None);
        let mut told = Value::Null;
        if !events.is_empty() {
            told = self.calls.report(agent, &events).await.map_err(sentence)?;
            self.has_reported.store(true, Ordering::Relaxed);
        }
        if status == AgentState::Idle.name() {
            self.calls.notice(agent, status, activity).await.map_err(sentence)?;
            self.has_reported.store(true, Ordering::Relaxed);
        }
        if !is_working {
            self.stand(Stance { status: Status::Idle, message: None }).await;
        }
        let text =
            format!("Reported: {agent} is {status}{}.", activity.map(|text| format!(", {text}")).unwrap_or_default());
        Ok((text, json!({ "agentId": agent, "status": status, "presence": told["presence"] })))
    }

    async fn who_is_here(&self, given: &Map<String, Value>) -> Said {
        Arguments::new(given, &[])?;
        let body = self.calls.presence().await.map_err(sentence)?;
        let (rooms, heard) = match self.speaker().await {
            Some(speaker) => speaker.look().await,
            None => Default::default(),
        };
        Ok(who(&body, &rooms, &heard))
    }

    async fn join_room(&self, given: &Map<String, Value>) -> Said {
        let arguments = Arguments::new(given, &["room", "type"])?;
        let room = room(&arguments)?;
        let named = arguments.text("type")?;
        let kind = named.map_or(Some(RoomKind::Project), RoomKind::parse);
        let kind = kind.ok_or_else(|| format!("`type` must {}", RoomKind::MUST))?;
        let room = self.begin().await.join(RoomKey { room, kind }).await.map_err(sentence)?;
        Ok((format!("{}.", room_line(&room)), room.json()))
    }

    async fn leave_room(&self, given: &Map<String, Value>) -> Said {
        let arguments = Arguments::new(given, &["room"])?;
        let room = room(&arguments)?;
        let was_there = match self.speaker().await {
            Some(speaker) => speaker.leave(room.clone()).await,
            None => false,
        };
        if !was_there {
            return Err(format!("you are not in the room {room}: join_room enters one"));
        }
        Ok((format!("You left the room {room}."), json!({ "room": room })))
    }

    async fn say_doing(&self, given: &Map<String, Value>) -> Said {
        let arguments = Arguments::new(given, &["doing"])?;
        let doing = arguments.sentence("doing", MAX_STATUS_MESSAGE)?;
        let agent = self.named_after(None);
        self.calls.report(agent, &[event("activity", [("activity", doing)], None)]).await.map_err(sentence)?;
        self.has_reported.store(true, Ordering::Relaxed);
        // Set by hand: no input of a person keeps an agent active while it works.
        let status = if doing.is_some() { Status::Busy } else { Status::Active };
        self.stand(Stance { status, message: doing.map(str::to_owned) }).await;
        let text = match doing {
            Some(doing) => format!("Others see: {agent}, {doing}."),
            None => format!(
                "In rooms nothing stands beside {agent} now. Dashboards show what it did last until it says another thing."
            ),
        };
        Ok((text, json!({ "agentId": agent, "doing": doing })))
    }

    async fn send_notification(&self, given: &Map<String, Value>) -> Said {
        let arguments = Arguments::new(given, &["message", "level", "user"])?;
        let message = arguments.required("message")?;
        let level = arguments.choice("level", &tools::LEVELS)?.unwrap_or(tools::LEVELS[0]);
        let told = self.calls.notify(level, message, arguments.text("user")?).await.map_err(sentence)?;
        let (now, later) = (told["told"].as_u64().unwrap_or_default(), told["kept"].as_u64().unwrap_or_default());
        let text = format!("Told {now} connected clients; {later} people will be told when they return.");
        Ok((text, json!({ "told": now, "kept": later })))
    }

    async fn stand(&self, stance: Stance) {
        let mut kept = self.stance.lock().await;
        *kept = Some(stance.clone());
        if let Some(speaker) = self.speaker().await {
            speaker.stand(stance).await;
        }
    }

    async fn speaker(&self) -> Option<Speaker> {
        self.session.lock().await.as_ref().map(Session::speaker)
    }

    async fn begin(&self) -> Speaker {
        let stance = self.stance.lock().await;
        let mut session = self.session.lock().await;
        let begun = || {
            let agent = self.named_after(None).clone();
            Session::begin(self.address.clone(), agent, self.credentials.clone(), stance.clone())
        };
        session.get_or_insert_with(begun).speaker()
    }
}

fn room(arguments: &Arguments<'_>) -> Result<RoomId, String> {
    RoomId::parse(arguments.required("room")?).map_err(|bad| format!("`room` must {bad}"))
}

fn event<const N: usize>(deed: &str, texts: [(&str, Option<&str>); N], tokens: Option<u64>) -> Value {
    let mut event = Map::new();
    event.insert("type".to_owned(), deed.into());
    event.extend(texts.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?.into()))));
    event.extend(tokens.map(|tokens| ("cost_tokens".to_owned(), tokens.into())));
    event.into()
}

fn sentence(trouble: Trouble) -> String {
    match &trouble {
        Trouble::Refused { code, .. } if code == "unauthenticated" => Trouble::NeedsToken.to_string(),
        _ => trouble.to_string(),
    }
}

/// A client's name as an agent's.
fn name_of(client: &str) -> AgentId {
    let plain = |letter: &char| !letter.is_control();
    let mut bytes = 0;
    let fits = |letter: &char| {
        bytes += letter.len_utf8();
        bytes <= MAX_ID_BYTES
    };
    let name: String = client.trim().chars().filter(plain).take_while(fits).collect();
    AgentId::parse(&name).or_else(|_| AgentId::parse("agent")).expect("a plain word is an id")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_client_has_a_name() {
        for (client, name) in [
            ("claude-code", "claude-code"),
            (" Claude Code ", "Claude Code"),
            ("a\nb\u{7f}", "ab"),
            ("", "agent"),
            ("\u{0}", "agent"),
            (&"ä".repeat(100), &"ä".repeat(64)),
        ] {
            assert_eq!(name_of(client).as_str(), name);
        }
    }
}
