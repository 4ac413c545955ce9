//! A row: one server under one load, and how it is called.

use std::fmt;

use crate::bench::statistics::number;

/// What is asked of a server. Each is a workload of `presence-load`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Load {
    /// Each member points so many times a second.
    Cursors {
        rooms: u32,
        members: u32,
        rate: u32,
    },
    Idle {
        connections: u32,
    },
    JoinStorm,
    DropReturn,
    Restart,
    Mixed {
        connections: u32,
    },
    /// So many updates a second, to 10 dashboards.
    Agents {
        updates: u32,
    },
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Server {
    PresenceBinary,
    PresenceJson,
    /// Bare epoll with records as small as Presence's, gathered for so many milliseconds.
    Raw {
        window: u32,
    },
    /// Bare epoll with JSON updates, one write for each delivery.
    RawPerDelivery,
    SocketIo,
    Ws,
    YWebsocket,
    Hocuspocus,
}

#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) load: Load,
    pub(crate) server: Server,
    /// What tells this row from others of the same server, behind its name.
    pub(crate) variant: &'static str,
    /// More of the server's environment.
    pub(crate) environment: Vec<(&'static str, String)>,
    /// The bare program that this row is held to.
    pub(crate) limit: Option<Server>,
    /// Whether it is part of the quick tour.
    pub(crate) is_quick: bool,
}

impl Row {
    pub(crate) const fn new(load: Load, server: Server) -> Self {
        Self { load, server, variant: "", environment: Vec::new(), limit: None, is_quick: false }
    }

    pub(crate) const fn quick(mut self) -> Self {
        self.is_quick = true;
        self
    }

    pub(crate) fn with(mut self, variant: &'static str, environment: &[(&'static str, &str)]) -> Self {
        self.variant = variant;
        self.environment = environment.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self
    }

    pub(crate) const fn beside(mut self, limit: Server) -> Self {
        self.limit = Some(limit);
        self
    }

    /// How `--only` and the results call it: `cursors-5x100/presence-binary-50ms`.
    pub(crate) fn name(&self) -> String {
        let server = self.server.name();
        let joint = if self.variant.is_empty() { "" } else { "-" };
        format!("{}/{server}{joint}{}", self.load, self.variant.replace(' ', ""))
    }

    /// How a table calls the server.
    pub(crate) fn title(&self) -> String {
        let joint = if self.variant.is_empty() { "" } else { ", " };
        format!("{}{joint}{}", self.server.title(), self.variant)
    }
}

/// A count, thousands apart.
fn whole(count: u32) -> String {
    if count < 1_000 { count.to_string() } else { number(f64::from(count)) }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cursors { rooms, members, rate: 20 } => write!(f, "cursors-{rooms}x{members}"),
            Self::Cursors { rooms, members, rate } => write!(f, "cursors-{rooms}x{members}-at-{rate}"),
            Self::Idle { connections } => write!(f, "idle-{connections}"),
            Self::JoinStorm => write!(f, "join-storm"),
            Self::DropReturn => write!(f, "drop-return"),
            Self::Restart => write!(f, "restart"),
            Self::Mixed { connections } => write!(f, "mixed-{connections}"),
            Self::Agents { updates } => write!(f, "agents-{updates}"),
        }
    }
}

impl Load {
    /// The load in words, as a heading.
    pub(crate) fn title(self) -> String {
        match self {
            Self::Cursors { rooms, members, rate } => {
                let deliveries = u64::from(rooms) * u64::from(members) * u64::from(members - 1) * u64::from(rate);
                let rooms = if rooms == 1 { "1 room".to_owned() } else { format!("{} rooms", whole(rooms)) };
                let (members, deliveries) = (whole(members), number(deliveries as f64));
                let updates = if rate == 1 { "1 update/s".to_owned() } else { format!("{rate} updates/s") };
                format!("Cursors: {rooms} of {members}, {updates} each ({deliveries} deliveries/s)")
            }
            Self::Idle { connections } => {
                format!("Idle: {} connections in rooms of 10", whole(connections))
            }
            Self::JoinStorm => "Join storm: 2,000 clients into rooms of 50".to_owned(),
            Self::DropReturn => "980 of 1,000 clients drop and return".to_owned(),
            Self::Restart => "kill -9 and restart with 1,000 clients".to_owned(),
            Self::Mixed { connections } => {
                format!("Mixed: {} clients join, type, move, idle and leave", whole(connections))
            }
            Self::Agents { updates } => {
                format!("Agents: 100 report {} times a second, 10 dashboards follow them", whole(updates))
            }
        }
    }
}

impl Server {
    pub(crate) fn name(self) -> String {
        match self {
            Self::PresenceBinary => "presence-binary".to_owned(),
            Self::PresenceJson => "presence-json".to_owned(),
            Self::Raw { window } => format!("raw-{window}ms"),
            Self::RawPerDelivery => "raw-per-delivery".to_owned(),
            Self::SocketIo => "socketio".to_owned(),
            Self::Ws => "ws".to_owned(),
            Self::YWebsocket => "y-websocket".to_owned(),
            Self::Hocuspocus => "hocuspocus".to_owned(),
        }
    }

    pub(crate) fn title(self) -> String {
        match self {
            Self::PresenceBinary => "**Presence**".to_owned(),
            Self::PresenceJson => "**Presence**, JSON clients".to_owned(),
            Self::Raw { window } => format!("raw epoll, one write per recipient, {window} ms"),
            Self::RawPerDelivery => "raw epoll, one write per delivery".to_owned(),
            Self::SocketIo => "Socket.IO".to_owned(),
            Self::Ws => "ws".to_owned(),
            Self::YWebsocket => "y-websocket".to_owned(),
            Self::Hocuspocus => "Hocuspocus".to_owned(),
        }
    }

    pub(crate) const fn is_presence(self) -> bool {
        matches!(self, Self::PresenceBinary | Self::PresenceJson)
    }

    /// Whether it sends only the newest of several updates.
    pub(crate) const fn gathers(self) -> bool {
        matches!(self, Self::PresenceBinary | Self::PresenceJson | Self::Raw { .. } | Self::Hocuspocus)
    }

    pub(crate) const fn is_peer(self) -> bool {
        matches!(self, Self::SocketIo | Self::Ws | Self::YWebsocket | Self::Hocuspocus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_row_is() {
        let load = Load::Cursors { rooms: 5, members: 100, rate: 20 };
        let row = Row::new(load, Server::PresenceBinary).with("50 ms", &[("A", "1")]);
        assert_eq!(row.name(), "cursors-5x100/presence-binary-50ms");
        assert_eq!(row.title(), "**Presence**, 50 ms");
        assert_eq!(Row::new(Load::Restart, Server::Ws).name(), "restart/ws");
        assert_eq!(load.title(), "Cursors: 5 rooms of 100, 20 updates/s each (990,000 deliveries/s)");
    }
}
