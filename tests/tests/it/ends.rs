//! How a server ends, and that two of them share nothing.

use futures_util::future::join_all;
use presence_model::command::Hello;
use presence_model::wire::binary::downstream::Downstream;
use presence_tests::client::Client;
use presence_tests::http::get;
use presence_tests::server::{Server, impatient};
use serde_json::json;
use tokio::net::TcpStream;

fn epoch(frame: Downstream) -> Option<u64> {
    match frame {
        Downstream::Welcome(welcome) => Some(welcome.epoch),
        _ => None,
    }
}

#[tokio::test]
async fn every_socket_is_told_of_the_restart_and_the_server_ends() {
    let server = Server::start().await;
    let address = server.address;
    let mut sdk = Client::hello(&server, "ann", Hello::default()).await;
    sdk.next_frame(epoch).await;
    let clients = vec![
        sdk,
        Client::open_binary(&server).await,
        Client::open(&server, "/ws?token=bob").await,
        Client::open(&server, "/ws").await,
        Client::open(&server, "/presence").await,
        Client::open(&server, "/api/ws?token=cid").await,
    ];
    let stopping = server.stop();
    for end in join_all(clients.into_iter().map(Client::closed)).await {
        assert_eq!(end, (1012, "service restart".to_owned()));
    }
    stopping.ended().await;
    assert!(TcpStream::connect(address).await.is_err(), "nobody listens any more");
}

#[tokio::test]
async fn a_socket_that_does_not_hang_up_is_not_waited_for_long() {
    let server = Server::with(|config| config.timing = impatient()).await;
    // It neither reads nor hangs up.
    let _stuck = Client::open(&server, "/ws").await.into_tcp();
    let _half_asked = TcpStream::connect(server.address).await.unwrap();
    server.stop().ended().await;
}

#[tokio::test]
async fn two_servers_in_one_process_share_nothing() {
    let (one, two) = (Server::start().await, Server::start().await);
    let mut here = Client::hello(&one, "ann", Hello::default()).await;
    let mut there = Client::hello(&two, "ann", Hello::default()).await;
    assert_ne!(here.next_frame(epoch).await, there.next_frame(epoch).await);

    let mut client = Client::open(&one, "/ws").await;
    client.json(json!({ "type": "connect", "token": "bob", "client": { "instanceId": "only-here" } })).await;
    client.next_where(|message| message["data"]["success"] == true).await;
    assert!(get(&one, "/api/presence").await.body.contains("only-here"));
    assert!(!get(&two, "/api/presence").await.body.contains("only-here"));

    drop((here, client));
    one.stop().ended().await;
    assert_eq!(get(&two, "/healthz").await.status, 200);
    drop(there);
    two.stop().ended().await;
}
