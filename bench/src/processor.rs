//! What the machine gives a process: which processors, how many files.

use anyhow::{Context, Result};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_setaffinity};

/// Keeps this thread on the processors of a list such as `1` or `2,3`.
pub fn pin(list: &str) -> Result<()> {
    let mut set = CpuSet::new();
    for number in list.split(',') {
        let number =
            number.trim().parse().with_context(|| format!("--load-cpu: `{number}` is no processor's number"))?;
        set.set(number);
    }
    sched_setaffinity(None, &set).with_context(|| format!("--load-cpu: this machine does not let us run on {list}"))
}

/// Allows as many sockets as the machine does. The server inherits it.
pub fn raise_open_files() -> Result<()> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).context("raising the limit of open files")
}
