//! What the claim `rooms` of a real token opens, over real sockets.

use jsonwebtoken::Algorithm;
use presence_model::command::{Hello, Wishes};
use presence_model::id::RoomId;
use presence_model::room::{RoomKey, RoomKind};
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::server::Server;
use presence_tests::tokens::{claims, configure, sign, token};
use serde_json::{Value, json};

async fn server() -> Server {
    Server::with(|config| configure(config, Algorithm::HS256)).await
}

/// A token with this claim, or with none.
fn granted(user: &str, rooms: Value) -> String {
    let mut claims = claims(user, 600.0);
    claims["rooms"] = rooms;
    if claims["rooms"].is_null() {
        claims.as_object_mut().unwrap().remove("rooms");
    }
    sign(Algorithm::HS256, &claims)
}

async fn bring(client: &mut Client, token: &str) {
    client.json(json!({ "type": "auth", "token": token, "sessionId": "tab" })).await;
    assert_eq!(client.next_of("auth").await["data"]["success"], true);
}

fn join(room: &str) -> Value {
    json!({ "type": "join", "roomId": room, "roomType": "video" })
}

/// What is said is refused as forbidden, in these words.
async fn is_forbidden(client: &mut Client, message: Value, words: &str) {
    client.json(message).await;
    let error = client.next_of("error").await;
    let (code, field) = (&error["error"]["code"], &error["error"]["field"]);
    assert_eq!((code, field), (&json!("forbidden"), &json!("roomId")), "{error}");
    assert_eq!(error["error"]["message"], words);
}

#[tokio::test]
async fn a_json_client_may_do_what_its_newest_token_says() {
    let server = server().await;
    let mut bob = Client::open(&server, "/presence").await;
    bob.json(json!({ "type": "auth", "token": token("bob", 600.0) })).await;
    bob.next_of("auth").await;
    bob.json(join("team-1")).await;
    bob.next_of("joined").await;

    let mut ann = Client::open(&server, "/presence").await;
    bring(&mut ann, &granted("ann", Value::Null)).await;
    is_forbidden(&mut ann, join("team-1"), "join: the token has no claim `rooms`, so it does not open room `team-1`")
        .await;

    bring(&mut ann, &granted("ann", json!({ "team-*": ["read"] }))).await;
    ann.json(join("team-1")).await;
    ann.next_of("joined").await;
    let words = "join: the token's claim `rooms` does not grant `read` in room `other`";
    is_forbidden(&mut ann, join("other"), words).await;
    let cursor = json!({ "type": "cursor", "roomId": "team-1", "data": { "x": 0.5, "y": 0.5 } });
    let words = "cursor: the token's claim `rooms` does not grant `write` in room `team-1`";
    is_forbidden(&mut ann, cursor.clone(), words).await;

    bring(&mut ann, &granted("ann", json!({ "team-*": ["read", "write"] }))).await;
    ann.json(cursor).await;
    let heard = bob.next_where(|message| message["type"] != "user_joined").await;
    assert_eq!((&heard["type"], &heard["userId"]), (&json!("cursor_moved"), &json!("ann")), "{heard}");

    bring(&mut ann, &granted("ann", json!({ "other": ["read"] }))).await;
    ann.next_where(|message| message["type"] == "left" && message["roomId"] == "team-1").await;
    bob.next_where(|message| message["type"] == "user_left" && message["userId"] == "ann").await;
    ann.json(join("other")).await;
    ann.next_of("joined").await;
}

#[tokio::test]
async fn an_sdk_is_taken_out_of_rooms_that_its_renewed_token_closes() {
    let server = server().await;
    let rooms = ["a", "b", "c"].map(|name| RoomKey { room: RoomId::parse(name).unwrap(), kind: RoomKind::Video });
    let wishes = Wishes { revision: 1, rooms: rooms.into(), presence: false };
    let hello = Hello { incarnation: 1, wishes: Some(wishes), ..Hello::default() };
    let claim = json!({ "a": ["read"], "b": ["read"] });
    let mut ann = Client::hello(&server, &granted("ann", claim), hello).await;
    let answer = |frame| match frame {
        Downstream::Refused { about, room, refusal } => {
            let refusal: Value = serde_json::from_str(&refusal).unwrap();
            assert_eq!((&*about, &refusal["code"]), ("join", &json!("forbidden")), "{refusal}");
            Some(format!("not {}", room.unwrap()))
        }
        Downstream::RoomPicture(picture) => Some(picture.room.to_string()),
        Downstream::RoomLeft { room } => Some(format!("left {room}")),
        _ => None,
    };
    // The lobby says no, and rooms on other shards show themselves: in any order.
    let mut answers = [ann.next_frame(answer).await, ann.next_frame(answer).await, ann.next_frame(answer).await];
    answers.sort();
    assert_eq!(answers, ["a", "b", "not c"]);
    ann.say(&Upstream::Auth { token: granted("ann", json!({ "b": ["read"] })) }).await;
    let mut answers = [ann.next_frame(answer).await, ann.next_frame(answer).await];
    answers.sort();
    assert_eq!(answers, ["left a", "not a"]);
}
