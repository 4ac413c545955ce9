//! What grows with a room and with the number of rooms: sweeps for curves, not for comparison.

use crate::bench::row::{Load, Row, Server};

/// One curve: rows over what grows.
#[derive(Clone, Debug)]
pub(crate) struct Sweep {
    pub(crate) title: &'static str,
    /// What stands below the plot.
    pub(crate) axis: &'static str,
    pub(crate) points: Vec<(f64, Row)>,
}

/// Ten times what a room may hold by default.
const ROOM: (&str, &str) = ("PRESENCE_LIMITS__USERS_PER_ROOM", "1000");

pub(crate) fn all() -> Vec<Sweep> {
    vec![
        members("Presence, 20 updates/s each", 20, Server::PresenceBinary, &[2, 5, 10, 20, 50, 100, 200]),
        members("Presence, 1 update/s each", 1, Server::PresenceBinary, &[10, 20, 50, 100, 200, 500, 1_000]),
        members("ws, 20 updates/s each", 20, Server::Ws, &[2, 5, 10, 20, 50, 100]),
        rooms("Presence, 2 updates/s each", Server::PresenceBinary, &[1, 3, 10, 30, 100, 300, 1_000]),
        rooms("ws, 2 updates/s each", Server::Ws, &[1, 3, 10, 30, 100, 300, 1_000]),
    ]
}

pub(crate) const MEMBERS: &str = "members of one room";
pub(crate) const ROOMS: &str = "rooms of 10";

fn members(title: &'static str, rate: u32, server: Server, sizes: &[u32]) -> Sweep {
    let row = |&members| (f64::from(members), row(server, Load::Cursors { rooms: 1, members, rate }));
    Sweep { title, axis: MEMBERS, points: sizes.iter().map(row).collect() }
}

fn rooms(title: &'static str, server: Server, counts: &[u32]) -> Sweep {
    let row = |&rooms| (f64::from(rooms), row(server, Load::Cursors { rooms, members: 10, rate: 2 }));
    Sweep { title, axis: ROOMS, points: counts.iter().map(row).collect() }
}

fn row(server: Server, load: Load) -> Row {
    let row = Row::new(load, server);
    if server.is_presence() { row.with("", &[ROOM]) } else { row }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_go_from_small_to_large() {
        for sweep in all() {
            assert!(sweep.points.windows(2).all(|pair| pair[0].0 < pair[1].0), "{}", sweep.title);
        }
    }
}
