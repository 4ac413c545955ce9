//! The machine the figures hold for: processors, kernel, versions, the day.

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use crate::command::{command, output};
use crate::place;

/// The processors that server and generator get.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pinning {
    pub(crate) server: usize,
    pub(crate) load: usize,
}

impl Pinning {
    /// The first two processors we may use; one alone has to do for both.
    pub(crate) fn of_this_machine() -> Result<Self> {
        let status = fs::read_to_string("/proc/self/status").context("reading /proc/self/status: is this Linux?")?;
        let list = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:")).unwrap_or_default();
        let allowed = processors(list);
        let server = *allowed.first().context("the kernel names no processor that we may use")?;
        Ok(Self { server, load: allowed.get(1).copied().unwrap_or(server) })
    }

    pub(crate) const fn is_shared(self) -> bool {
        self.server == self.load
    }
}

/// What stands above the tables.
pub(crate) fn description(peers: &[&str]) -> Result<Value> {
    let mut versions = Map::new();
    versions.insert("rustc".to_owned(), output(command("rustc").arg("--version"))?.into());
    versions.insert("node".to_owned(), output(command("node").arg("--version"))?.into());
    let lock = fs::read_to_string(place::peers().join("package-lock.json")).context("reading the peers' lock file")?;
    let lock: Value = serde_json::from_str(&lock).context("reading the peers' lock file")?;
    for peer in peers {
        versions.insert((*peer).to_owned(), lock["packages"][format!("node_modules/{peer}")]["version"].clone());
    }
    Ok(json!({
        "date": date(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO)),
        "processor": processor_model(&fs::read_to_string("/proc/cpuinfo").unwrap_or_default()),
        "processors": std::thread::available_parallelism().map_or(1, usize::from),
        "kernel": fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default().trim(),
        "commit": output(command("git").args(["rev-parse", "--short", "HEAD"])).unwrap_or_default(),
        "versions": versions,
    }))
}

/// Which share of all processors' time others took in a second in which we did nothing.
pub(crate) fn busy_share() -> Option<f64> {
    let ticks = || ticks(&fs::read_to_string("/proc/stat").ok()?);
    let (busy, all) = ticks()?;
    std::thread::sleep(Duration::from_secs(1));
    let (busy_now, all_now) = ticks()?;
    Some((busy_now - busy) as f64 / (all_now - all).max(1) as f64)
}

/// Busy and all ticks of all processors since the start.
fn ticks(stat: &str) -> Option<(u64, u64)> {
    let line = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
    // Time of guests stands behind these and is counted in them already.
    let ticks: Vec<u64> = line.split_whitespace().take(8).map(str::parse).collect::<Result<_, _>>().ok()?;
    let all: u64 = ticks.iter().sum();
    let idle: u64 = ticks.iter().skip(3).take(2).sum();
    Some((all - idle, all))
}

/// `0-3,8` as the numbers it means.
fn processors(list: &str) -> Vec<usize> {
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let first: usize = first.trim().parse().ok()?;
        Some(first..=last.trim().parse().ok()?)
    };
    list.split(',').filter_map(range).flatten().collect()
}

fn processor_model(cpuinfo: &str) -> String {
    let model = cpuinfo.lines().find_map(|line| line.strip_prefix("model name")?.split_once(':'));
    model.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, model)| model.trim().to_owned())
}

/// The UTC day of a moment, counted from 1970.
fn date(since_1970: Duration) -> String {
    // Years that start in March end with the leap day, so that all but the last month are regular.
    let days = since_1970.as_secs() / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_named() {
        for (seconds, day) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_735_689_599, "2024-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(Duration::from_secs(seconds)), day);
        }
    }

    #[test]
    fn busy_ticks_are_those_of_no_idling() {
        assert_eq!(ticks("cpu  10 1 5 80 2 0 1 1 7 0\ncpu0 1 1 1 1\n"), Some((18, 100)));
        assert_eq!(ticks("intr 5"), None);
    }

    #[test]
    fn lists_of_processors_are_read() {
        assert_eq!(processors("\t0-2,5\n"), [0, 1, 2, 5]);
        assert_eq!(processors("7"), [7]);
        assert!(processors("").is_empty());
    }

    #[test]
    fn the_processor_is_named() {
        assert_eq!(processor_model("processor\t: 0\nmodel name\t: A B @ 2 GHz\nmodel name\t: C"), "A B @ 2 GHz");
        assert!(!processor_model("").is_empty());
    }
}
