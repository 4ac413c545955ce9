//! All doors lead to one hub: who came through one is seen through every other.

use presence_model::command::{Command, Hello, Wishes};
use presence_model::id::RoomId;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::entry::EntryChange;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::{Client, introduction};
use presence_tests::server::Server;
use serde_json::json;

fn room(name: &str) -> RoomId {
    RoomId::parse(name).unwrap()
}

/// An SDK in some rooms.
async fn sdk(server: &Server, user: &str, rooms: &[&str]) -> Client {
    let rooms = rooms.iter().map(|name| RoomKey { room: room(name), kind: RoomKind::Video }).collect();
    let wishes = Wishes { revision: 1, rooms, presence: true };
    Client::hello(server, user, Hello { incarnation: 1, wishes: Some(wishes), ..Hello::default() }).await
}

async fn json_member(server: &Server, path: &str, user: &str, room: &str) -> Client {
    let mut client = Client::open(server, path).await;
    client.json(json!({ "type": "auth", "token": user })).await;
    client.next_where(|message| message["data"]["success"] == true).await;
    client.json(json!({ "type": "join", "roomId": room, "roomType": "video" })).await;
    client.next_of("joined").await;
    client
}

#[tokio::test]
async fn cursors_cross_between_all_forms() {
    let server = Server::start().await;
    let mut ws = json_member(&server, "/ws", "ann", "r").await;
    let mut rooms = json_member(&server, "/presence", "bob", "r").await;
    let mut binary = sdk(&server, "cleo", &["r"]).await;
    let picture = binary
        .next_frame(|frame| match frame {
            Downstream::RoomPicture(picture) => Some(picture),
            _ => None,
        })
        .await;
    assert_eq!(picture.members.len(), 3);
    for client in [&mut ws, &mut rooms] {
        client.next_where(|message| message["type"] == "user_joined" && message["userId"] == "cleo").await;
    }

    binary.say(&Upstream::Command(Command::Cursor { room: room("r"), cursor: Cursor::at(1.0, 0.0) })).await;
    for client in [&mut ws, &mut rooms] {
        let moved = client.next_of("cursor_moved").await;
        assert_eq!((&moved["userId"], &moved["data"]["x"]), (&json!("cleo"), &json!(1.0)), "{moved}");
    }
    ws.json(json!({ "type": "cursor", "roomId": "r", "data": { "x": 0.0, "y": 1.0 } })).await;
    let moved = rooms.next_where(|message| message["type"] == "cursor_moved" && message["userId"] == "ann").await;
    assert_eq!(moved["data"]["y"], 1.0);
    let ann = picture.members.iter().find(|member| member.card.contains(r#""userId":"ann""#)).unwrap().slot;
    binary
        .next_frame(|frame| match frame {
            Downstream::Cursors { records, .. } => records.into_iter().find(|record| record.slot == ann),
            _ => None,
        })
        .await;
}

#[tokio::test]
async fn a_member_of_rooms_on_several_shards_hears_of_all() {
    let server = Server::with(|config| config.shards = 4).await;
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"];
    let mut one = sdk(&server, "ann", &names).await;
    let mut pictures = vec![];
    while pictures.len() < names.len() {
        let shown = one
            .next_frame(|frame| match frame {
                Downstream::RoomPicture(picture) => Some((picture.room, picture.channel)),
                _ => None,
            })
            .await;
        pictures.push(shown);
    }
    let mut channels: Vec<_> = pictures.iter().map(|(_, channel)| *channel).collect();
    channels.sort_unstable();
    channels.dedup();
    assert_eq!(channels.len(), names.len(), "channels are distinct over shards");

    let two = sdk(&server, "bob", &names).await;
    let mut joined = vec![];
    while joined.len() < names.len() {
        let channel = one
            .next_frame(|frame| match frame {
                Downstream::RoomChanged { channel, changes, .. } => {
                    changes.iter().any(|change| matches!(change, EntryChange::Put(_))).then_some(channel)
                }
                _ => None,
            })
            .await;
        joined.push(channel);
    }
    joined.sort_unstable();
    assert_eq!(joined, channels);

    two.close(None).await;
    let mut left = vec![];
    while left.len() < names.len() {
        let channel = one
            .next_frame(|frame| match frame {
                Downstream::RoomChanged { channel, changes, .. } => {
                    changes.iter().any(|change| matches!(change, EntryChange::Left(_))).then_some(channel)
                }
                _ => None,
            })
            .await;
        left.push(channel);
    }
    left.sort_unstable();
    assert_eq!(left, channels);
}

#[tokio::test]
async fn what_is_said_right_behind_hello_is_not_lost() {
    let server = Server::start().await;
    let mut watcher = json_member(&server, "/ws", "bob", "r").await;
    let mut client = Client::open_binary(&server).await;
    let wishes =
        Wishes { revision: 1, rooms: vec![RoomKey { room: room("r"), kind: RoomKind::Video }], presence: false };
    let hello = Hello { incarnation: 1, wishes: Some(wishes), ..Hello::default() };
    let mut message = introduction(Some("ann"), hello).encode();
    Upstream::Command(Command::Cursor { room: room("r"), cursor: Cursor::at(0.5, 0.5) }).write(&mut message);
    Upstream::Command(Command::Typing { room: room("r"), context: Some("reply".to_owned()) }).write(&mut message);
    client.send(message.into()).await;
    let moved = watcher.next_of("cursor_moved").await;
    assert_eq!(moved["userId"], "ann");
}

#[tokio::test]
async fn a_newer_socket_takes_its_session_over() {
    let server = Server::start().await;
    let mut old = Client::open(&server, "/ws?token=ann&sessionId=tab").await;
    old.next_of("auth").await;
    let mut new = Client::open(&server, "/ws?token=ann&sessionId=tab").await;
    assert_eq!(new.next_of("auth").await["data"]["sessionId"], "tab");
    assert_eq!(old.closed().await.0, 4500);
    new.ping_json().await;
}
