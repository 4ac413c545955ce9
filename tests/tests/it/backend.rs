//! Rooms that a token does not open and the app's backend does.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use axum::{Json, Router};
use jsonwebtoken::Algorithm;
use presence_model::command::{Hello, Wishes};
use presence_model::id::RoomId;
use presence_model::room::{RoomKey, RoomKind};
use presence_model::time::Millis;
use presence_model::wire::binary::downstream::Downstream;
use presence_tests::client::Client;
use presence_tests::http::send;
use presence_tests::server::Server;
use presence_tests::tokens::{SERVER_KEY, claims, configure, sign, token};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// What a backend was asked, in order.
type Asked = Arc<Mutex<Vec<Value>>>;

/// Opens `open…` to write, `seen` to read, answers nothing of use for `broken`, and knows no other room.
async fn answer(
    State(asked): State<Asked>,
    headers: HeaderMap,
    Json(question): Json<Value>,
) -> Result<Json<Value>, StatusCode> {
    assert_eq!(headers["authorization"], format!("Bearer {SERVER_KEY}"));
    asked.lock().unwrap().push(question.clone());
    match question["roomId"].as_str().unwrap() {
        room if room.starts_with("open") => Ok(Json(json!({ "rights": ["read", "write", "fly"] }))),
        "seen" => Ok(Json(json!({ "rights": ["read"] }))),
        "broken" => Err(StatusCode::BAD_GATEWAY),
        "none" => Ok(Json(json!({ "rights": [] }))),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

/// How often it was asked for a room.
fn of_room(asked: &Asked, room: &str) -> usize {
    asked.lock().unwrap().iter().filter(|question| question["roomId"] == room).count()
}

async fn backend() -> (String, Asked) {
    let asked = Asked::default();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/rooms", listener.local_addr().unwrap());
    let router = Router::new().route("/rooms", post(answer)).with_state(asked.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, asked)
}

async fn server(url: String) -> Server {
    Server::with(|config| {
        configure(config, Algorithm::HS256);
        config.grants_url = Some(url);
        config.timing.grants_timeout = Millis(700);
    })
    .await
}

/// A token that opens the room `own` and no other.
fn closed(user: &str) -> String {
    let mut claims = claims(user, 600.0);
    claims["rooms"] = json!({ "own": ["read", "write"] });
    sign(Algorithm::HS256, &claims)
}

async fn member(server: &Server, user: &str) -> Client {
    let mut client = Client::open(server, "/presence").await;
    client.json(json!({ "type": "auth", "token": closed(user) })).await;
    assert_eq!(client.next_of("auth").await["data"]["success"], true);
    client
}

fn join(room: &str) -> Value {
    json!({ "type": "join", "roomId": room, "roomType": "video" })
}

fn cursor(room: &str) -> Value {
    json!({ "type": "cursor", "roomId": room, "data": { "x": 0.5, "y": 0.5 } })
}

#[tokio::test]
async fn a_room_opens_by_what_the_backend_says_and_to_no_more_than_that() {
    let (url, asked) = backend().await;
    let server = server(url).await;
    let (mut ann, mut bob) = (member(&server, "ann").await, member(&server, "bob").await);
    bob.json(join("open")).await;
    bob.next_of("joined").await;
    // What is said behind a join that waits keeps its place.
    ann.json(join("open")).await;
    ann.json(cursor("open")).await;
    let joined = ann.next_of("joined").await;
    assert_eq!(joined["data"]["room"]["userCount"], 2, "{joined}");
    assert_eq!(bob.next_of("cursor_moved").await["userId"], "ann");

    ann.json(join("seen")).await;
    ann.next_of("joined").await;
    ann.json(cursor("seen")).await;
    let error = ann.next_of("error").await;
    assert_eq!((&error["error"]["code"], &error["roomId"]), (&json!("forbidden"), &json!("seen")), "{error}");

    for (room, code, words) in [
        ("none", "forbidden", "neither the token nor the app's backend"),
        ("unknown", "forbidden", "neither the token nor the app's backend"),
        ("broken", "grants_unavailable", "did not answer"),
    ] {
        ann.json(join(room)).await;
        let error = ann.next_of("error").await;
        assert_eq!((&error["error"]["code"], &error["error"]["field"]), (&json!(code), &json!("roomId")));
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.contains(&format!("`{room}`")) && message.contains(words), "{error}");
        assert_eq!(error["error"]["retryable"], code == "grants_unavailable");
    }
    let times = of_room(&asked, "broken");
    ann.json(join("broken")).await;
    ann.next_of("error").await;
    assert_eq!(of_room(&asked, "broken"), times, "it is not waited for again and again");
    // What the token opens nobody is asked for.
    ann.json(join("own")).await;
    ann.next_of("joined").await;

    let of = |user: &str| {
        let asked = asked.lock().unwrap();
        let rooms = asked.iter().filter(|question| question["userId"] == user);
        rooms.map(|question| question["roomId"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(of("bob"), ["open"]);
    let mut rooms = of("ann");
    rooms.dedup();
    assert_eq!(rooms, ["open", "seen", "none", "unknown", "broken"]);
    assert!(of("ann").len() > rooms.len(), "who fails is asked again");
}

#[tokio::test]
async fn what_the_backend_opened_stays_open_when_the_token_is_renewed_and_is_not_asked_twice() {
    let (url, asked) = backend().await;
    let server = server(url).await;
    let mut ann = member(&server, "ann").await;
    ann.json(join("open")).await;
    ann.next_of("joined").await;
    ann.json(json!({ "type": "auth", "token": closed("ann") })).await;
    ann.next_of("auth").await;
    ann.json(cursor("open")).await;
    assert_eq!(ann.ping_json().await, Vec::<Value>::new(), "nothing is refused and nobody is put out");
    // Somebody else's rooms are not hers.
    ann.json(json!({ "type": "auth", "token": closed("eve"), "sessionId": "eve" })).await;
    ann.next_of("auth").await;
    ann.json(cursor("open")).await;
    assert_eq!(ann.next_of("error").await["error"]["code"], "not_a_member");

    let mut again = member(&server, "ann").await;
    again.json(join("open")).await;
    again.next_of("joined").await;
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn an_sdk_enters_the_rooms_of_its_hello_that_the_backend_opens() {
    let (url, _) = backend().await;
    let server = server(url).await;
    let rooms =
        ["open*", "own", "none"].map(|name| RoomKey { room: RoomId::parse(name).unwrap(), kind: RoomKind::Video });
    let wishes = Wishes { revision: 1, rooms: rooms.into(), presence: false };
    let hello = Hello { incarnation: 1, wishes: Some(wishes), ..Hello::default() };
    let mut ann = Client::hello(&server, &closed("ann"), hello).await;
    let answer = |frame| match frame {
        Downstream::Refused { room, .. } => Some(format!("not {}", room.unwrap())),
        Downstream::RoomPicture(picture) => Some(picture.room.to_string()),
        _ => None,
    };
    let mut answers = [ann.next_frame(answer).await, ann.next_frame(answer).await, ann.next_frame(answer).await];
    answers.sort();
    assert_eq!(answers, ["not none", "open*", "own"]);
}

#[tokio::test]
async fn nobody_waits_for_a_backend_that_does_not_answer_but_who_needs_it() {
    let deaf = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = server(format!("http://{}/rooms", deaf.local_addr().unwrap())).await;
    let (mut ann, mut bob) = (member(&server, "ann").await, Client::open(&server, "/presence").await);
    bob.json(json!({ "type": "auth", "token": token("bob", 600.0) })).await;
    bob.next_of("auth").await;
    ann.json(join("own")).await;
    ann.next_of("joined").await;
    bob.json(join("own")).await;
    bob.next_of("joined").await;
    bob.json(join("open")).await;
    bob.next_of("joined").await;
    // Nor is she kept from anything else.
    ann.json(join("open")).await;
    ann.json(cursor("own")).await;
    ann.json(json!({ "type": "auth", "token": closed("ann") })).await;
    ann.json(join("own")).await;
    ann.json(cursor("open")).await;
    ann.next_of("auth").await;
    bob.next_of("cursor_moved").await;
    // What comes and goes waits with it, and what is said about the room. Rooms of several shards answer in any order.
    let mut told = vec![];
    for _ in 0..3 {
        let answer = ann.next_where(|message| message["type"] == "error" || message["type"] == "joined").await;
        told.push(answer["error"]["code"].as_str().or_else(|| answer["roomId"].as_str()).unwrap().to_owned());
    }
    told.sort();
    assert_eq!(told, ["grants_unavailable", "not_a_member", "own"]);
}

#[tokio::test]
async fn a_blip_of_the_line_throws_nobody_out() {
    let (url, _) = backend().await;
    let server = server(url).await;
    let (mut ann, mut bob) = (member(&server, "ann").await, member(&server, "bob").await);
    bob.json(join("open")).await;
    bob.next_of("joined").await;
    ann.json(json!({ "type": "auth", "token": closed("ann"), "sessionId": "tab" })).await;
    ann.next_of("auth").await;
    ann.json(join("open")).await;
    ann.next_of("joined").await;
    bob.next_of("user_joined").await;
    drop(ann);
    let mut again = Client::open(&server, "/presence").await;
    again.json(json!({ "type": "auth", "token": closed("ann"), "sessionId": "tab" })).await;
    assert_eq!(again.next_of("auth").await["data"]["success"], true);
    again.json(cursor("open")).await;
    let told = bob.next_where(|message| message["userId"] == "ann").await;
    assert_eq!(told["type"], "cursor_moved", "{told}");
}

#[tokio::test]
async fn one_user_keeps_the_backend_from_nobody() {
    let busy = Arc::new(Mutex::new(0));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/rooms", listener.local_addr().unwrap());
    let (counted, closed_for) = (busy.clone(), "ann");
    let router = Router::new().route(
        "/rooms",
        post(async move |Json(question): Json<Value>| {
            if question["userId"] == closed_for {
                *counted.lock().unwrap() += 1;
                std::future::pending::<()>().await;
            }
            Json(json!({ "rights": ["read"] }))
        }),
    );
    tokio::spawn(async move { axum::serve(listener, router).await });
    let server = server(url).await;
    let headers = [("authorization", format!("Bearer {}", closed("ann")))];
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let look = async |number: usize| {
        let input = format!("%7B%22roomId%22:%22r{number}%22,%22roomType%22:%22video%22%7D");
        send(&server, "GET", &format!("/trpc/presence.getActive?input={input}"), &headers, "").await
    };
    let looks = futures_util::future::join_all((0..30).map(&look));
    let bob = async {
        let mut bob = member(&server, "bob").await;
        bob.json(join("open")).await;
        bob.next_of("joined").await;
    };
    let (answers, ()) = tokio::join!(looks, bob);
    let status = |wanted: u16| answers.iter().filter(|answer| answer.status == wanted).count();
    assert!(status(503) >= 20 && status(429) >= 1, "{} {}", status(503), status(429));
    assert_eq!(status(503) + status(429), 30);
    assert!(answers.iter().all(|answer| answer.header("retry-after").is_some()));
    // Four at once, and who took their turns in the moment in which all were given up.
    let most = *busy.lock().unwrap();
    assert!((4..=8).contains(&most), "{most}");
}

#[tokio::test]
async fn rooms_are_opened_to_who_calls_over_http() {
    let (url, asked) = backend().await;
    let server = server(url).await;
    let authorization = format!("Bearer {}", closed("ann"));
    let call = async |procedure: &str, input: Value| {
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        send(&server, "POST", &format!("/trpc/presence.{procedure}"), &headers, &input.to_string()).await.status
    };
    let room = |id: &str| json!({ "roomId": id, "roomType": "video", "x": 0.5 });
    for (procedure, id, status) in [
        ("join", "open-1", 200),
        ("updateCursor", "open-1", 200),
        ("join", "seen", 200),
        ("updateCursor", "seen", 403),
        ("updateCursor", "open-1", 200),
        ("join", "none", 403),
        ("join", "own", 200),
    ] {
        assert_eq!(call(procedure, room(id)).await, status, "{procedure} {id}");
    }
    let rooms: Vec<_> = asked.lock().unwrap().iter().map(|question| question["roomId"].clone()).collect();
    assert_eq!(rooms, ["open-1", "seen", "none"], "each once");
}
