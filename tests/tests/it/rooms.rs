//! What is marked, watched, said and hidden in rooms, between a JSON client and one of the SDK's form.

use presence_model::command::{Hello, Wishes};
use presence_model::id::RoomId;
use presence_model::room::{RoomKey, RoomKind};
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::entry::EntryChange;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::http::get;
use presence_tests::server::Server;
use serde_json::{Value, json};

async fn json_member(server: &Server, user: &str) -> Client {
    let mut client = Client::open(server, "/presence").await;
    client.json(json!({ "type": "auth", "token": user })).await;
    client.next_of("auth").await;
    client.json(json!({ "type": "join", "roomId": "r", "roomType": "video" })).await;
    client.next_of("joined").await;
    client
}

async fn sdk(server: &Server, user: &str) -> Client {
    let rooms = vec![RoomKey { room: RoomId::parse("r").unwrap(), kind: RoomKind::Video }];
    let wishes = Some(Wishes { revision: 1, rooms, presence: false });
    let mut client = Client::hello(server, user, Hello { incarnation: 1, wishes, ..Hello::default() }).await;
    client.next_frame(|frame| matches!(frame, Downstream::RoomPicture(_)).then_some(())).await;
    client
}

async fn says(client: &mut Client, message: Value) {
    client.say(&Upstream::Message { text: message.to_string() }).await;
}

fn object(piece: &str) -> Value {
    serde_json::from_str(&format!("{{{piece}}}")).unwrap()
}

/// The next news of a kind.
async fn news(client: &mut Client, kind: &str) -> Value {
    client
        .next_frame(|frame| match frame {
            Downstream::News(piece) => Some(object(&piece)).filter(|news| news["kind"] == kind),
            Downstream::Refused { refusal, .. } => panic!("{refusal}"),
            _ => None,
        })
        .await
}

/// The next state of a member for which `holds`.
async fn state(client: &mut Client, holds: impl Fn(&Value) -> bool) -> Value {
    let state = |change: EntryChange| match change {
        EntryChange::State(_, piece) => Some(object(&piece)),
        _ => None,
    };
    client
        .next_frame(|frame| match frame {
            Downstream::RoomChanged { changes, .. } => changes.into_iter().filter_map(state).find(|state| holds(state)),
            _ => None,
        })
        .await
}

#[tokio::test]
async fn what_has_no_frame_of_its_own_crosses_between_both_forms() {
    let server = Server::start().await;
    let mut ann = json_member(&server, "ann").await;
    let mut bob = sdk(&server, "bob").await;
    let in_room = |kind: &str, data: Value| json!({ "type": kind, "roomId": "r", "data": data });
    let status =
        |status: &str, message: &str| json!({ "type": "setStatus", "status": status, "statusMessage": message });

    says(&mut bob, in_room("selection", json!({ "startTime": 1, "endTime": 2.5 }))).await;
    let marked = ann.next_of("selection_changed").await;
    assert_eq!((&marked["userId"], &marked["data"]["endTime"]), (&json!("bob"), &json!(2.5)));
    ann.json(in_room("selection", json!({ "startTime": 3, "endTime": 4 }))).await;
    // His own comes before hers.
    let marked = state(&mut bob, |state| state["selection"]["startTime"] == 3.0).await;
    assert_eq!(marked["selection"]["endTime"], 4.0);

    says(&mut bob, status("busy", "back at 9")).await;
    let busy = ann.next_where(|message| message["data"]["status"] == "busy").await;
    assert_eq!((&busy["type"], &busy["data"]["statusMessage"]), (&json!("status_changed"), &json!("back at 9")));
    ann.json(status("reviewing", "scene 4")).await;
    state(&mut bob, |state| state["status"] == "reviewing" && state["statusMessage"] == "scene 4").await;

    says(&mut bob, in_room("broadcast", json!({ "emoji": "👍" }))).await;
    assert_eq!(ann.next_of("broadcast").await["data"], json!({ "emoji": "👍" }));
    ann.json(in_room("broadcast", json!([1.5, null]))).await;
    let heard = news(&mut bob, "broadcast").await;
    assert_eq!((&heard["userId"], &heard["data"]), (&json!("ann"), &json!([1.5, null])));

    ann.json(in_room("playback", json!({ "action": "sync", "isPlaying": false, "currentTime": 9.5 }))).await;
    let watch = news(&mut bob, "watch").await;
    assert_eq!((&watch["syncEnabled"], &watch["controller"]["userId"]), (&json!(true), &json!("ann")));
    assert_eq!(watch["timeline"]["currentTime"], 9.5);
    says(&mut bob, in_room("playback", json!({ "action": "play" }))).await;
    let desynced = ann.next_where(|message| message["data"]["desynced"].is_string()).await;
    assert_eq!((&desynced["userId"], &desynced["data"]["desynced"]), (&json!("bob"), &json!("playing")));
    says(&mut bob, json!({ "type": "control_request", "roomId": "r" })).await;
    ann.next_of("control_requested").await;
    ann.json(in_room("control_grant", json!({ "toUserId": "bob" }))).await;
    while news(&mut bob, "watch").await["controller"]["userId"] != "bob" {}
    says(&mut bob, in_room("playback", json!({ "action": "seek", "currentTime": 30 }))).await;
    let synced = ann.next_of("playback_synced").await;
    assert_eq!((&synced["userId"], &synced["data"]["action"]), (&json!("bob"), &json!("seek")));
    // Who comes late is shown all of it, whatever he speaks.
    let mut cleo = sdk(&server, "cleo").await;
    assert_eq!(news(&mut cleo, "watch").await["timeline"]["currentTime"], 30.0);
}

/// Subscribed to the list, in the room, and told of everybody so far.
async fn witness(server: &Server) -> Client {
    let mut eve = json_member(server, "eve").await;
    eve.json(json!({ "type": "subscribe.presence" })).await;
    eve.next_of("presence.updated").await;
    eve
}

/// All that is told of a user before the next answer.
async fn told_of(client: &mut Client, user: &str) -> Vec<Value> {
    let told = client.ping_json().await;
    told.into_iter().filter(|message| message.to_string().contains(user)).collect()
}

#[tokio::test]
async fn who_says_so_where_the_token_stands_is_never_seen() {
    let server = Server::start().await;
    let mut eve = witness(&server).await;
    let stats = get(&server, "/api/stats").await.json();
    for (path, auth) in [
        ("/ws?token=ghost&invisible=true", None),
        ("/api/ws?token=ghost&privacy=%7B%22invisible%22%3Atrue%7D", None),
        ("/presence", Some(json!({ "type": "auth", "token": "ghost", "invisible": true }))),
        ("/presence", Some(json!({ "type": "auth", "token": "ghost", "privacy": { "invisible": true } }))),
        ("/ws", Some(json!({ "type": "connect", "token": "ghost", "client": { "privacy": { "invisible": true } } }))),
    ] {
        let mut ghost = Client::open(&server, path).await;
        if let Some(auth) = auth {
            ghost.json(auth).await;
        }
        ghost.json(json!({ "type": "join", "roomId": "r", "roomType": "video" })).await;
        let joined = ghost.next_of("joined").await;
        let room = &joined["data"]["room"];
        assert_eq!((&room["userCount"], &room["users"][0]["userId"]), (&json!(1), &json!("eve")), "{path}: {joined}");
        assert_eq!(joined["data"]["assignedColor"], "#808080");
        // What would be seen is dropped or refused; what others do is heard.
        ghost.json(json!({ "type": "cursor", "roomId": "r", "data": { "x": 0.5, "y": 0.5 } })).await;
        ghost.json(json!({ "type": "broadcast", "roomId": "r", "data": "boo" })).await;
        assert_eq!(ghost.next_of("error").await["error"]["code"], "invisible", "{path}");
        eve.json(json!({ "type": "cursor", "roomId": "r", "data": { "x": 0.25 } })).await;
        ghost.next_of("cursor_moved").await;
        assert_eq!(told_of(&mut eve, "ghost").await, Vec::<Value>::new(), "{path}");
        let now = get(&server, "/api/stats").await.json();
        assert_eq!((&now["users"], &now["sessions"]), (&stats["users"], &stats["sessions"]), "{path}");
        ghost.close(Some(1000)).await;
    }
    assert_eq!(told_of(&mut eve, "ghost").await, Vec::<Value>::new());
}

#[tokio::test]
async fn privacy_is_switched_while_one_is_in() {
    let server = Server::start().await;
    let mut eve = witness(&server).await;
    let mut ann = json_member(&server, "ann").await;
    eve.next_where(|message| message["type"] == "user_joined" && message["userId"] == "ann").await;
    let say = |data: Value| json!({ "type": "privacy", "data": data });

    ann.json(json!({ "type": "cursor", "roomId": "r", "data": { "x": 0.5 } })).await;
    eve.next_of("cursor_moved").await;
    ann.json(say(json!({ "cursor": false }))).await;
    assert!(eve.next_of("cursor_moved").await["data"]["x"].is_null());
    ann.json(say(json!({ "invisible": true }))).await;
    eve.next_where(|message| message["type"] == "user_left" && message["userId"] == "ann").await;
    ann.json(say(json!({ "invisible": false }))).await;
    eve.next_where(|message| message["type"] == "user_joined" && message["userId"] == "ann").await;

    ann.json(say(json!({ "presence": false }))).await;
    eve.next_where(|message| message["type"] == "user_left" && message["userId"] == "ann").await;
    ann.next_of("left").await;
    let join = json!({ "type": "join", "roomId": "r", "roomType": "video" });
    ann.json(join.clone()).await;
    assert_eq!(ann.next_of("error").await["error"]["code"], "presence_off");
    // A join may switch it on again with the same words.
    let mut back = join;
    back["privacy"] = json!({ "presence": true });
    ann.json(back).await;
    ann.next_of("joined").await;
    eve.next_where(|message| message["type"] == "user_joined" && message["userId"] == "ann").await;
}
