//! What a process has used, as the kernel counts it.

use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Time on processors, and time in which a thread could have run but another one did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub ran: Duration,
    pub waited: Duration,
}

impl Times {
    pub fn since(self, earlier: Self) -> Self {
        // A server that was killed meanwhile has started anew from nothing.
        Self { ran: self.ran.saturating_sub(earlier.ran), waited: self.waited.saturating_sub(earlier.waited) }
    }
}

/// The times of all threads that live. Where one has ended meanwhile its time is missing, so a server whose
/// threads come and go is measured too low; none here is one.
pub fn times(process: u32) -> Result<Times> {
    let threads = format!("/proc/{process}/task");
    let (mut ran, mut waited) = (0, 0);
    for thread in fs::read_dir(&threads).with_context(|| format!("the process has ended: no {threads}"))? {
        // A thread that ends between the listing and the look has no time to add.
        let Ok(text) = fs::read_to_string(thread?.path().join("schedstat")) else { continue };
        let mut numbers = text.split_whitespace().map(str::parse::<u64>);
        let (Some(Ok(run)), Some(Ok(wait))) = (numbers.next(), numbers.next()) else {
            bail!("schedstat does not hold the two times that it should: {text}");
        };
        ran += run;
        waited += wait;
    }
    Ok(Times { ran: Duration::from_nanos(ran), waited: Duration::from_nanos(waited) })
}

/// Memory in KiB.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// All that is resident.
    pub resident: u64,
    /// What the process made itself. The rest are pages of its files, above all of its code: each is there once,
    /// from when it is run for the first time, for however many connections.
    pub own: u64,
}

pub fn memory(process: u32) -> Result<Memory> {
    let path = format!("/proc/{process}/smaps_rollup");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let kib = |name: &str| {
        let rest = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        let number = rest.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.with_context(|| format!("{path} has no {name}"))
    };
    Ok(Memory { resident: kib("Rss")?, own: kib("Anonymous")? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_have_used_something() {
        let process = std::process::id();
        assert!(times(process).unwrap().ran > Duration::ZERO);
        let Memory { resident, own } = memory(process).unwrap();
        assert!(resident > own && own > 100);
        assert!(times(u32::MAX).is_err());
    }
}
