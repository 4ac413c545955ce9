//! The app's backend, which may open rooms that a token does not (`CONTRACT.md` 3): asked over HTTP, once for a user
//! and a room in a while.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request, StatusCode, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use presence_hub::io::Shard;
use presence_model::grant::{Granted, Right};
use presence_model::id::{ConnectionId, RoomId, UserId};
use presence_model::limit::Timing;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use crate::clock::length;
use crate::config::Config;
use crate::router::{Post, Router};
use crate::secret::Secret;

/// Asked at once at most; the others wait for their turn.
const AT_ONCE: usize = 64;

/// What is remembered at most.
const REMEMBERED: usize = 10_000;

/// An answer is a short list.
const ANSWER_BYTES: usize = 64 * 1024;

/// Between an attempt that failed and the next one.
const AGAIN_AFTER: Duration = Duration::from_millis(250);

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
    known: Mutex<BTreeMap<(UserId, RoomId), Remembered>>,
    timeout: Duration,
    kept: Duration,
}

/// When it was answered, and how.
type Remembered = (Instant, Vec<Right>);

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
            known: Mutex::default(),
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
            router.post(shard, Post::Granted { connection, granted });
        });
    }

    /// What the user may do in these rooms, as far as the backend says in time.
    pub async fn granted(&self, user: &UserId, rooms: Vec<RoomId>) -> Granted {
        let asked: Vec<_> = rooms
            .into_iter()
            .map(|room| {
                let (backend, user) = (self.clone(), user.clone());
                tokio::spawn(async move {
                    let rights = backend.rights(&user, &room).await;
                    (room, rights)
                })
            })
            .collect();
        let mut granted = vec![];
        for answer in asked {
            granted.extend(answer.await.ok().filter(|(_, rights)| !rights.is_empty()));
        }
        granted
    }

    async fn rights(&self, user: &UserId, room: &RoomId) -> Vec<Right> {
        let key = (user.clone(), room.clone());
        if let Some(known) = self.remembered(&key) {
            return known;
        }
        let asking = async {
            loop {
                match self.ask_once(user, room).await {
                    Ok(rights) => return rights,
                    Err(why) => tracing::warn!(%why, "the backend was asked for a room and did not answer"),
                }
                sleep(AGAIN_AFTER).await;
            }
        };
        match timeout(self.inner.timeout, asking).await {
            Ok(rights) => {
                self.remember(key, rights.clone());
                rights
            }
            Err(_) => vec![],
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

    fn remembered(&self, key: &(UserId, RoomId)) -> Option<Vec<Right>> {
        let known = self.inner.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(key).filter(|(at, _)| at.elapsed() < self.inner.kept).map(|(_, rights)| rights.clone())
    }

    fn remember(&self, key: (UserId, RoomId), rights: Vec<Right>) {
        let mut known = self.inner.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.retain(|_, (at, _)| at.elapsed() < self.inner.kept);
        }
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key, (Instant::now(), rights));
    }
}
