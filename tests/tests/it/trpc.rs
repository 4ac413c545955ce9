//! Koko's procedures over HTTP. What the real clients make of it is tested with those.

use jsonwebtoken::Algorithm;
use presence_model::time::Millis;
use presence_tests::client::Client;
use presence_tests::http::{Answer, request, send};
use presence_tests::server::Server;
use presence_tests::tokens::{claims, configure, sign, token};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const JSON: (&str, &str) = ("content-type", "application/json");
const ANN: (&str, &str) = ("authorization", "Bearer ann");

async fn post(server: &Server, procedure: &str, headers: &[(&str, &str)], input: Value) -> Answer {
    let headers: Vec<_> = [JSON].iter().chain(headers).copied().collect();
    send(server, "POST", &format!("/trpc/presence.{procedure}"), &headers, &input.to_string()).await
}

fn room() -> Value {
    json!({ "roomId": "r", "roomType": "video" })
}

/// Status, the name in tRPC, and ours.
fn error(answer: &Answer) -> (u16, String, String) {
    let data = &answer.json()["error"]["data"];
    assert_eq!(data["httpStatus"], answer.status, "{answer:?}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (answer.status, text(&data["code"]), text(&data["presence"]["code"]))
}

fn told(status: u16, name: &str, code: &str) -> (u16, String, String) {
    (status, name.to_owned(), code.to_owned())
}

#[tokio::test]
async fn a_caller_is_a_member_for_sockets_and_other_callers() {
    let server = Server::start().await;
    let mut bob = Client::open(&server, "/presence").await;
    bob.json(json!({ "type": "auth", "token": "bob" })).await;
    bob.json(json!({ "type": "join", "roomId": "r", "roomType": "video" })).await;
    bob.next_of("joined").await;
    // On two shards, with rooms on both.
    for name in ["r", "s", "t", "u"] {
        let joined = post(&server, "join", &[ANN], json!({ "roomId": name, "roomType": "video" })).await;
        assert_eq!(joined.status, 200, "{joined:?}");
        let data = &joined.json()["result"]["data"];
        assert_eq!(joined.header("x-session-id"), data["sessionId"].as_str());
        assert_eq!(joined.header("cache-control"), Some("no-store"));
        let moved = json!({ "roomId": name, "x": 0.25, "y": 0.75 });
        assert_eq!(post(&server, "updateCursor", &[ANN], moved).await.status, 200);
        let path = format!("/trpc/presence.getActive?input=%7B%22roomId%22:%22{name}%22,%22roomType%22:%22video%22%7D");
        let active = request(&server, "GET", &path, &[("authorization", "Bearer eve")]).await.json();
        let users = active["result"]["data"]["users"].as_array().unwrap().clone();
        let ann = users.iter().find(|user| user["userId"] == "ann").unwrap();
        assert_eq!(ann["cursor"], json!({ "x": 0.25, "y": 0.75 }), "{active}");
    }
    let came = bob.next_of("user_joined").await;
    let moved = bob.next_of("cursor_moved").await;
    assert_eq!((&came["userId"], &moved["userId"]), (&json!("ann"), &json!("ann")));
    assert_eq!(moved["sessionId"], came["sessionId"]);
}

/// Method, path, headers and body, and the error that they get.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, (u16, &'a str, &'a str));

#[tokio::test]
async fn whatever_is_wrong_with_a_request_is_told_in_the_words_of_trpc() {
    let server = Server::start().await;
    let large = format!("{{\"roomId\":\"{}\"}}", "x".repeat(40_000));
    let huge = "x".repeat(70_000);
    let text = ("content-type", "text/plain");
    let session = ("x-session-id", "a\u{e4}");
    let long = "x".repeat(200);
    let cases: [Case<'_>; 18] = [
        ("GET", "/trpc", &[ANN], "", (404, "NOT_FOUND", "not_found")),
        ("GET", "/trpc/", &[ANN], "", (404, "NOT_FOUND", "not_found")),
        ("GET", "/trpc/presence", &[ANN], "", (404, "NOT_FOUND", "not_found")),
        ("GET", "/trpc/a/b/%ff", &[ANN], "", (404, "NOT_FOUND", "not_found")),
        ("POST", "/trpc/presence.join/x", &[ANN, JSON], "{}", (404, "NOT_FOUND", "not_found")),
        ("POST", "/trpc/presence.join,presence.leave", &[ANN, JSON], "{}", (404, "NOT_FOUND", "not_found")),
        ("GET", "/trpc/presence.join", &[ANN], "", (405, "METHOD_NOT_SUPPORTED", "method_not_allowed")),
        ("POST", "/trpc/presence.getActive", &[ANN, JSON], "{}", (405, "METHOD_NOT_SUPPORTED", "method_not_allowed")),
        ("PUT", "/trpc/presence.join", &[ANN, JSON], "{}", (405, "METHOD_NOT_SUPPORTED", "method_not_allowed")),
        ("POST", "/trpc/presence.join", &[JSON], "{}", (401, "UNAUTHORIZED", "unauthenticated")),
        ("POST", "/trpc/presence.join", &[ANN, text], "{}", (415, "UNSUPPORTED_MEDIA_TYPE", "unsupported_media_type")),
        ("POST", "/trpc/presence.join", &[ANN], "{}", (415, "UNSUPPORTED_MEDIA_TYPE", "unsupported_media_type")),
        ("POST", "/trpc/presence.join", &[ANN, JSON], "{", (400, "BAD_REQUEST", "bad_json")),
        ("GET", "/trpc/presence.getActive?input=%7B", &[ANN], "", (400, "BAD_REQUEST", "bad_json")),
        ("GET", "/trpc/presence.getActive?input=1&input=2", &[ANN], "", (400, "BAD_REQUEST", "bad_field")),
        ("POST", "/trpc/presence.join", &[ANN, JSON], &large, (413, "PAYLOAD_TOO_LARGE", "too_large")),
        ("POST", "/trpc/presence.join", &[ANN, JSON], &huge, (413, "PAYLOAD_TOO_LARGE", "too_large")),
        ("POST", "/trpc/presence.heartbeat", &[ANN, ("x-session-id", &long)], "", (400, "BAD_REQUEST", "bad_field")),
    ];
    for (method, path, headers, body, (status, name, code)) in cases {
        let answer = send(&server, method, path, headers, body).await;
        assert_eq!(error(&answer), told(status, name, code), "{method} {path} {answer:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
        assert_eq!(answer.header("allow").is_some(), status == 405, "{answer:?}");
        assert_eq!(answer.header("www-authenticate").is_some(), status == 401, "{answer:?}");
    }
    let answer = post(&server, "heartbeat", &[ANN, session], json!({})).await;
    assert_eq!(error(&answer), told(400, "BAD_REQUEST", "bad_field"));
    let stats = request(&server, "GET", "/api/stats", &[]).await.json();
    assert_eq!((&stats["sessions"], &stats["rooms"]), (&json!(0), &json!(0)), "nothing of it is left");
}

#[tokio::test]
async fn a_batch_has_one_answer_for_each_call_and_a_status_for_all() {
    let server = Server::start().await;
    let batch = async |paths: &str, headers: &[(&str, &str)], inputs: Value| {
        let path = format!("/trpc/{paths}?batch=1");
        let headers: Vec<_> = [JSON].iter().chain(headers).copied().collect();
        send(&server, "POST", &path, &headers, &inputs.to_string()).await
    };
    let codes = |answer: &Answer| -> Vec<Value> {
        let body = answer.json();
        body.as_array().unwrap().iter().map(|one| one["error"]["data"]["code"].clone()).collect()
    };
    let joins = "presence.join,presence.heartbeat";
    assert_eq!(batch(joins, &[], json!({ "0": room() })).await.status, 401);
    let fine = batch(joins, &[ANN], json!({ "0": room() })).await;
    assert_eq!((fine.status, codes(&fine)), (200, vec![Value::Null, Value::Null]));
    assert!(fine.header("x-session-id").is_some());
    let mixed = batch("presence.heartbeat,presence.nothing,presence.leave", &[ANN], json!({})).await;
    assert_eq!((mixed.status, codes(&mixed)), (207, vec![Value::Null, json!("NOT_FOUND"), json!("BAD_REQUEST")]));
    let many = batch(&["presence.heartbeat"; 21].join(","), &[ANN], json!({})).await;
    assert_eq!(error(&many), told(413, "PAYLOAD_TOO_LARGE", "too_large"));
    let no_object = batch("presence.heartbeat,presence.heartbeat", &[ANN], json!([])).await;
    assert_eq!((no_object.status, codes(&no_object)), (400, vec![json!("BAD_REQUEST"), json!("BAD_REQUEST")]));
}

#[tokio::test]
async fn pages_may_call_as_they_may_connect() {
    let server = Server::start().await;
    let page = ("origin", "http://localhost:5173");
    let answer = post(&server, "heartbeat", &[ANN, page], json!({})).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(page.1));
    assert!(answer.header("access-control-expose-headers").unwrap().contains("x-session-id"), "{answer:?}");
    let asks = [("access-control-request-method", "POST"), ("access-control-request-headers", "x-session-id")];
    let headers: Vec<_> = asks.into_iter().chain([page]).collect();
    let preflight = request(&server, "OPTIONS", "/trpc/presence.join", &headers).await;
    assert_eq!(preflight.status, 200);
    assert_eq!(preflight.header("access-control-allow-headers"), Some("x-session-id"));
    let foreign = post(&server, "heartbeat", &[ANN, ("origin", "https://evil.example")], json!({})).await;
    assert_eq!(error(&foreign), told(403, "FORBIDDEN", "forbidden_origin"));
}

#[tokio::test]
async fn a_token_counts_as_at_every_other_door() {
    let server = Server::with(|config| configure(config, Algorithm::HS256)).await;
    let bearer = |token: String| format!("Bearer {token}");
    let joins = async |authorization: &str| post(&server, "join", &[("authorization", authorization)], room()).await;
    let fine = joins(&bearer(token("ann", 600.0))).await;
    assert_eq!(fine.status, 200, "{fine:?}");
    assert_eq!(error(&joins("Bearer ann").await), told(401, "UNAUTHORIZED", "bad_token"));
    assert_eq!(error(&joins(&bearer(token("ann", -600.0))).await), told(401, "UNAUTHORIZED", "token_expired"));
    let mut elsewhere = claims("ann", 600.0);
    elsewhere["rooms"] = json!({ "s": ["read"] });
    let closed = joins(&bearer(sign(Algorithm::HS256, &elsewhere))).await;
    assert_eq!(error(&closed), told(403, "FORBIDDEN", "forbidden"));
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let server = Server::with(|config| config.timing.hello_timeout = Millis(200)).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST /trpc/presence.heartbeat HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: 9\r\n\r\n{{",
        server.address
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(answer.contains(r#""code":"TIMEOUT""#), "{answer}");
}

#[tokio::test]
async fn what_a_request_says_of_privacy_holds_for_who_calls() {
    let server = Server::start().await;
    let mut bob = Client::open(&server, "/presence").await;
    bob.json(json!({ "type": "auth", "token": "bob" })).await;
    bob.json(json!({ "type": "join", "roomId": "r", "roomType": "video" })).await;
    bob.next_of("joined").await;
    let call = async |query: &str, user: &str| {
        let authorization = format!("Bearer {user}");
        let headers = [JSON, ("authorization", authorization.as_str())];
        send(&server, "POST", &format!("/trpc/presence.join?{query}"), &headers, &room().to_string()).await
    };
    for (query, user) in [("invisible=true", "ann"), ("privacy=%7B%22invisible%22:true%7D", "cyd")] {
        let joined = call(query, user).await;
        assert_eq!(joined.status, 200, "{joined:?}");
        assert_eq!(joined.json()["result"]["data"]["room"]["userCount"], 1, "{joined:?}");
    }
    assert_eq!(call("", "dan").await.status, 200);
    let came = bob.next_of("user_joined").await;
    assert_eq!(came["userId"], "dan", "{came}");
}

#[tokio::test]
async fn errors_name_fields_as_the_caller_wrote_them() {
    let server = Server::start().await;
    post(&server, "join", &[ANN], room()).await;
    post(&server, "requestControl", &[ANN], json!({ "roomId": "r" })).await;
    for (input, field) in [
        (json!({ "roomId": "r", "toUserId": "nobody" }), "toUserId"),
        (json!({ "roomId": "r", "data": { "toUserId": "nobody" } }), "data.toUserId"),
    ] {
        let refused = post(&server, "grantControl", &[ANN], input).await.json();
        let error = &refused["error"];
        assert_eq!(error["data"]["presence"]["field"], field, "{refused}");
        assert!(error["message"].as_str().unwrap().contains(&format!("`{field}`")), "{refused}");
    }
}
