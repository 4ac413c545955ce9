//! The app's backend, which may open rooms that a token does not (`CONTRACT.md` 3): asked over HTTP, once for a user
//! and a room in a while.

mod memory;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use presence_hub::io::Shard;
use presence_model::grant::{Granted, Opening, Right};
use presence_model::id::{ConnectionId, RoomId, UserId};
use presence_model::limit::Timing;
use presence_model::time::Millis;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use crate::backend::memory::Memory;
use crate::clock::length;
use crate::config::Config;
use crate::router::{Post, Router};
use crate::secret::Secret;

/// Asked at once at most; the others wait for their turn.
const AT_ONCE: usize = 64;

/// The same of one user, who may not keep it from answering others.
const AT_ONCE_OF_A_USER: usize = 4;

/// No answer is remembered too, so that it is not waited for again and again.
const UNANSWERED_KEPT: Duration = Duration::from_secs(5);

/// An answer is a short list.
const ANSWER_BYTES: usize = 64 * 1024;

/// Between an attempt that failed and the next one; then twice as long each time, up to the other. A part of it is
/// random.
const AGAIN_AFTER: Duration = Duration::from_millis(100);
const AGAIN_AFTER_AT_MOST: Duration = Duration::from_secs(1);

/// While it fails, that is logged once in this time.
const WARN_EVERY: Duration = Duration::from_secs(60);

#[derive(Clone, Debug)]
pub struct Backend {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    url: Uri,
    /// What shows the backend that it is we who ask.
    key: Option<Secret>,
    client: Client<HttpConnector, Full<Bytes>>,
    /// Shards are threads of their own; what they ask is asked here.
    runtime: Handle,
    turns: Semaphore,
    /// The turns of each user who asks now.
    users: Mutex<BTreeMap<UserId, Arc<Semaphore>>>,
    known: Mutex<Memory>,
    warned: Mutex<Option<Instant>>,
    timeout: Duration,
    kept: Duration,
}

/// What is asked: a `POST` with this as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Question<'a> {
    user_id: &'a str,
    room_id: &'a str,
}

/// What is answered with 200. Rights that nobody knows are none.
#[derive(Deserialize)]
struct Answer {
    rights: Vec<String>,
}

/// Why there was no answer. A refusal (403, 404) is one.
#[derive(Debug, thiserror::Error)]
enum Unanswered {
    #[error("it cannot be reached: {0}")]
    Unreachable(#[from] hyper_util::client::legacy::Error),
    #[error("it answers with status {0}")]
    Status(StatusCode),
    #[error("its answer cannot be read: {0}")]
    Unreadable(Box<dyn std::error::Error + Send + Sync>),
    #[error("its answer is not `{{\"rights\":[…]}}`: {0}")]
    NoAnswer(#[from] serde_json::Error),
    #[error("no request can be made of the question: {0}")]
    NoRequest(#[from] hyper::http::Error),
}

impl Backend {
    /// The one that the configuration names, if any. Within the runtime.
    pub fn of(config: &Config, timing: &Timing) -> Option<Self> {
        let url = config.grants_url.as_deref()?.parse().ok()?;
        let inner = Inner {
            url,
            key: config.server_key.clone(),
            client: Client::builder(TokioExecutor::new()).build_http(),
            runtime: Handle::current(),
            turns: Semaphore::new(AT_ONCE),
            users: Mutex::default(),
            known: Mutex::default(),
            warned: Mutex::default(),
            timeout: length(timing.grants_timeout),
            kept: length(timing.grants_kept),
        };
        Some(Self { inner: Arc::new(inner) })
    }

    /// Asks for a socket's user; its shard gets the answer.
    pub fn ask(&self, router: Router, (shard, connection): (Shard, ConnectionId), user: UserId, rooms: Vec<RoomId>) {
        let backend = self.clone();
        self.inner.runtime.spawn(async move {
            let granted = backend.granted(&user, rooms).await;
            router.post(shard, Post::Granted { connection, user, granted });
        });
    }

    /// Whether any of the rooms is one that it would be asked for now.
    pub fn must_ask(&self, user: &UserId, rooms: &[RoomId]) -> bool {
        rooms.iter().any(|room| self.remembered(&(user.clone(), room.clone())).is_none())
    }

    /// What it says of the user in these rooms.
    pub async fn granted(&self, user: &UserId, rooms: Vec<RoomId>) -> Granted {
        let asked: Vec<_> = rooms
            .into_iter()
            .map(|room| {
                let (backend, user) = (self.clone(), user.clone());
                tokio::spawn(async move {
                    let opening = backend.opening(&user, &room).await;
                    (room, opening)
                })
            })
            .collect();
        let mut granted = vec![];
        for answer in asked {
            granted.extend(answer.await.ok());
        }
        granted
    }

    async fn opening(&self, user: &UserId, room: &RoomId) -> Opening {
        let key = (user.clone(), room.clone());
        if let Some(known) = self.remembered(&key) {
            return known;
        }
        let asking = async {
            let turns = self.turns_of(user);
            let _turn = turns.acquire().await;
            // Somebody who was before may have asked the same.
            if let Some(known) = self.remembered(&key) {
                return known;
            }
            let mut wait = AGAIN_AFTER;
            loop {
                match self.ask_once(user, room).await {
                    Ok(rights) => {
                        self.remember(&key, Opening::Rights(rights.clone()));
                        return Opening::Rights(rights);
                    }
                    Err(why) => self.warn(&why),
                }
                sleep(wait.mul_f64(rand::random_range(0.5..1.5))).await;
                wait = (wait * 2).min(AGAIN_AFTER_AT_MOST);
            }
        };
        let answer = timeout(self.inner.timeout, asking).await;
        self.forget_turns(user);
        answer.unwrap_or_else(|_| {
            let unknown = Opening::Unknown(Millis(UNANSWERED_KEPT.as_millis() as u64));
            self.remember(&key, unknown.clone());
            unknown
        })
    }

    fn turns_of(&self, user: &UserId) -> Arc<Semaphore> {
        let new = || Arc::new(Semaphore::new(AT_ONCE_OF_A_USER));
        lock(&self.inner.users).entry(user.clone()).or_insert_with(new).clone()
    }

    /// Nobody waits for a turn of the user any more, or the next one does this.
    fn forget_turns(&self, user: &UserId) {
        let mut users = lock(&self.inner.users);
        if users.get(user).is_some_and(|turns| Arc::strong_count(turns) == 1) {
            users.remove(user);
        }
    }

    fn warn(&self, why: &Unanswered) {
        let mut warned = lock(&self.inner.warned);
        if warned.is_none_or(|at| at.elapsed() >= WARN_EVERY) {
            *warned = Some(Instant::now());
            tracing::warn!(%why, "the backend was asked for a room and did not answer");
        }
    }

    async fn ask_once(&self, user: &UserId, room: &RoomId) -> Result<Vec<Right>, Unanswered> {
        let _turn = self.inner.turns.acquire().await;
        let question = serde_json::to_vec(&Question { user_id: user.as_str(), room_id: room.as_str() })?;
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(self.inner.url.clone())
            .header(CONTENT_TYPE, "application/json");
        if let Some(key) = &self.inner.key {
            request = request.header(AUTHORIZATION, format!("Bearer {}", key.expose().trim()));
        }
        let response = self.inner.client.request(request.body(Full::from(question))?).await?;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => return Ok(vec![]),
            status => return Err(Unanswered::Status(status)),
        }
        let body = Limited::new(response.into_body(), ANSWER_BYTES).collect().await.map_err(Unanswered::Unreadable)?;
        let answer: Answer = serde_json::from_slice(&body.to_bytes())?;
        Ok(answer.rights.iter().filter_map(|name| Right::named(name)).collect())
    }

    fn remembered(&self, key: &(UserId, RoomId)) -> Option<Opening> {
        lock(&self.inner.known).find(Instant::now(), key)
    }

    fn remember(&self, key: &(UserId, RoomId), opening: Opening) {
        let kept = if matches!(opening, Opening::Unknown(_)) { UNANSWERED_KEPT } else { self.inner.kept };
        let now = Instant::now();
        lock(&self.inner.known).note(now, key.clone(), opening, now + kept);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
