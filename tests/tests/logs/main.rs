//! At its finest level the log of a server, its libraries included, holds no token and no key. A program
//! of its own, since a process has one log.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use presence_model::command::Hello;
use presence_model::wire::binary::upstream::Upstream;
use presence_server::logging;
use presence_tests::client::Client;
use presence_tests::knock::{Door, PROTOCOL};
use presence_tests::server::Server;
use presence_tests::tokens::{SECRET, SERVER_KEY, bad_tokens, configure, token};
use serde_json::json;

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What would give a token away: all of it, what it says, what proves it, and any of it in base64.
fn traces(token: &str) -> Vec<String> {
    let parts = token.split('.').skip(1).filter(|part| part.len() > 16).map(str::to_owned);
    parts.chain([token.to_owned(), BASE64_URL_SAFE_NO_PAD.encode(token)]).filter(|text| text.len() > 16).collect()
}

#[tokio::test]
async fn no_token_and_no_key_is_ever_logged() {
    let log = Log::default();
    let writer = log.clone();
    logging::start("trace", move || writer.clone()).unwrap();
    let server = Server::with(|config| {
        configure(config, Algorithm::HS256);
        config.allow_query_token = true;
        config.auth_cookie = Some("session".to_owned());
    })
    .await;

    let (good, late, other) = (token("ann", 600.0), token("ann", -5.0), token("bob", 600.0));
    let bad: Vec<String> = bad_tokens(Algorithm::HS256).into_iter().map(|bad| bad.token).collect();
    let all = || bad.iter().chain([&good, &late, &other]).map(String::as_str).chain([SERVER_KEY]);
    for token in all() {
        let (bearer, cookie) = (format!("Bearer {token}"), format!("session={token}"));
        let coded = format!("presence.token.{}", BASE64_URL_SAFE_NO_PAD.encode(token));
        let own = format!("http://{}", server.address);
        let query = format!("?token={}", token.replace(' ', "%20"));
        for door in Door::ALL {
            door.knock(&server, Some(token)).await;
            door.knock_with(&server, None, &query, &[]).await;
            for header in [("authorization", &bearer), ("x-server-key", &token.to_owned()), (PROTOCOL, &coded)] {
                door.knock_with(&server, None, "", &[(header.0, header.1.as_str())]).await;
            }
            door.knock_with(&server, None, "", &[("cookie", cookie.as_str()), ("origin", own.as_str())]).await;
        }
    }
    let mut ann = Client::hello(&server, &good, Hello::default()).await;
    for token in all() {
        ann.say(&Upstream::Auth { token: token.to_owned() }).await;
    }
    let short = token("ann", 1.0);
    ann.say(&Upstream::Auth { token: short.clone() }).await;
    assert_eq!(ann.closed().await.0, 4004);
    let mut broken = Client::open(&server, "/presence").await;
    broken.json(json!({ "type": "auth", "token": good, "sessionId": 7 })).await;
    broken.next_of("error").await;
    server.stop().ended().await;

    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for seen in ["socket", "hello", "not signed in", "renewed", "refused", "going down"] {
        assert!(log.contains(seen), "the log is not what it should be: no `{seen}` in {} bytes", log.len());
    }
    for secret in all().chain([short.as_str()]).flat_map(traces).chain([SECRET.to_owned()]) {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "this gives something away");
    }
}
