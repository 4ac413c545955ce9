//! Which pages may connect, and under which names the server may be called.

use presence_tests::client::Client;
use presence_tests::http::request;
use presence_tests::server::Server;
use serde_json::json;

const FOREIGN: &str = "https://evil.example";
const LOCAL: &str = "http://localhost:5173";

#[tokio::test]
async fn a_foreign_page_is_turned_away_at_every_door() {
    let server = Server::start().await;
    for path in ["/ws", "/presence"] {
        let refused = Client::open_with(&server, path, &[("origin", FOREIGN)]).await.err().unwrap();
        assert_eq!((refused.status, &refused.body["error"]["code"]), (403, &json!("forbidden_origin")), "{path}");
    }
    for path in ["/", "/healthz", "/api/presence"] {
        let answer = request(&server, "GET", path, &[("origin", FOREIGN)]).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (403, None), "{path}");
    }
}

#[tokio::test]
async fn a_page_of_this_machine_connects_and_asks() {
    let server = Server::with(|config| config.allowed_origins = vec!["https://app.example".to_owned()]).await;
    for origin in [LOCAL, "https://app.example"] {
        Client::open_with(&server, "/ws", &[("origin", origin)]).await.unwrap();
        let answer = request(&server, "GET", "/api/presence", &[("origin", origin)]).await;
        assert_eq!((answer.status, answer.header("access-control-allow-origin")), (200, Some(origin)));
        assert_eq!(answer.header("access-control-allow-credentials"), Some("true"));
        assert!(answer.header("vary").unwrap().to_lowercase().contains("origin"));
    }
    let preflight = [
        ("origin", LOCAL),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "authorization"),
    ];
    let answer = request(&server, "OPTIONS", "/api/presence", &preflight).await;
    assert_eq!((answer.status, answer.header("access-control-allow-headers")), (200, Some("authorization")));
    let asked = "content-type,idempotency-key,x-agent-id,x-server-key,x-session-id";
    let preflight =
        [preflight[0], ("access-control-request-method", "POST"), ("access-control-request-headers", asked)];
    for path in ["/api/agents/a/events", "/api/broadcast/features/f/status", "/api/broadcast/chat"] {
        let answer = request(&server, "OPTIONS", path, &preflight).await;
        assert_eq!((answer.status, answer.header("access-control-allow-headers")), (200, Some(asked)), "{path}");
        assert!(answer.header("access-control-allow-methods").unwrap().contains("POST"), "{path}");
    }
}

#[tokio::test]
async fn a_foreign_name_for_this_server_is_turned_away() {
    let server = Server::start().await;
    for path in ["/", "/api/presence", "/ws"] {
        let answer = request(&server, "GET", path, &[("host", "evil.example")]).await;
        assert_eq!((answer.status, &answer.json()["error"]["code"]), (403, &json!("forbidden_host")), "{path}");
    }
    let answer = request(&server, "GET", "/healthz", &[("host", "localhost:99")]).await;
    assert_eq!(answer.status, 200);
}
