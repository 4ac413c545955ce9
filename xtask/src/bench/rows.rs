//! The table of what is measured. To change what a server is given, change its line here.

use regex_lite::Regex;

use crate::bench::row::{Load, Row, Server};

/// The shortest and the longest of Presence's windows: with both alike it has that one, whatever the load.
const WINDOW: &str = "PRESENCE_TIMING__FLUSH_EVERY";
const LONGEST_WINDOW: &str = "PRESENCE_TIMING__FLUSH_EVERY_CROWDED";

const PEERS: [Server; 4] = [Server::SocketIo, Server::Ws, Server::YWebsocket, Server::Hocuspocus];

/// All rows, in the order in which a round measures them.
pub(crate) fn all() -> Vec<Row> {
    [cursors(), idle(), storms(), mixed(), agents()].concat()
}

/// Those of a quick tour, or all; and of them those whose names match.
pub(crate) fn chosen(rows: Vec<Row>, is_quick: bool, only: Option<&Regex>) -> Vec<Row> {
    let wanted = |row: &Row| match only {
        Some(only) => only.is_match(&row.name()),
        None => !is_quick || row.is_quick,
    };
    rows.into_iter().filter(wanted).collect()
}

fn cursors() -> Vec<Row> {
    let (small, many, crowd, crowds) = (at(10, 10), at(100, 10), at(1, 100), at(5, 100));
    let raw = |window| Server::Raw { window };
    let fixed = |load, variant, window: &str| {
        Row::new(load, Server::PresenceBinary).with(variant, &[(WINDOW, window), (LONGEST_WINDOW, window)])
    };
    let gathering = |load| Row::new(load, Server::Hocuspocus).with("50 ms", &[("FLUSH_DELAY", "50")]);
    let mut rows = Vec::new();

    // Presence chooses its window by its load: beside it stands the bare program with the window that fits. In a
    // room of 100 who move that is 20 ms at least, since pages are not to be told more often.
    rows.push(Row::new(small, Server::PresenceBinary).beside(Server::RawPerDelivery).quick());
    rows.push(Row::new(small, Server::PresenceJson).quick());
    rows.push(Row::new(small, Server::RawPerDelivery).quick());
    rows.extend(peers(small).map(Row::quick));

    rows.extend(compared(many, raw(20)).map(Row::quick));
    rows.push(fixed(many, "50 ms", "50").beside(raw(50)).quick());
    rows.push(Row::new(many, raw(50)).quick());
    rows.extend(peers(many).map(Row::quick));

    rows.extend(compared(crowd, raw(20)).map(Row::quick));
    rows.push(fixed(crowd, "50 ms", "50").beside(raw(50)).quick());
    rows.push(Row::new(crowd, raw(50)).quick());
    rows.extend(peers(crowd).map(Row::quick));
    rows.push(gathering(crowd));

    rows.extend(compared(crowds, raw(20)).map(Row::quick));
    rows.push(fixed(crowds, "50 ms", "50").beside(raw(50)).quick());
    rows.push(Row::new(crowds, raw(50)).quick());
    rows.extend(peers(crowds).map(Row::quick));
    rows.push(gathering(crowds).quick());
    rows
}

/// Presence with both kinds of clients, and the bare program in two ways.
fn compared(load: Load, limit: Server) -> impl Iterator<Item = Row> {
    [
        Row::new(load, Server::PresenceBinary).beside(limit),
        Row::new(load, Server::PresenceJson),
        Row::new(load, limit),
        Row::new(load, Server::RawPerDelivery),
    ]
    .into_iter()
}

fn peers(load: Load) -> impl Iterator<Item = Row> {
    PEERS.into_iter().map(move |server| Row::new(load, server))
}

fn idle() -> Vec<Row> {
    let mut rows = Vec::new();
    for connections in [1_000, 5_000, 10_000] {
        let load = Load::Idle { connections };
        let servers = [Server::PresenceBinary, Server::PresenceJson, Server::Raw { window: 50 }];
        let all = servers.into_iter().chain(PEERS).map(|server| Row::new(load, server));
        let is_quick =
            |row: &Row| connections == 1_000 || connections == 10_000 && row.server == Server::PresenceBinary;
        rows.extend(all.map(|row| if is_quick(&row) { row.quick() } else { row }));
    }
    rows
}

fn storms() -> Vec<Row> {
    let mut rows = Vec::new();
    for load in [Load::JoinStorm, Load::DropReturn] {
        rows.push(Row::new(load, Server::PresenceBinary).quick());
        rows.push(Row::new(load, Server::PresenceJson));
        rows.extend(peers(load).map(Row::quick));
    }
    rows.push(Row::new(Load::Restart, Server::PresenceBinary).quick());
    rows.extend(peers(Load::Restart));
    rows
}

fn mixed() -> Vec<Row> {
    let of = |connections| Row::new(Load::Mixed { connections }, Server::PresenceBinary);
    vec![of(1_000).quick(), of(10_000)]
}

fn agents() -> Vec<Row> {
    let of = |updates| Row::new(Load::Agents { updates }, Server::PresenceJson);
    vec![of(1_000).quick(), of(10_000)]
}

const fn at(rooms: u32, members: u32) -> Load {
    Load::Cursors { rooms, members, rate: 20 }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_two_rows_share_a_name() {
        let names: Vec<String> = all().iter().map(Row::name).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }

    #[test]
    fn every_limit_is_measured_in_the_same_tour() {
        let rows = all();
        for row in &rows {
            let Some(limit) = row.limit else { continue };
            let limit = rows.iter().find(|other| other.load == row.load && other.server == limit).unwrap();
            assert!(limit.is_quick || !row.is_quick, "{}", row.name());
        }
    }

    #[test]
    fn rows_are_chosen_by_name() {
        let only = Regex::new("^idle.*/(ws|socketio)$").unwrap();
        assert_eq!(chosen(all(), true, Some(&only)).len(), 6);
        assert!(chosen(all(), true, None).len() < chosen(all(), false, None).len());
    }
}
