//! The dialects by name.

use anyhow::{Context, Result};

use crate::dialect::client::{Client, Seat};
use crate::dialect::hocuspocus::HocuspocusClient;
use crate::dialect::presence_binary::BinaryClient;
use crate::dialect::presence_json::JsonClient;
use crate::dialect::raw::RawClient;
use crate::dialect::socketio::SocketIoClient;
use crate::dialect::ws::WsClient;
use crate::dialect::yjs::YjsClient;

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Dialect {
    /// Presence, as its SDK speaks.
    PresenceBinary,
    /// Presence, as clients speak that know JSON.
    PresenceJson,
    /// `raw-limit`, with updates of 66 bytes.
    Raw,
    /// `raw-limit`, with records of 6 bytes.
    RawBinary,
    /// Socket.IO with rooms.
    Socketio,
    /// Node's `ws` with rooms.
    Ws,
    /// y-websocket's server, cursors in its awareness.
    YWebsocket,
    /// Hocuspocus, cursors in its awareness.
    Hocuspocus,
}

impl Dialect {
    pub const fn name(self) -> &'static str {
        match self {
            Self::PresenceBinary => "presence-binary",
            Self::PresenceJson => "presence-json",
            Self::Raw => "raw",
            Self::RawBinary => "raw-binary",
            Self::Socketio => "socketio",
            Self::Ws => "ws",
            Self::YWebsocket => "y-websocket",
            Self::Hocuspocus => "hocuspocus",
        }
    }

    pub const fn is_presence(self) -> bool {
        matches!(self, Self::PresenceBinary | Self::PresenceJson)
    }

    pub fn client(self, seat: &Seat) -> Result<Box<dyn Client>> {
        Ok(match self {
            Self::PresenceBinary => Box::new(BinaryClient::new(seat).context("a seat's names are ids")?),
            Self::PresenceJson => Box::new(JsonClient::new(seat)),
            Self::Raw => Box::new(RawClient::new(seat.clone(), false)),
            Self::RawBinary => Box::new(RawClient::new(seat.clone(), true)),
            Self::Socketio => Box::new(SocketIoClient::new(seat.clone())),
            Self::Ws => Box::new(WsClient::new(seat.clone())),
            Self::YWebsocket => Box::new(YjsClient::new(seat.clone())),
            Self::Hocuspocus => Box::new(HocuspocusClient::new(seat)),
        })
    }
}
