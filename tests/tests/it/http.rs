//! What is asked over HTTP.

use presence_tests::client::Client;
use presence_tests::http::{get, request};
use presence_tests::server::Server;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::test]
async fn health_is_told() {
    let server = Server::start().await;
    let answer = get(&server, "/healthz").await;
    assert_eq!((answer.status, answer.json()), (200, json!({ "status": "ok" })));
}

#[tokio::test]
async fn who_is_here_is_told() {
    let server = Server::start().await;
    let mut client = Client::open(&server, "/ws").await;
    client.json(json!({ "type": "connect", "token": "ann", "client": { "instanceId": "I-1", "host": "desk" } })).await;
    client.next_where(|message| message["data"]["success"] == true).await;
    let answer = get(&server, "/api/presence").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let body = answer.json();
    let entry = body["entries"].as_array().unwrap().iter().find(|entry| entry["instanceId"] == "I-1");
    assert_eq!(entry.unwrap()["host"], "desk", "{body}");
    for number in ["gatewayUptime", "stateVersion", "timestamp"] {
        assert!(body[number].is_u64(), "{body}");
    }
}

#[tokio::test]
async fn how_much_goes_on_is_told_in_numbers() {
    let server = Server::start().await;
    let stats = async || get(&server, "/api/stats").await.json();
    let none = json!({ "connected": 0, "authenticated": 0, "sessions": 0, "users": 0, "rooms": 0, "agents": 0 });
    let without_uptime = |mut stats: serde_json::Value| {
        assert!(stats["uptime"].is_u64(), "{stats}");
        stats.as_object_mut().unwrap().remove("uptime");
        stats
    };
    assert_eq!(without_uptime(stats().await), none);

    let mut ann = Client::open(&server, "/presence").await;
    ann.json(json!({ "type": "auth", "token": "ann" })).await;
    ann.json(json!({ "type": "join", "roomId": "r", "roomType": "project" })).await;
    ann.next_where(|message| message["type"] == "joined").await;
    let mut silent = Client::open(&server, "/presence").await;
    silent.json(json!({ "type": "nonsense" })).await;
    silent.next_where(|message| message["type"] == "error").await;
    let some = json!({ "connected": 2, "authenticated": 1, "sessions": 1, "users": 1, "rooms": 1, "agents": 0 });
    assert_eq!(without_uptime(stats().await), some);

    let answer = get(&server, "/metrics").await;
    assert!(answer.header("content-type").unwrap().starts_with("application/openmetrics-text"), "{answer:?}");
    let told = |line: &str| answer.body.lines().any(|found| found == line);
    for line in [
        "presence_sockets{door=\"rooms\"} 2",
        "presence_messages_received_total{door=\"rooms\"} 3",
        "presence_refusals_total{code=\"unknown_message\"} 1",
        "presence_rooms 1",
        "presence_members 1",
        "# EOF",
    ] {
        assert!(told(line), "{line} is not in\n{}", answer.body);
    }
}

#[tokio::test]
async fn the_page_is_served_or_says_how_to_build_it() {
    let server = Server::start().await;
    for path in ["/", "/some/room"] {
        let answer = get(&server, path).await;
        assert!(answer.header("content-type").unwrap().starts_with("text/html"));
        assert!(answer.status == 200 || answer.body.contains("cargo xtask demo"), "{answer:?}");
    }
    assert_eq!(get(&server, "/assets/none-1234.js").await.status, 404);
    assert_eq!(request(&server, "POST", "/", &[("content-length", "0")]).await.status, 405);
}

#[tokio::test]
async fn without_the_demo_there_is_no_page() {
    let server = Server::with(|config| config.demo = false).await;
    let answer = get(&server, "/").await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn a_door_asked_without_an_upgrade_says_what_it_is() {
    let server = Server::start().await;
    for path in ["/ws", "/presence", "/api/ws"] {
        let answer = get(&server, path).await;
        assert_eq!((answer.status, answer.header("upgrade")), (426, Some("websocket")));
        let body = answer.json();
        assert_eq!((&body["type"], &body["error"]["code"]), (&json!("error"), &json!("upgrade_required")));
        assert!(body["data"]["error"].as_str().unwrap().contains("WebSocket door"), "{body}");
    }
    assert_eq!(request(&server, "POST", "/ws", &[("content-length", "0")]).await.status, 405);
    let upgrade = [("connection", "close, upgrade"), ("upgrade", "websocket"), ("sec-websocket-version", "13")];
    let headers = [&upgrade[..], &[("sec-websocket-key", "short")]].concat();
    assert_eq!(request(&server, "GET", "/ws", &headers).await.status, 400);
}

#[tokio::test]
async fn unknown_paths_and_methods_answer_in_json() {
    let server = Server::start().await;
    let answer = get(&server, "/api/nothing").await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (404, &json!("not_found")));
    let answer = request(&server, "DELETE", "/api/presence", &[]).await;
    assert_eq!((answer.status, &answer.json()["error"]["code"]), (405, &json!("method_not_allowed")));
    let refused = Client::open_with(&server, "/elsewhere", &[]).await.err().unwrap();
    assert_eq!((refused.status, &refused.body["error"]["code"]), (404, &json!("not_found")));
}

#[tokio::test]
async fn who_hangs_up_behind_his_request_is_answered() {
    let server = Server::start().await;
    let ask = async |request: String| {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    for _ in 0..100 {
        let asked = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", server.address);
        let without_host = "GET /healthz HTTP/1.1\r\n\r\n".to_owned();
        let (good, bad) = tokio::join!(ask(asked), ask(without_host));
        assert!(good.starts_with("HTTP/1.1 200 ") && good.ends_with("{\"status\":\"ok\"}"), "{good}");
        assert!(bad.starts_with("HTTP/1.1 403 "), "{bad}");
    }
}
