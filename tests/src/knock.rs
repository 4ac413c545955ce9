//! Knocking at each door with a token, and what is said to it.

use presence_model::command::Hello;
use presence_model::wire::binary::downstream::Downstream;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use crate::client::{Client, introduction};
use crate::gateway::params_with;
use crate::http::request;
use crate::server::Server;

/// What a door says to who knocks.
#[derive(Debug, PartialEq)]
pub enum Answer {
    /// In, as this user; where a door does not say as whom, empty.
    In(String),
    Refused {
        /// `None` where the door's answer has none.
        code: Option<String>,
        says: String,
        /// With which code the socket was closed, if it was.
        closed: Option<u16>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    WsAuth,
    WsConnect,
    WsBinary,
    RoomsAuth,
    KleozAuth,
    KleozConnect,
    Gateway,
    Presence,
    Broadcasts,
}

impl Door {
    pub const ALL: [Self; 9] = [
        Self::WsAuth,
        Self::WsConnect,
        Self::WsBinary,
        Self::RoomsAuth,
        Self::KleozAuth,
        Self::KleozConnect,
        Self::Gateway,
        Self::Presence,
        Self::Broadcasts,
    ];

    /// Knocks with a token in the first message, or in a header where there is none.
    pub async fn knock(self, server: &Server, token: Option<&str>) -> Answer {
        self.knock_with(server, token, "", &[]).await
    }

    /// Knocks with a token in the first message, a query and headers.
    pub async fn knock_with(
        self,
        server: &Server,
        token: Option<&str>,
        query: &str,
        headers: &[(&'static str, &str)],
    ) -> Answer {
        // Who offers a token as a subprotocol must offer one to speak too.
        let spoken = if self == Self::WsBinary { "presence.v1" } else { "presence.json" };
        let offered = headers.iter().find(|(name, _)| *name == PROTOCOL);
        let protocols = offered.map_or_else(|| spoken.to_owned(), |(_, tokens)| format!("{spoken}, {tokens}"));
        let others = headers.iter().filter(|(name, _)| *name != PROTOCOL).copied();
        let headers: &[_] = &others.chain([(PROTOCOL, protocols.as_str())]).collect::<Vec<_>>();
        let bearer = token.map(|token| format!("Bearer {token}"));
        let bearer = bearer.as_deref().map(|bearer| ("authorization", bearer));
        match self {
            Self::WsAuth => auth(open(server, "/ws", query, headers).await, token).await,
            Self::RoomsAuth => auth(open(server, "/presence", query, headers).await, token).await,
            Self::KleozAuth => auth(open(server, "/api/ws", query, headers).await, token).await,
            Self::KleozConnect => connect(open(server, "/api/ws", query, headers).await, token).await,
            Self::WsConnect => connect(open(server, "/ws", query, headers).await, token).await,
            Self::WsBinary => binary(open(server, "/ws", query, headers).await, token).await,
            Self::Gateway => gateway(open(server, "/", query, headers).await, token).await,
            Self::Presence => {
                let headers: Vec<(&str, &str)> = headers.iter().copied().chain(bearer).collect();
                let answer = request(server, "GET", &format!("/api/presence{query}"), &headers).await;
                let body = answer.json();
                match answer.status {
                    200 => Answer::In(String::new()),
                    status => {
                        assert_eq!((status, answer.header("www-authenticate")), (401, Some("Bearer")), "{body}");
                        refused(&body, None)
                    }
                }
            }
            Self::Broadcasts => {
                let headers: Vec<_> = headers.iter().copied().chain(bearer).collect();
                dashboard(open(server, "/ws/broadcasts", query, &headers).await).await
            }
        }
    }
}

pub const PROTOCOL: &str = "sec-websocket-protocol";

async fn open(server: &Server, path: &str, query: &str, headers: &[(&'static str, &str)]) -> Client {
    Client::open_with(server, &format!("{path}{query}"), headers).await.expect("the door opens")
}

async fn auth(mut client: Client, token: Option<&str>) -> Answer {
    // What `/ws` says by itself comes before it.
    client.ping_json().await;
    let mut message = json!({ "type": "auth" });
    if let Some(token) = token {
        message["token"] = token.into();
    }
    client.json(message).await;
    let data = client.next_of("auth").await["data"].clone();
    if data["success"] == true {
        return Answer::In(text(&data["userId"]));
    }
    gets_nothing(client).await;
    Answer::Refused { code: None, says: text(&data["error"]), closed: None }
}

async fn gateway(mut client: Client, token: Option<&str>) -> Answer {
    client.next_where(|frame| frame["event"] == "connect.challenge").await;
    let params = params_with(4, "i", token, &["operator.read"]);
    client.json(json!({ "type": "req", "id": "1", "method": "connect", "params": params })).await;
    let answer = client.next_json().await;
    if answer["ok"] == true {
        return Answer::In(String::new());
    }
    let says = text(&answer["error"]["message"]);
    Answer::Refused { code: None, says, closed: Some(client.closed().await.0) }
}

async fn dashboard(mut client: Client) -> Answer {
    client.try_send(Message::text("ping")).await.ok();
    let answer = client.next_where(|message| message["type"] == "pong" || message["type"] == "error").await;
    match answer["type"].as_str() {
        Some("pong") => Answer::In(String::new()),
        _ => refused(&answer, Some(client.closed().await.0)),
    }
}

async fn connect(mut client: Client, token: Option<&str>) -> Answer {
    client.ping_json().await;
    let mut message = json!({ "type": "connect", "client": { "instanceId": "i" } });
    if let Some(token) = token {
        message["token"] = token.into();
    }
    client.json(message).await;
    let answer = client.next_where(|message| message["type"] == "auth" || message["type"] == "error").await;
    if answer["type"] == "auth" {
        return Answer::In(text(&answer["data"]["userId"]));
    }
    gets_nothing(client).await;
    refused(&answer, None)
}

async fn binary(mut client: Client, token: Option<&str>) -> Answer {
    client.say(&introduction(token, Hello::default())).await;
    let answer = client.next_frame(|frame| match frame {
        Downstream::Welcome(welcome) => Some(Ok(welcome.own.to_string())),
        Downstream::Refused { refusal, .. } => Some(Err(refusal.to_string())),
        _ => None,
    });
    let read = |text: &str| serde_json::from_str::<Value>(text).expect("what a frame describes is JSON");
    match answer.await {
        Ok(own) => Answer::In(text(&read(&own)["userId"])),
        Err(refusal) => refused(&json!({ "error": read(&refusal) }), Some(client.closed().await.0)),
    }
}

/// A socket that was refused stays, and hears nothing but answers.
async fn gets_nothing(mut client: Client) {
    client.json(json!({ "type": "subscribe.presence" })).await;
    let error = client.next_json().await;
    assert_eq!(error["error"]["code"], "unauthenticated", "{error}");
    assert!(client.ping_json().await.is_empty());
}

fn refused(answer: &Value, closed: Option<u16>) -> Answer {
    let error = &answer["error"];
    Answer::Refused { code: Some(text(&error["code"])), says: text(&error["message"]), closed }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
