//! Which figures of a load are shown, in which unit; the first one is what servers are compared by.

use crate::bench::row::Load;

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Figure {
    pub(crate) title: &'static str,
    /// Where it stands in a result of `presence-load`.
    pub(crate) pointer: &'static str,
    /// From its unit to the one of the title.
    pub(crate) factor: f64,
    /// Whether only Presence's clients can tell.
    pub(crate) is_ours: bool,
}

const fn figure(title: &'static str, pointer: &'static str) -> Figure {
    Figure { title, pointer, factor: 1.0, is_ours: false }
}

const fn in_ms(title: &'static str, pointer: &'static str) -> Figure {
    Figure { title, pointer, factor: 0.001, is_ours: false }
}

const fn percent(title: &'static str, pointer: &'static str) -> Figure {
    Figure { title, pointer, factor: 100.0, is_ours: false }
}

const CURSORS: [Figure; 6] = [
    figure("CPU µs per delivery", "/cpu_us_per_delivery"),
    percent("% of a core", "/server_share"),
    percent("% delivered", "/delivered_share"),
    in_ms("p50 ms", "/latency_us/p50"),
    in_ms("p99 ms", "/latency_us/p99"),
    figure("bytes per delivery", "/bytes_per_delivery"),
];

const IDLE: [Figure; 2] = [
    figure("KiB per connection", "/kib_per_connection"),
    Figure { title: "MiB in all", pointer: "/rss_kib", factor: 1.0 / 1_024.0, is_ours: false },
];

const JOIN_STORM: [Figure; 4] = [
    figure("CPU µs per client", "/cpu_us_per_client"),
    figure("until all are in, ms", "/wall_ms"),
    in_ms("join p50 ms", "/join_latency_us/p50"),
    in_ms("join p99 ms", "/join_latency_us/p99"),
];

const DROP_RETURN: [Figure; 3] = [
    figure("until all are back, ms", "/wall_ms"),
    figure("CPU ms", "/server_cpu_ms"),
    figure("leaves and joins that observers saw", "/observer_events"),
];

const RESTART: [Figure; 3] = [
    figure("listening to whole, ms", "/whole_ms"),
    figure("kill to whole, ms", "/from_kill_ms"),
    Figure { is_ours: true, ..figure("members shown as gone", "/visible_flaps") },
];

const MIXED: [Figure; 8] = [
    percent("% of a core", "/server_share"),
    in_ms("join p50 ms", "/join_us/p50"),
    in_ms("join p99 ms", "/join_us/p99"),
    in_ms("typing p50 ms", "/typing_us/p50"),
    in_ms("typing p99 ms", "/typing_us/p99"),
    in_ms("cursor p50 ms", "/cursor_us/p50"),
    in_ms("cursor p99 ms", "/cursor_us/p99"),
    figure("errors", "/errors"),
];

const AGENTS: [Figure; 6] = [
    figure("CPU µs per update", "/cpu_us_per_update"),
    percent("% of a core", "/server_share"),
    in_ms("p50 ms", "/latency_us/p50"),
    in_ms("p99 ms", "/latency_us/p99"),
    figure("states shown per second", "/shown_per_second"),
    figure("bunches per second", "/bunches_per_second"),
];

pub(crate) const fn of(load: Load) -> &'static [Figure] {
    match load {
        Load::Cursors { .. } => &CURSORS,
        Load::Idle { .. } => &IDLE,
        Load::JoinStorm => &JOIN_STORM,
        Load::DropReturn => &DROP_RETURN,
        Load::Restart => &RESTART,
        Load::Mixed { .. } => &MIXED,
        Load::Agents { .. } => &AGENTS,
    }
}

/// What servers are compared by.
pub(crate) const fn key(load: Load) -> Figure {
    of(load)[0]
}
