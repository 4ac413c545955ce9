//! The list of who is here as gateway clients see it, and what others see of them.

use presence_model::limit::Timing;
use presence_model::time::Millis;
use presence_tests::client::Client;
use presence_tests::gateway::{Gateway, find, hosts, named};
use presence_tests::http::get;
use presence_tests::server::{Server, impatient};
use serde_json::{Value, json};

#[tokio::test]
async fn who_comes_in_by_one_door_is_seen_by_all() {
    let server = Server::start().await;
    let (mut watcher, _) = Gateway::connect(&server, named(3, "w", "watcher", &[])).await;
    let mut kleoz = Client::open(&server, "/api/ws").await;
    kleoz.json(json!({ "type": "connect", "token": "ann", "client": { "instanceId": "web-1", "host": "browser", "mode": "webchat" } })).await;
    let list = watcher.listing(|entries| hosts(entries).contains(&"browser")).await;
    assert_eq!(
        (&find(&list, "browser")["mode"], &find(&list, "browser")["instanceId"]),
        (&json!("webchat"), &json!("web-1"))
    );

    kleoz.json(json!({ "type": "subscribe.presence" })).await;
    let shown = kleoz.next_of("presence.snapshot").await;
    let entries = shown["entries"].as_array().unwrap();
    assert!(hosts(entries).contains(&"watcher") && entries.iter().any(|entry| entry["reason"] == "self"), "{shown}");
    watcher.client.close(None).await;
    let left = kleoz.next_of("presence.left").await;
    assert_eq!(left["instanceId"], "w");
}

/// What an observer of the list is told while `act` goes on, up to an end that it can see.
async fn seen_during(server: &Server, act: impl AsyncFnOnce()) -> Vec<Value> {
    let (mut observer, _) = Gateway::connect(server, named(3, "o", "observer", &["operator.admin"])).await;
    act().await;
    observer.client.json(json!({ "type": "req", "id": "end", "method": "system-presence" })).await;
    let mut seen = vec![];
    loop {
        let frame = observer.client.next_json().await;
        if frame["id"] == "end" {
            return seen;
        }
        seen.push(frame);
    }
}

#[tokio::test]
async fn twenty_drops_are_seen_by_nobody() {
    let server = Server::start().await;
    let (mut gateway, _) = Gateway::connect(&server, named(3, "app", "app", &[])).await;
    let seen = seen_during(&server, async || {
        for _ in 0..20 {
            // Without a close frame, as a network ends.
            drop(gateway.client.into_tcp());
            // Back before the server noticed it would be a second one of its kind.
            while get(&server, "/api/stats").await.json()["authenticated"] != 1 {}
            (gateway, _) = Gateway::connect(&server, named(3, "app", "app", &[])).await;
        }
    })
    .await;
    assert!(seen.is_empty(), "{seen:?}");
    assert_eq!(get(&server, "/api/stats").await.json()["sessions"], 2);
}

#[tokio::test]
async fn who_hangs_up_stays_in_the_list_as_disconnected() {
    let server = Server::start().await;
    let (mut watcher, _) = Gateway::connect(&server, named(3, "w", "watcher", &[])).await;
    let (gone, _) = Gateway::connect(&server, named(4, "g", "gone", &[])).await;
    gone.client.close(None).await;
    let list = watcher.listing(|entries| find(entries, "gone")["reason"] == "disconnect").await;
    assert_eq!(hosts(&list).len(), 3);
    let shown = |body: Value| hosts(body["entries"].as_array().unwrap()).contains(&"gone");
    assert!(!shown(get(&server, "/api/presence").await.json()));
    let body = get(&server, "/api/presence?include=disconnected").await.json();
    assert_eq!(find(body["entries"].as_array().unwrap(), "gone")["status"], "offline");
}

#[tokio::test]
async fn command_line_tools_are_served_and_not_listed() {
    let server = Server::start().await;
    let mut params = named(3, "tool", "tool", &["operator.admin"]);
    params["client"]["mode"] = json!("cli");
    let (mut tool, hello) = Gateway::connect(&server, params).await;
    assert_eq!(hosts(hello["snapshot"]["presence"].as_array().unwrap()).len(), 1);
    tool.request(
        "system-event",
        json!({ "text": "Node: shed (10.0.0.9) · app 2 · last input 1s ago · mode node · reason launch" }),
    )
    .await;
    let list = tool.request("system-presence", json!({})).await;
    assert_eq!(find(list.as_array().unwrap(), "shed")["ip"], "10.0.0.9");
}

#[tokio::test]
async fn who_is_killed_is_gone_once() {
    // Whoever answers pings lives; the ones killed here answer none.
    let server = Server::with(|config| {
        config.timing = Timing { json_list_every: Millis(50), instance_ttl: Millis(800), ..impatient() };
    })
    .await;
    let (mut observer, _) = Gateway::connect(&server, named(3, "o", "observer", &[])).await;
    let mut kleoz = Client::open(&server, "/api/ws").await;
    kleoz.json(json!({ "type": "connect", "client": { "instanceId": "web-1" } })).await;
    kleoz.json(json!({ "type": "subscribe.presence" })).await;
    kleoz.next_of("presence.updated").await;
    let (killed, _) = Gateway::connect(&server, named(3, "k", "killed", &[])).await;
    let _held_open = killed.client.into_tcp();
    let rows = async {
        let list = observer.listing(|entries| find(entries, "killed")["reason"] == "disconnect").await;
        assert_eq!(hosts(&list).iter().filter(|host| **host == "killed").count(), 1);
        observer.listing(|entries| find(entries, "killed").is_null()).await;
        observer.request("system-presence", json!({})).await
    };
    let news = async {
        kleoz.next_where(|message| message["type"] == "presence.joined" && message["entry"]["host"] == "killed").await;
        kleoz.next_where(|message| message["type"] == "presence.left" && message["instanceId"] == "k").await;
        kleoz.ping_json().await
    };
    let (list, later) = tokio::join!(rows, news);
    assert!(find(list.as_array().unwrap(), "killed").is_null());
    assert!(later.iter().all(|message| message["instanceId"] != "k"), "told once: {later:?}");
}
