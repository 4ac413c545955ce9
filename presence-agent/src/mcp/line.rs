//! One WebSocket to the server, in JSON, as any client of the door `/ws` has it.

use std::io::ErrorKind;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async_with_config};

use crate::address::ServerAddress;
use crate::trouble::Trouble;

/// The server pings every 15 s. Who hears nothing for so long has no line any more.
const SILENCE: Duration = Duration::from_secs(45);

/// How long a door may take to open, and to close.
const OPENING: Duration = Duration::from_secs(5);
const CLOSING: Duration = Duration::from_secs(1);

/// A full room is a tenth of it.
const MESSAGE_BYTES: usize = 1024 * 1024;

#[derive(Debug)]
pub struct Line {
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    heard: Instant,
}

/// How a line ended: with the server's code, if it said one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended(pub Option<u16>);

impl Line {
    pub async fn open(address: &ServerAddress) -> Result<Self, Trouble> {
        let name = || address.authority().to_owned();
        let config =
            WebSocketConfig::default().max_message_size(Some(MESSAGE_BYTES)).max_frame_size(Some(MESSAGE_BYTES));
        match timeout(OPENING, connect_async_with_config(address.socket("/ws"), Some(config), true)).await {
            Ok(Ok((stream, _))) => Ok(Self { stream, heard: Instant::now() }),
            Ok(Err(Error::Io(error))) if error.kind() == ErrorKind::ConnectionRefused => {
                Err(Trouble::NotRunning(name()))
            }
            Ok(Err(Error::Io(error))) => Err(Trouble::Broken(name(), error)),
            Ok(Err(_)) => Err(Trouble::Stranger(name())),
            Err(_) => Err(Trouble::Late(name())),
        }
    }

    pub async fn say(&mut self, message: &Value) -> Result<(), Ended> {
        let saying = self.stream.send(Message::text(message.to_string()));
        timeout(OPENING, saying).await.map_err(|_| Ended(None))?.map_err(|_| Ended(None))
    }

    /// The next JSON message. Nothing is lost when it is not waited for to the end.
    pub async fn next(&mut self) -> Result<Value, Ended> {
        loop {
            let next = timeout_at(self.heard + SILENCE, self.stream.next()).await.map_err(|_| Ended(None))?;
            self.heard = Instant::now();
            match next {
                Some(Ok(Message::Text(text))) => {
                    // The door speaks JSON; what is none is nothing to us.
                    if let Ok(message) = serde_json::from_str(&text) {
                        return Ok(message);
                    }
                }
                Some(Ok(Message::Close(frame))) => return Err(Ended(frame.map(|frame| frame.code.into()))),
                // Pings are answered below us, with the next look.
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Err(Ended(None)),
            }
        }
    }

    /// Says goodbye: nobody waits for it to come back.
    pub async fn close(mut self) {
        let goodbye = async {
            let _ = self.stream.close(None).await;
            while let Some(Ok(_)) = self.stream.next().await {}
        };
        let _ = timeout(CLOSING, goodbye).await;
    }
}
