//! Who keeps an agent in its rooms. There is a line as long as there is a room. One that breaks is opened again and
//! takes the session up, so that nobody sees the agent leave and come.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use presence_model::id::{AgentId, RoomId};
use presence_model::room::{RoomKey, RoomKind};
use presence_model::status::Status;
use serde_json::{Value, json};
use tokio::select;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};
use tracing::{debug, info, warn};

use crate::address::ServerAddress;
use crate::credential::Credentials;
use crate::mcp::again::Again;
use crate::mcp::line::{Ended, Line};
use crate::mcp::roster::{Heard, Room, Roster};
use crate::mcp::words::{Stance, introduction, is_final, joined, joining, leaving, signed_in, standing};
use crate::trouble::Trouble;

/// What is asked of the server is answered in this time, also when it asks the app's backend first.
const PATIENCE: Duration = Duration::from_secs(10);

/// As documented for clients of rooms.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(30);

/// From here on a close code says: stay away.
const STAY_AWAY: u16 = 4500;
/// Another socket took the session.
const TAKEN: u16 = 4500;

/// What a keeper is asked, one after the other.
#[derive(Debug)]
pub enum Order {
    Join(RoomKey, oneshot::Sender<Result<Room, Trouble>>),
    /// Whether it was in there.
    Leave(RoomId, oneshot::Sender<bool>),
    Stand(Stance),
    /// The agent does something.
    Stir,
    Look(oneshot::Sender<(Vec<Room>, Vec<Heard>)>),
}

#[derive(Debug)]
pub struct Keeper {
    address: ServerAddress,
    agent: AgentId,
    credentials: Credentials,
    instance: String,
    orders: mpsc::Receiver<Order>,
    line: Option<Line>,
    /// To be taken up by the next line.
    session: Option<String>,
    /// Who the server says we are.
    user: String,
    wanted: BTreeMap<RoomId, RoomKind>,
    /// Of these, those that do not let us in for now.
    outside: BTreeSet<RoomId>,
    stance: Option<Stance>,
    roster: Roster,
    /// For a line, or on it for the rooms outside of which we are.
    again: Again,
    heartbeat_at: Instant,
}

impl Keeper {
    pub fn new(
        address: ServerAddress,
        agent: AgentId,
        credentials: Credentials,
        stance: Option<Stance>,
        orders: mpsc::Receiver<Order>,
    ) -> Self {
        Self {
            address,
            agent,
            credentials,
            instance: format!("mcp-{:032x}", rand::random::<u128>()),
            orders,
            line: None,
            session: None,
            user: String::new(),
            wanted: BTreeMap::new(),
            outside: BTreeSet::new(),
            stance,
            roster: Roster::default(),
            again: Again::now(),
            heartbeat_at: Instant::now(),
        }
    }

    /// Until nobody can ask any more; then it leaves.
    pub async fn run(mut self) {
        while self.turn().await {}
        if let Some(line) = self.line.take() {
            line.close().await;
        }
    }

    /// Whether there is another one.
    async fn turn(&mut self) -> bool {
        let order = match &mut self.line {
            Some(line) => select! {
                order = self.orders.recv() => order,
                said = line.next() => {
                    match said {
                        Ok(message) => self.hear(&message).await,
                        Err(ended) => self.lose(ended),
                    }
                    return true;
                }
                () = sleep_until(self.heartbeat_at) => {
                    self.heartbeat_at = Instant::now() + HEARTBEAT_EVERY;
                    self.say(&json!({ "type": "heartbeat" })).await;
                    return true;
                }
                () = sleep_until(self.again.at), if !self.outside.is_empty() => {
                    self.knock().await;
                    return true;
                }
            },
            None if self.wanted.is_empty() => self.orders.recv().await,
            None => select! {
                order = self.orders.recv() => order,
                () = sleep_until(self.again.at) => {
                    self.come_back().await;
                    return true;
                }
            },
        };
        match order {
            Some(order) => self.obey(order).await,
            None => return false,
        }
        true
    }

    async fn obey(&mut self, order: Order) {
        // Who asked may have given up: the answer goes nowhere then.
        match order {
            Order::Join(key, reply) => {
                let joined = self.join(key).await;
                self.rest().await;
                let _ = reply.send(joined);
            }
            Order::Leave(room, reply) => {
                let left = self.leave(&room).await;
                let _ = reply.send(left);
            }
            Order::Stand(stance) => {
                self.say(&standing(&stance)).await;
                self.stance = Some(stance);
            }
            Order::Stir => {
                self.stance.take_if(|stance| stance.status == Status::Idle);
                self.say(&json!({ "type": "heartbeat", "status": Status::Active })).await;
            }
            Order::Look(reply) => {
                let _ = reply.send((self.roster.rooms(), self.roster.take_heard()));
            }
        }
    }

    async fn join(&mut self, key: RoomKey) -> Result<Room, Trouble> {
        if self.line.is_none() {
            self.connect().await?;
        }
        let entered = self.enter(&key).await;
        match &entered {
            Ok(_) => {
                self.outside.remove(&key.room);
                self.wanted.insert(key.room, key.kind);
            }
            // Should it be let in after all, it is not wanted there any more.
            Err(Trouble::Late(_)) => self.say(&leaving(&key.room)).await,
            Err(_) => {}
        }
        entered
    }

    async fn leave(&mut self, room: &RoomId) -> bool {
        let was_outside = self.outside.remove(room);
        let was_there = self.wanted.remove(room).is_some();
        self.roster.leave(room.as_str());
        if was_outside {
            // Nothing answers who is not in there.
            self.say(&leaving(room)).await;
        } else if was_there && self.line.is_some() {
            self.say(&leaving(room)).await;
            let left =
                |message: &Value| (message["type"] == "left" && message["roomId"] == room.as_str()).then_some(());
            // It is left as well when the line breaks now: it is not asked for again.
            let _ = self.answer(left).await;
        }
        self.rest().await;
        was_there
    }

    /// Without a room there is nothing to have a line for.
    async fn rest(&mut self) {
        if self.wanted.is_empty()
            && let Some(line) = self.line.take()
        {
            line.close().await;
            self.session = None;
        }
    }

    /// A line, the session on it, and everything as it was; or nothing of it.
    async fn connect(&mut self) -> Result<(), Trouble> {
        let done = self.try_to_connect().await;
        match &done {
            Ok(()) => {
                self.again.forget();
                if !self.outside.is_empty() {
                    self.again.later();
                }
            }
            Err(_) => {
                // Without a goodbye: that would end the session which the next line is to take up.
                self.line = None;
                self.again.later();
            }
        }
        done
    }

    async fn try_to_connect(&mut self) -> Result<(), Trouble> {
        self.line = Some(Line::open(&self.address).await?);
        self.heartbeat_at = Instant::now() + HEARTBEAT_EVERY;
        self.sign_in().await?;
        if let Some(stance) = &self.stance {
            let stance = standing(stance);
            self.say(&stance).await;
        }
        let wanted: Vec<RoomKey> =
            self.wanted.iter().map(|(room, kind)| RoomKey { room: room.clone(), kind: *kind }).collect();
        self.outside.clear();
        for key in wanted {
            self.return_to(key).await?;
        }
        Ok(())
    }

    /// Into a room that we were in.
    async fn return_to(&mut self, key: RoomKey) -> Result<(), Trouble> {
        match self.enter(&key).await {
            Ok(_) => drop(self.outside.remove(&key.room)),
            Err(trouble @ Trouble::Refused { retryable, .. }) => {
                self.roster.leave(key.room.as_str());
                if retryable {
                    info!(room = %key.room, "not in this room for now: {trouble}");
                    self.outside.insert(key.room);
                } else {
                    warn!(room = %key.room, "not in this room any more: {trouble}");
                    self.forget(key.room.as_str());
                }
            }
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }

    /// At the rooms that did not let us in.
    async fn knock(&mut self) {
        self.again.later();
        let outside: Vec<RoomKey> = self
            .outside
            .iter()
            .filter_map(|room| Some(RoomKey { room: room.clone(), kind: *self.wanted.get(room)? }))
            .collect();
        for key in outside {
            // No answer in time: it is asked again.
            if self.return_to(key).await.is_err() {
                break;
            }
        }
        if self.outside.is_empty() {
            self.again.forget();
        }
        self.rest().await;
    }

    fn forget(&mut self, room: &str) {
        self.wanted.retain(|wanted, _| wanted.as_str() != room);
        self.outside.retain(|outside| outside.as_str() != room);
        self.roster.leave(room);
    }

    async fn come_back(&mut self) {
        match self.connect().await {
            Ok(()) => {
                info!("the line is there again");
                self.rest().await;
            }
            Err(Trouble::Refused { code, message, .. }) if is_final(&code) => self.give_up(&message),
            Err(trouble) => debug!("no line yet: {trouble}"),
        }
    }

    fn give_up(&mut self, why: &str) {
        warn!("the server takes this agent no more, and it is in no room now: {why}");
        for room in std::mem::take(&mut self.wanted).into_keys() {
            self.roster.leave(room.as_str());
        }
        self.outside.clear();
        (self.line, self.session) = (None, None);
    }

    fn lose(&mut self, Ended(code): Ended) {
        self.line = None;
        match code {
            Some(TAKEN) => self.session = None,
            Some(code) if code >= STAY_AWAY => return self.give_up(&format!("closed with {code}")),
            _ => {}
        }
        info!("the line to the server broke");
        self.again.later();
    }

    /// The agent's token, if it has one. Else its name, which a server without keys takes for one; and the key only where
    /// that is refused, since such a server would show the key as a name.
    async fn sign_in(&mut self) -> Result<(), Trouble> {
        let Credentials { token, key } = &self.credentials;
        let tokens: Vec<String> = match (token, key) {
            (Some(token), _) => vec![token.expose().to_owned()],
            (None, key) => [self.agent.as_str()]
                .into_iter()
                .chain(key.as_ref().map(|key| key.expose()))
                .map(str::to_owned)
                .collect(),
        };
        let has_any = token.is_some() || key.is_some();
        let mut refused = Trouble::Ending;
        for token in tokens {
            let introduction = introduction(&self.agent, &self.instance, self.session.as_deref(), &token);
            self.say(&introduction).await;
            match self.answer(signed_in).await? {
                Ok((user, session)) => {
                    (self.user, self.session) = (user, Some(session));
                    return Ok(());
                }
                Err(trouble) => refused = trouble,
            }
        }
        match refused {
            Trouble::Refused { code, .. } if !has_any && is_final(&code) => Err(Trouble::NeedsToken),
            refused => Err(refused),
        }
    }

    async fn enter(&mut self, key: &RoomKey) -> Result<Room, Trouble> {
        self.say(&joining(key)).await;
        let joined = self.answer(|message| joined(message, key.room.as_str())).await??;
        Ok(self.roster.enter(key, &self.user, &joined))
    }

    async fn say(&mut self, message: &Value) {
        let Some(line) = &mut self.line else { return };
        if let Err(ended) = line.say(message).await {
            self.lose(ended);
        }
    }

    /// Listens until the server says what is waited for.
    async fn answer<T>(&mut self, find: impl Fn(&Value) -> Option<T>) -> Result<T, Trouble> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let Some(line) = &mut self.line else { return Err(Trouble::Cut(self.address.authority().to_owned())) };
            match timeout_at(deadline, line.next()).await {
                Ok(Ok(message)) => match find(&message) {
                    Some(found) => return Ok(found),
                    None => self.hear(&message).await,
                },
                Ok(Err(ended)) => self.lose(ended),
                Err(_) => return Err(Trouble::Late(self.address.authority().to_owned())),
            }
        }
    }

    async fn hear(&mut self, message: &Value) {
        match message["type"].as_str() {
            Some("ping") => self.say(&json!({ "type": "pong" })).await,
            Some("auth_expiring") => warn!("the token in PRESENCE_TOKEN ends soon: start again with another one"),
            Some("error") => debug!(code = message["error"]["code"].as_str(), "refused"),
            // Not asked for: the token does not open it any more.
            Some("left") => {
                let room = message["roomId"].as_str().unwrap_or_default();
                self.forget(room);
                self.rest().await;
            }
            _ => self.roster.hear(message),
        }
    }
}
