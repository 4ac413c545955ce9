//! Gateway clients over real sockets: what they are let in by, what they may ask, and what they see of others.

use jsonwebtoken::Algorithm;
use presence_model::limit::Timing;
use presence_model::time::Millis;
use presence_server::clock::wall_now;
use presence_tests::gateway::{Device, Gateway, find, hosts, named, params, params_with};
use presence_tests::http::{get, request};
use presence_tests::server::{Server, impatient};
use presence_tests::tokens::{SERVER_KEY, claims, configure, sign};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

async fn production() -> Server {
    Server::with(|config| configure(config, Algorithm::HS256)).await
}

/// Sends one text as the first frame: what is answered, and how the socket is closed.
async fn first_frame(server: &Server, frame: &str) -> (Option<Value>, (u16, String)) {
    let mut gateway = Gateway::open(server).await;
    gateway.client.send(Message::text(frame.to_owned())).await;
    let answer = match gateway.client.next().await {
        Message::Text(text) => Some(serde_json::from_str(&text).unwrap()),
        Message::Close(frame) => {
            let frame = frame.unwrap();
            return (None, (frame.code.into(), frame.reason.to_string()));
        }
        other => panic!("{other:?}"),
    };
    (answer, gateway.client.closed().await)
}

#[tokio::test]
async fn a_first_frame_that_is_no_connect_is_answered_as_upstream_does() {
    let server = Server::start().await;
    for (frame, close) in [
        ("hello", (1000, "")),
        (r#"{"type":"connect","params":{}}"#, (1008, "invalid request frame")),
        (r#"{"type":"req","id":7,"method":"connect"}"#, (1008, "invalid request frame")),
        (r#"{"type":"req","id":"1","method":"connect","colour":"red"}"#, (1008, "invalid request frame")),
    ] {
        assert_eq!(first_frame(&server, frame).await, (None, (close.0, close.1.to_owned())), "{frame}");
    }
}

#[tokio::test]
async fn a_connect_that_is_refused_says_why_and_closes() {
    let server = production().await;
    let with = |change: &dyn Fn(&mut Value)| {
        let mut params = params_with(3, "i", Some(SERVER_KEY), &[]);
        change(&mut params);
        params
    };
    let other = json!({ "type": "req", "id": "1", "method": "system-presence" });
    let connect = |params: Value| json!({ "type": "req", "id": "1", "method": "connect", "params": params });
    for (frame, code, text, close) in [
        (other, "INVALID_REQUEST", "invalid handshake: first request must be connect", 1008),
        (
            connect(with(&|params| params["client"]["mode"] = json!("UI"))),
            "INVALID_REQUEST",
            "invalid connect params: ",
            1008,
        ),
        (
            connect(with(&|params| params["minProtocol"] = json!("3"))),
            "INVALID_REQUEST",
            "invalid connect params: ",
            1008,
        ),
        (connect(with(&|params| params["maxProtocol"] = json!(2))), "INVALID_REQUEST", "protocol mismatch", 1002),
        (connect(with(&|params| params["role"] = json!("king"))), "INVALID_REQUEST", "invalid role", 1008),
        (connect(with(&|params| params["auth"] = json!({}))), "NOT_PAIRED", "device identity required", 1008),
        (
            connect(with(&|params| params["auth"]["token"] = json!("x"))),
            "INVALID_REQUEST",
            "unauthorized: gateway token mismatch",
            1008,
        ),
        (
            connect(with(&|params| params["auth"] = json!({ "password": "x" }))),
            "INVALID_REQUEST",
            "unauthorized: gateway token mismatch",
            1008,
        ),
    ] {
        let (answer, (closed, reason)) = first_frame(&server, &frame.to_string()).await;
        let error = &answer.as_ref().expect("an answer")["error"];
        let message = error["message"].as_str().unwrap();
        assert!(message.starts_with(text), "{frame}: {error}");
        assert_eq!((&error["code"], closed), (&json!(code), close), "{frame}");
        assert!(message.starts_with(&reason) && !reason.is_empty(), "{reason} is not of {message}");
    }
    let body = request(&server, "GET", "/api/stats", &[("x-server-key", SERVER_KEY)]).await.json();
    assert_eq!((&body["authenticated"], &body["sessions"]), (&json!(0), &json!(0)), "nothing is kept of any of them");
}

#[tokio::test]
async fn who_says_nothing_is_hung_up_on_without_a_word() {
    let server = Server::with(|config| config.timing = impatient()).await;
    let gateway = Gateway::open(&server).await;
    assert_eq!(gateway.client.closed().await, (1000, String::new()));
}

#[tokio::test]
async fn each_protocol_gets_the_hello_that_its_clients_know() {
    let server = Server::start().await;
    let (_three, hello) = Gateway::connect(&server, named(3, "a", "three", &[])).await;
    assert_eq!((&hello["type"], &hello["protocol"]), (&json!("hello-ok"), &json!(3)));
    assert_eq!(hello["auth"], Value::Null, "a device token would be sent back instead of the shared one");
    assert!(hello["server"]["host"].is_string() && hello["server"]["connId"].is_string());
    let list = hello["snapshot"]["presence"].as_array().unwrap();
    assert_eq!((&list[0]["mode"], &list[0]["reason"]), (&json!("gateway"), &json!("self")));
    let own = find(list, "three");
    assert_eq!(
        (&own["reason"], &own["roles"], &own["scopes"]),
        (&json!("connect"), &json!(["operator"]), &json!(["operator.admin"]))
    );
    assert_eq!(own["text"], "Node: three · mode test");
    assert_eq!(
        hello["policy"],
        json!({ "maxPayload": 65_536, "maxBufferedBytes": 4_194_304, "tickIntervalMs": 30_000 })
    );

    let (_four, hello) = Gateway::connect(&server, named(4, "b", "four", &["operator.read"])).await;
    assert_eq!(hello["protocol"], 4);
    assert_eq!(hello["auth"], json!({ "role": "operator", "scopes": ["operator.read"] }));
    assert_eq!(hello["server"]["host"], Value::Null);
    assert_eq!(hosts(hello["snapshot"]["presence"].as_array().unwrap()).len(), 3);
    assert!(hello["snapshot"]["stateVersion"]["presence"].as_u64() > Some(1));
}

#[tokio::test]
async fn a_beacon_is_seen_before_it_is_answered_and_events_are_counted() {
    let server = Server::start().await;
    let (mut teller, _) = Gateway::connect(&server, named(3, "t", "teller", &["operator.admin"])).await;
    let text = "Node: mac-studio (10.0.0.5) · app 1.2 · last input 9s ago · mode ui · reason periodic";
    for seq in 1..4 {
        let beacon = json!({ "type": "req", "id": "b", "method": "system-event", "params": { "text": text, "instanceId": "mac-1", "tags": ["lab"] } });
        teller.client.json(beacon).await;
        let event = teller.client.next_json().await;
        assert_eq!((&event["event"], &event["seq"]), (&json!("presence"), &json!(seq)));
        let entry = find(event["payload"]["presence"].as_array().unwrap(), "mac-studio").clone();
        assert_eq!(
            (&entry["ip"], &entry["version"], &entry["mode"]),
            (&json!("10.0.0.5"), &json!("1.2"), &json!("ui"))
        );
        assert_eq!(
            (&entry["lastInputSeconds"], &entry["reason"], &entry["instanceId"]),
            (&json!(9), &json!("periodic"), &json!("mac-1"))
        );
        assert_eq!(
            teller.client.next_json().await,
            json!({ "type": "res", "id": "b", "ok": true, "payload": { "ok": true } })
        );
    }
    let list = teller.request("system-presence", Value::Null).await;
    assert_eq!(hosts(list.as_array().unwrap()).len(), 3, "{list}");
}

#[tokio::test]
async fn what_is_wrong_after_the_handshake_is_answered_and_the_socket_lives() {
    let server = Server::start().await;
    let (mut three, _) = Gateway::connect(&server, named(3, "a", "three", &[])).await;
    three.client.send(Message::text("no json")).await;
    three.client.send(Message::binary(vec![1, 2, 3])).await;
    three.client.json(json!({ "type": "req", "id": "x", "method": "" })).await;
    let answer = three.client.next_json().await;
    assert_eq!((&answer["id"], &answer["ok"]), (&json!("x"), &json!(false)));
    assert!(answer["error"]["message"].as_str().unwrap().starts_with("invalid request frame: "), "{answer}");
    three.client.json(json!([])).await;
    assert_eq!(three.client.next_json().await["id"], "invalid");
    for (method, params, message) in [
        ("connect", params(3, "a"), "connect is only valid as the first request"),
        ("fly", json!({}), "unknown method: fly"),
        ("system-event", json!({ "text": " " }), "text required"),
        ("system-event", json!({}), "text required"),
    ] {
        let error = three.refused(method, params).await;
        assert_eq!((&error["code"], &error["message"]), (&json!("INVALID_REQUEST"), &json!(message)));
    }
    let error = three.refused("system-event", json!({ "text": "t", "host": "h".repeat(10_000) })).await;
    assert!(error["message"].as_str().unwrap().contains("host"), "{error}");
    // Up to the size that the hello announces.
    let list = three.request("system-presence", json!({ "padding": "x".repeat(60_000) })).await;
    assert_eq!(hosts(list.as_array().unwrap()).len(), 2);
}

#[tokio::test]
async fn scopes_are_those_of_the_token_and_no_more() {
    let server = production().await;
    let reader = |scopes: &[&str]| {
        let mut claims = claims("ann", 600.0);
        claims["scopes"] = json!(scopes);
        sign(Algorithm::HS256, &claims)
    };
    let token = reader(&["operator.read"]);
    let (mut ann, hello) =
        Gateway::connect(&server, params_with(4, "a", Some(&token), &["operator.admin", "operator.read"])).await;
    assert_eq!(hello["auth"]["scopes"], json!(["operator.read"]));
    ann.request("system-presence", json!({})).await;
    let error = ann.refused("system-event", json!({ "text": "hello" })).await;
    assert_eq!((&error["code"], &error["message"]), (&json!("FORBIDDEN"), &json!("missing scope: operator.admin")));

    // Who asks for nothing has nothing, but for the server's key in protocol 3.
    let (mut bare, _) = Gateway::connect(&server, params_with(3, "b", Some(&reader(&["operator.admin"])), &[])).await;
    let error = bare.refused("system-presence", json!({})).await;
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!("INVALID_REQUEST"), &json!("missing scope: operator.read"))
    );
    let (mut key, _) = Gateway::connect(&server, params_with(3, "c", Some(SERVER_KEY), &[])).await;
    key.request("system-event", json!({ "text": "hello" })).await;

    let mut node = params_with(3, "d", Some(SERVER_KEY), &[]);
    node["role"] = json!("node");
    let (mut node, _) = Gateway::connect(&server, node).await;
    let error = node.refused("system-presence", json!({})).await;
    assert_eq!(error["message"], "unauthorized role: node");
}

#[tokio::test]
async fn a_device_is_itself_in_development_and_needs_a_token_elsewhere() {
    let device = Device::new(9);
    let signed = |gateway: &Gateway, token: Option<&str>| {
        let mut params = params_with(3, "app-1", token, &["operator.admin"]);
        device.sign(&mut params, &gateway.nonce, wall_now().0);
        params
    };
    let server = Server::start().await;
    let mut gateway = Gateway::open(&server).await;
    let params = signed(&gateway, None);
    gateway.request("connect", params).await;
    // By its own name or by the device's: one row.
    gateway.request("system-event", json!({ "text": "Node: x", "instanceId": "app-1", "host": "bench" })).await;
    let list = gateway.request("system-presence", json!({})).await;
    let entry = find(list.as_array().unwrap(), "bench").clone();
    assert_eq!((&entry["deviceId"], &entry["instanceId"]), (&json!(device.id()), &json!(device.id())), "{list}");
    assert_eq!(list.as_array().unwrap().len(), 2);
    let body = get(&server, "/api/presence").await.json();
    let users: Vec<_> = body["entries"].as_array().unwrap().iter().map(|entry| entry["userId"].clone()).collect();
    assert!(users.contains(&json!(device.id())), "{users:?}");

    let mut liar = Gateway::open(&server).await;
    let mut params = signed(&liar, None);
    params["client"]["id"] = json!("another");
    assert_eq!(liar.refused("connect", params).await["message"], "device signature invalid");
    assert_eq!(liar.client.closed().await, (1008, "device signature invalid".to_owned()));

    let server = production().await;
    let mut without = Gateway::open(&server).await;
    let params = signed(&without, None);
    let error = without.refused("connect", params).await;
    assert!(error["message"].as_str().unwrap().starts_with("unauthorized: gateway token missing"), "{error}");
    let mut with = Gateway::open(&server).await;
    let params = signed(&with, Some(SERVER_KEY));
    with.request("connect", params).await;
}

#[tokio::test]
async fn a_tick_comes_by_itself_and_a_restart_is_announced() {
    let server = Server::with(|config| {
        config.timing = Timing { gone_after: Millis::minutes(1), suspect_after: Millis::minutes(1), ..impatient() }
    })
    .await;
    let (mut gateway, hello) = Gateway::connect(&server, named(3, "a", "a", &[])).await;
    assert_eq!(hello["policy"]["tickIntervalMs"], 200, "twice the time between pings");
    let (first, second) = (gateway.event("tick").await, gateway.event("tick").await);
    assert!(first["payload"]["ts"].as_u64() < second["payload"]["ts"].as_u64());
    assert_eq!(second["seq"].as_u64(), first["seq"].as_u64().map(|seq| seq + 1));
    let stopping = server.stop();
    assert_eq!(gateway.event("shutdown").await["payload"], json!({ "reason": "service restart" }));
    assert_eq!(gateway.client.closed().await, (1012, "service restart".to_owned()));
    stopping.ended().await;
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_ask_again() {
    let server = Server::start().await;
    let (mut gateway, _) = Gateway::connect(&server, named(3, "a", "a", &[])).await;
    let refused = loop {
        let answer = gateway.ask("system-presence", json!({})).await;
        if answer["ok"] == false {
            break answer["error"].clone();
        }
    };
    assert_eq!((&refused["code"], &refused["retryable"]), (&json!("UNAVAILABLE"), &json!(true)));
    assert!(refused["retryAfterMs"].as_u64() > Some(0), "{refused}");
}
