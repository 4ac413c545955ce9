//! A client that knows WebSocket and nothing of the server: what it sends is what the test wrote.

use futures_util::{SinkExt, StreamExt};
use presence_model::command::Hello;
use presence_model::wire::binary::downstream::Downstream;
use presence_model::wire::binary::frame::{KEEPALIVE, SUBPROTOCOL, frames};
use presence_model::wire::binary::upstream::Upstream;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::server::{PATIENCE, Server};

pub struct Client {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// The subprotocol the server selected.
    pub protocol: Option<String>,
    /// Frames of the last message that were not asked for yet.
    frames: Vec<Downstream>,
}

/// An upgrade that the server turned down.
#[derive(Debug)]
pub struct TurnedDown {
    pub status: u16,
    pub body: Value,
}

impl Client {
    /// Opens a door with a path and perhaps a query.
    pub async fn open(server: &Server, path: &str) -> Self {
        Self::open_with(server, path, &[]).await.expect("the door opens")
    }

    pub async fn open_with(server: &Server, path: &str, headers: &[(&'static str, &str)]) -> Result<Self, TurnedDown> {
        let mut request = server.ws(path).into_client_request().expect("the test's URL is one");
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().expect("the test's header is one"));
        }
        // Small messages one after another must not wait for each other's acknowledgement.
        let opening = connect_async_with_config(request, None, true);
        match timeout(PATIENCE, opening).await.expect("the door answers in time") {
            Ok((stream, response)) => {
                let protocol = response.headers().get("sec-websocket-protocol");
                let protocol = protocol.map(|name| name.to_str().expect("a protocol's name is ASCII").to_owned());
                Ok(Self { stream, protocol, frames: vec![] })
            }
            Err(Error::Http(response)) => {
                let body = response.body().as_deref().unwrap_or_default();
                let body = serde_json::from_slice(body).expect("a refusal is JSON");
                Err(TurnedDown { status: response.status().as_u16(), body })
            }
            Err(error) => panic!("the door neither opens nor says why: {error}"),
        }
    }

    /// A socket of the SDK's form, not introduced yet.
    pub async fn open_binary(server: &Server) -> Self {
        Self::open_with(server, "/ws", &[("sec-websocket-protocol", SUBPROTOCOL)]).await.expect("the door opens")
    }

    /// A socket of the SDK's form that has said hello.
    pub async fn hello(server: &Server, token: &str, hello: Hello) -> Self {
        let mut client = Self::open_binary(server).await;
        client.say(&introduction(Some(token), hello)).await;
        client
    }

    pub async fn send(&mut self, message: Message) {
        self.stream.send(message).await.expect("the line takes a message");
    }

    /// As [`Client::send`], where the server may hang up meanwhile.
    pub async fn try_send(&mut self, message: Message) -> Result<(), Error> {
        self.stream.send(message).await
    }

    pub async fn json(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    pub async fn say(&mut self, frame: &Upstream) {
        self.send(Message::binary(frame.encode())).await;
    }

    /// The next message that is neither ping nor pong.
    pub async fn next(&mut self) -> Message {
        let next = async {
            loop {
                match self.stream.next().await.expect("the line is open").expect("the line is sound") {
                    Message::Ping(_) | Message::Pong(_) => {}
                    message => return message,
                }
            }
        };
        timeout(PATIENCE, next).await.expect("a message comes in time")
    }

    /// The next JSON message.
    pub async fn next_json(&mut self) -> Value {
        match self.next().await {
            Message::Text(text) => serde_json::from_str(&text).expect("a text is JSON"),
            other => panic!("{other:?} is no text"),
        }
    }

    /// The next JSON message of a type; others are passed over.
    pub async fn next_of(&mut self, kind: &str) -> Value {
        self.next_where(|message| message["type"] == kind).await
    }

    pub async fn next_where(&mut self, mut holds: impl FnMut(&Value) -> bool) -> Value {
        loop {
            let message = self.next_json().await;
            if holds(&message) {
                return message;
            }
        }
    }

    /// The next binary frame for which `pick` has something; others are passed over.
    pub async fn next_frame<T>(&mut self, mut pick: impl FnMut(Downstream) -> Option<T>) -> T {
        loop {
            while !self.frames.is_empty() {
                if let Some(picked) = pick(self.frames.remove(0)) {
                    return picked;
                }
            }
            match self.next().await {
                Message::Binary(bytes) => {
                    let read = frames(&bytes)
                        .map(|frame| frame.and_then(|frame| Downstream::read(frame.kind, frame.body)))
                        .map(|frame| frame.expect("the server's frames can be read"));
                    self.frames = read.flatten().collect();
                }
                other => panic!("{other:?} is not binary"),
            }
        }
    }

    /// Waits for the byte that only says that the line lives.
    pub async fn next_keepalive(&mut self) {
        loop {
            if let Message::Binary(bytes) = self.next().await
                && *bytes == [KEEPALIVE]
            {
                return;
            }
        }
    }

    /// Waits for the server's close frame, passing over everything before it, answers it, and waits for
    /// the server to hang up.
    pub async fn closed(mut self) -> (u16, String) {
        let end = loop {
            match self.next().await {
                Message::Close(Some(CloseFrame { code, reason })) => break (code.into(), reason.to_string()),
                Message::Close(None) => break (1005, String::new()),
                _ => {}
            }
        };
        self.hung_up().await;
        end
    }

    /// Says goodbye with a code, or without.
    pub async fn close(mut self, code: Option<u16>) {
        let frame = code.map(|code| CloseFrame { code: code.into(), reason: "".into() });
        self.stream.close(frame).await.expect("the line takes a goodbye");
        self.hung_up().await;
    }

    async fn hung_up(&mut self) {
        let rest = async { while let Some(Ok(_)) = self.stream.next().await {} };
        timeout(PATIENCE, rest).await.expect("the server hangs up in time");
    }

    /// The TCP stream under it, with which the test may do what no client should.
    pub fn into_tcp(self) -> TcpStream {
        match self.stream.into_inner() {
            MaybeTlsStream::Plain(stream) => stream,
            _ => unreachable!("tests use no TLS"),
        }
    }

    /// A round trip: what was sent before was handled, and what it caused for this socket has come.
    pub async fn ping_json(&mut self) -> Vec<Value> {
        self.json(serde_json::json!({ "type": "ping" })).await;
        let mut before = vec![];
        loop {
            let message = self.next_json().await;
            if message["type"] == "pong" {
                return before;
            }
            before.push(message);
        }
    }
}

/// The SDK's hello, of a client that says nothing of itself.
pub fn introduction(token: Option<&str>, hello: Hello) -> Upstream {
    Upstream::Hello { token: token.map(str::to_owned), info: "{}".to_owned(), hello: Box::new(hello) }
}
