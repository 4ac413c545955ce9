//! A token that ends while its socket is open: announced, renewed over the same socket, or the end of it.

use jsonwebtoken::Algorithm;
use presence_model::command::Hello;
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::server::Server;
use presence_tests::tokens::{configure, token};
use serde_json::{Value, json};

/// Long enough for a slow machine to answer within the last fifth.
const SHORT: f64 = 3.0;

async fn server() -> Server {
    Server::with(|config| configure(config, Algorithm::HS256)).await
}

#[tokio::test]
async fn a_json_socket_is_warned_renewed_and_at_last_closed() {
    let server = server().await;
    let mut ann = Client::open(&server, "/presence").await;
    ann.json(json!({ "type": "auth", "token": token("ann", SHORT), "sessionId": "s-1" })).await;
    assert_eq!(ann.next_of("auth").await["data"]["sessionId"], "s-1");
    assert_eq!(ann.next_of("auth_expiring").await["data"], json!({ "expiresIn": 1 }));

    // One that is not taken changes nothing.
    ann.json(json!({ "type": "auth", "token": token("ann", -60.0) })).await;
    assert_eq!(ann.next_of("auth").await["data"]["success"], false);
    ann.json(json!({ "type": "auth", "token": token("ann", SHORT) })).await;
    let data = ann.next_of("auth").await["data"].clone();
    assert_eq!((&data["success"], &data["sessionId"]), (&json!(true), &json!("s-1")));

    // The next warning comes after the first token's end.
    ann.next_of("auth_expiring").await;
    let error = ann.next_of("error").await;
    assert_eq!((&error["error"]["code"], &error["error"]["retryable"]), (&json!("token_expired"), &json!(true)));
    assert_eq!(ann.closed().await, (4004, "token expired".to_owned()));
}

fn expiring(frame: Downstream) -> Option<Millis> {
    match frame {
        Downstream::AuthExpiring { expires_in } => Some(expires_in),
        _ => None,
    }
}

fn refusal(frame: Downstream) -> Option<(String, Value)> {
    match frame {
        Downstream::Refused { about, refusal, .. } => {
            Some((about.to_string(), serde_json::from_str(&refusal).unwrap()))
        }
        _ => None,
    }
}

#[tokio::test]
async fn a_binary_socket_is_warned_renewed_and_at_last_closed() {
    let server = server().await;
    let mut ann = Client::hello(&server, &token("ann", SHORT), Hello::default()).await;
    let left = ann.next_frame(expiring).await;
    assert!(left > Millis::ZERO && left <= Millis(600), "{left}");

    for (token, code) in [
        (token("bob", 600.0), "bad_token"),
        ("nonsense".to_owned(), "bad_token"),
        (token("ann", -60.0), "token_expired"),
    ] {
        ann.say(&Upstream::Auth { token }).await;
        let (about, refusal) = ann.next_frame(refusal).await;
        assert_eq!((about.as_str(), &refusal["code"], &refusal["field"]), ("auth", &json!(code), &json!("token")));
    }
    ann.say(&Upstream::Auth { token: token("ann", SHORT) }).await;

    // This one comes after the first token's end.
    ann.next_frame(expiring).await;
    let (_, refusal) = ann.next_frame(refusal).await;
    assert_eq!(refusal["code"], "token_expired");
    assert_eq!(ann.closed().await, (4004, "token expired".to_owned()));
}

#[tokio::test]
async fn the_warning_is_a_setting_and_comes_as_early_as_it_says() {
    let server = Server::with(|config| {
        configure(config, Algorithm::HS256);
        config.timing.token_warning = Millis(0);
    })
    .await;
    let mut ann = Client::open(&server, "/presence").await;
    ann.json(json!({ "type": "auth", "token": token("ann", 1.0) })).await;
    ann.next_of("auth").await;
    assert_eq!(ann.next_json().await["error"]["code"], "token_expired");
    assert_eq!(ann.closed().await.0, 4004);
}

#[tokio::test]
async fn a_socket_that_was_never_let_in_cannot_renew() {
    let server = server().await;
    let mut nobody = Client::open_binary(&server).await;
    nobody.say(&Upstream::Auth { token: token("ann", 600.0) }).await;
    assert_eq!(nobody.next_frame(refusal).await.1["code"], "unauthenticated");
}
