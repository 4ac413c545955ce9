//! What the server counts, for Prometheus. Each server has counters of its own: two in one process share none.

use std::fmt;
use std::sync::atomic::AtomicU64;

use presence_hub::hub::Counts;
use presence_hub::io::Shard;
use presence_model::refusal::Code;
use presence_model::time::Millis;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

use crate::dialect::Dialect;

/// One label and its value.
type Label<V = &'static str> = [(&'static str, V); 1];

#[derive(Default)]
pub struct Metrics {
    registry: Registry,
    open: Family<Label, Gauge>,
    opened: Family<Label, Counter>,
    ended: Family<Label<u16>, Counter>,
    received: Family<Label, Counter>,
    sent: Family<Label, Counter>,
    bytes_sent: Family<Label, Counter>,
    refused: Family<Label, Counter>,
    window: Family<Label<u64>, Gauge<f64, AtomicU64>>,
    sessions: Gauge,
    users: Gauge,
    instances: Gauge,
    agents: Gauge,
    rooms: Gauge,
    members: Gauge,
    uptime: Gauge,
    store: StoreMetrics,
}

/// What the thread that writes to the disk counts.
#[derive(Clone, Debug)]
pub struct StoreMetrics {
    pub failing: Gauge,
    pub failures: Counter,
    pub pending: Gauge,
    pub changes: Counter,
    pub commits: Histogram,
}

impl Default for StoreMetrics {
    fn default() -> Self {
        Self {
            failing: Gauge::default(),
            failures: Counter::default(),
            pending: Gauge::default(),
            changes: Counter::default(),
            // From half a millisecond to four seconds.
            commits: Histogram::new(exponential_buckets(0.000_5, 2.0, 14)),
        }
    }
}

impl StoreMetrics {
    fn register(&self, to: &mut Registry) {
        to.register(
            "store_failing",
            "1 while what is to survive a restart cannot be written, else 0",
            self.failing.clone(),
        );
        to.register("store_failures", "Attempts to write that failed", self.failures.clone());
        to.register("store_pending", "Changes that waited to be written after the last attempt", self.pending.clone());
        to.register("store_changes", "Changes written, the newest of each subject", self.changes.clone());
        let (commits, what) = (self.commits.clone(), "How long it took to write what had gathered");
        to.register_with_unit("store_commit", what, Unit::Seconds, commits);
    }
}

impl Metrics {
    pub fn new() -> Self {
        let mut all = Self { registry: Registry::with_prefix("presence"), ..Self::default() };
        let to = &mut all.registry;
        to.register("sockets", "Sockets that are open, by door", all.open.clone());
        to.register("sockets_opened", "Sockets opened, by door", all.opened.clone());
        to.register("sockets_ended", "Sockets ended, by close code; 1006 without one", all.ended.clone());
        to.register("messages_received", "Messages with data from clients, by door", all.received.clone());
        to.register(
            "messages_sent",
            "Writes with data to clients, by door; cursors that go out together are one",
            all.sent.clone(),
        );
        to.register_with_unit(
            "sent",
            "Data to clients with the headers of its frames, by door",
            Unit::Bytes,
            all.bytes_sent.clone(),
        );
        to.register("refusals", "Errors told to clients, by code", all.refused.clone());
        to.register_with_unit(
            "window",
            "How long the rooms of a shard gather cursors, which follows from its load; 0: not at all",
            Unit::Seconds,
            all.window.clone(),
        );
        to.register("sessions", "Sessions, also those that may still come back", all.sessions.clone());
        to.register("users", "Users with a session", all.users.clone());
        to.register("instances", "Entries in the list of who is here", all.instances.clone());
        to.register("agents", "Agents that are known", all.agents.clone());
        to.register("rooms", "Rooms with somebody in them", all.rooms.clone());
        to.register("members", "Sessions in rooms, once for each room", all.members.clone());
        to.register_with_unit("uptime", "Since the server started", Unit::Seconds, all.uptime.clone());
        all.store.register(to);
        all
    }

    pub fn store(&self) -> StoreMetrics {
        self.store.clone()
    }

    /// The counters of one socket, which counts as open until they are dropped.
    pub fn socket(&self, dialect: Dialect) -> SocketMetrics {
        let door = [("door", dialect.name())];
        self.opened.get_or_create(&door).inc();
        let open = self.open.get_or_create(&door).clone();
        open.inc();
        SocketMetrics {
            open,
            received: self.received.get_or_create(&door).clone(),
            sent: self.sent.get_or_create(&door).clone(),
            bytes_sent: self.bytes_sent.get_or_create(&door).clone(),
        }
    }

    /// How many sockets are open, at all doors.
    pub fn open_sockets(&self) -> i64 {
        let doors = Dialect::ALL.iter().map(|dialect| [("door", dialect.name())]);
        doors.map(|door| self.open.get_or_create(&door).get()).sum()
    }

    pub fn end(&self, code: u16) {
        self.ended.get_or_create(&[("code", code)]).inc();
    }

    pub fn refuse(&self, code: Code) {
        self.refused.get_or_create(&[("code", code.name())]).inc();
    }

    pub fn set_window(&self, shard: Shard, length: Millis) {
        self.window.get_or_create(&[("shard", shard.0 as u64)]).set(length.0 as f64 / 1_000.0);
    }

    /// Everything as OpenMetrics text, with what the hubs hold just now.
    pub fn text(&self, counts: Counts, uptime_seconds: u64) -> Result<String, fmt::Error> {
        let Counts { sessions, users, instances, agents, rooms, members, .. } = counts;
        for (gauge, count) in [
            (&self.sessions, sessions),
            (&self.users, users),
            (&self.instances, instances),
            (&self.agents, agents),
            (&self.rooms, rooms),
            (&self.members, members),
        ] {
            gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self.uptime.set(i64::try_from(uptime_seconds).unwrap_or(i64::MAX));
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// Looked up once for a socket: each message costs an addition.
#[derive(Debug)]
pub struct SocketMetrics {
    open: Gauge,
    received: Counter,
    sent: Counter,
    bytes_sent: Counter,
}

impl SocketMetrics {
    pub fn receive(&self) {
        self.received.inc();
    }

    pub fn send(&self, bytes: usize) {
        self.sent.inc();
        self.bytes_sent.inc_by(bytes as u64);
    }
}

impl Drop for SocketMetrics {
    fn drop(&mut self) {
        self.open.dec();
    }
}

#[cfg(test)]
mod tests {
    use presence_model::wire::json::door::Door;

    use super::*;

    fn line<'a>(text: &'a str, name: &str) -> &'a str {
        text.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{text}"))
    }

    #[test]
    fn what_was_counted_is_told() {
        let metrics = Metrics::new();
        let first = metrics.socket(Dialect::Binary);
        let second = metrics.socket(Dialect::Json(Door::Ws));
        drop(metrics.socket(Dialect::Binary));
        first.receive();
        second.send(10);
        second.send(5);
        metrics.end(1006);
        metrics.refuse(Code::RoomFull);
        metrics.set_window(Shard(1), Millis(20));
        assert_eq!(metrics.open_sockets(), 2);
        let counts =
            Counts { sessions: 3, users: 2, instances: 2, rooms: 1, members: 4, established: 2, unseen: 0, agents: 5 };
        let text = metrics.text(counts, 7).unwrap();
        for (name, value) in [
            ("presence_sockets{door=\"binary\"}", "1"),
            ("presence_sockets_opened_total{door=\"binary\"}", "2"),
            ("presence_sockets_ended_total{code=\"1006\"}", "1"),
            ("presence_messages_received_total{door=\"binary\"}", "1"),
            ("presence_sent_bytes_total{door=\"ws\"}", "15"),
            ("presence_refusals_total{code=\"room_full\"}", "1"),
            ("presence_window_seconds{shard=\"1\"}", "0.02"),
            ("presence_members ", "4"),
            ("presence_agents ", "5"),
            ("presence_uptime_seconds ", "7"),
        ] {
            assert_eq!(line(&text, name).rsplit(' ').next(), Some(value), "{name}");
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
