//! A page that nobody looks at is told of no moves, and of all at once when it is shown.

use presence_model::command::{Command, Hello, Wishes};
use presence_model::id::RoomId;
use presence_model::room::{Cursor, RoomKey, RoomKind};
use presence_model::time::Millis;
use presence_model::wire::binary::cursor::{CursorRecord, Place};
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::upstream::Upstream;
use presence_tests::client::Client;
use presence_tests::server::Server;

fn room() -> RoomId {
    RoomId::parse("video_123").unwrap()
}

/// Somebody in the room, who has seen it.
async fn member(server: &Server, name: &str) -> Client {
    let rooms = vec![RoomKey { room: room(), kind: RoomKind::Video }];
    let wishes = Some(Wishes { revision: 1, rooms, presence: false });
    let mut client = Client::hello(server, name, Hello { incarnation: 1, wishes, ..Hello::default() }).await;
    client.next_frame(|frame| matches!(frame, Downstream::RoomPicture(_)).then_some(())).await;
    client
}

/// All that was heard of moves before a question of this socket was answered.
async fn moves(client: &mut Client, question: u64) -> Vec<Vec<CursorRecord>> {
    client.say(&Upstream::Probe { sent: Millis(question) }).await;
    let mut heard = vec![];
    client
        .next_frame(|frame| match frame {
            Downstream::ProbeReply { sent, .. } => (sent == Millis(question)).then_some(()),
            Downstream::Cursors { records, .. } => {
                heard.push(records);
                None
            }
            _ => None,
        })
        .await;
    heard
}

#[tokio::test]
async fn a_hidden_page_hears_of_no_move_and_of_the_last_ones_when_it_is_shown() {
    let server = Server::start().await;
    let (mut ann, mut bob, mut eve) =
        (member(&server, "ann").await, member(&server, "bob").await, member(&server, "eve").await);
    ann.say(&Upstream::Hidden(true)).await;
    moves(&mut ann, 1).await;

    let places: Vec<_> = (1..=20).map(|step| Cursor::at(f64::from(step) / 40.0, 0.5)).collect();
    for place in &places {
        bob.say(&Upstream::Command(Command::Cursor { room: room(), cursor: *place })).await;
    }
    let last = Place::from(places.last().unwrap());
    let is_last = |frame| match frame {
        Downstream::Cursors { records, .. } => records.iter().any(|record| record.place == last).then_some(()),
        _ => None,
    };
    eve.next_frame(is_last).await;
    assert_eq!(moves(&mut ann, 2).await, Vec::<Vec<_>>::new(), "nobody looks");
    // What is no move is told all the same.
    bob.say(&Upstream::Command(Command::Typing { room: room(), context: Some("comment".into()) })).await;
    ann.next_frame(|frame| matches!(frame, Downstream::RoomChanged { .. }).then_some(())).await;

    ann.say(&Upstream::Hidden(false)).await;
    let caught_up = ann.next_frame(|frame| match frame {
        Downstream::Cursors { records, .. } => Some(records),
        _ => None,
    });
    let caught_up = caught_up.await;
    assert!(caught_up.iter().any(|record| record.place == last), "{caught_up:?}");
    assert_eq!(moves(&mut ann, 3).await, Vec::<Vec<_>>::new(), "once");
}
