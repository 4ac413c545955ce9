//! Compilers on this machine that carry std's sources and so can compile std themselves.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{cargo, command, find_program, output};
use crate::step::Notes;

/// A compiler with std's sources and a linker for wasm.
pub(crate) struct StdBuilder {
    source: Source,
    linker: PathBuf,
}

#[derive(Clone, Copy)]
enum Source {
    /// The toolchain that runs us, rustup's or another.
    Own,
    /// The distribution's, beside the one that runs us.
    System,
}

const SYSTEM_RUSTC: &str = "/usr/bin/rustc";
const SYSTEM_CARGO: &str = "/usr/bin/cargo";

/// Variables that lead the distribution's tools to the libraries or wrappers of another toolchain.
const FOREIGN: [&str; 5] =
    ["LD_LIBRARY_PATH", "RUSTUP_TOOLCHAIN", "RUSTDOC", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER"];

impl StdBuilder {
    /// The first compiler that can do it, or nothing when none can.
    pub(crate) fn find(notes: &mut Notes) -> Option<Self> {
        [Source::Own, Source::System].into_iter().find_map(|source| Self::of(source, notes))
    }

    /// A cargo that may use the unstable flag `-Zbuild-std`.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = match self.source {
            Source::Own => cargo(),
            Source::System => {
                let mut command = command(SYSTEM_CARGO);
                without_foreign(&mut command);
                command.env("RUSTC", SYSTEM_RUSTC);
                command
            }
        };
        // A stable compiler refuses -Z without this.
        command.env("RUSTC_BOOTSTRAP", "1");
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker);
        command
    }

    fn of(source: Source, notes: &mut Notes) -> Option<Self> {
        let version = output(rustc(source).arg("--version")).ok()?;
        let sysroot = PathBuf::from(output(rustc(source).args(["--print", "sysroot"])).ok()?);
        if !sysroot.join("lib/rustlib/src/rust/library/std/Cargo.toml").is_file() {
            return None;
        }
        if !is_recent(&version) {
            notes.say(format!("{version} has std's sources but is too old"));
            return None;
        }
        let host = output(rustc(source).args(["--print", "host-tuple"])).ok()?;
        let Some(linker) = find_linker(&sysroot, &host) else {
            notes.say(format!("{version} has std's sources, but no linker for wasm was found"));
            return None;
        };
        notes.say(format!("{version} compiles std, {} links", linker.display()));
        Some(Self { source, linker })
    }
}

fn rustc(source: Source) -> Command {
    match source {
        Source::Own => command("rustc"),
        Source::System => {
            let mut command = command(SYSTEM_RUSTC);
            without_foreign(&mut command);
            command
        }
    }
}

fn without_foreign(command: &mut Command) {
    for name in FOREIGN {
        command.env_remove(name);
    }
}

fn find_linker(sysroot: &Path, host: &str) -> Option<PathBuf> {
    let own = sysroot.join("lib/rustlib").join(host).join("bin").join("rust-lld");
    if own.is_file() {
        return Some(own);
    }
    find_program(&["wasm-ld-19", "wasm-ld", "rust-lld"])
}

/// Whether `rustc 1.96.0 (…)` is at least the workspace's `rust-version`.
fn is_recent(version: &str) -> bool {
    let said = version.split_whitespace().nth(1).and_then(major_minor);
    said >= major_minor(env!("CARGO_PKG_RUST_VERSION"))
}

fn major_minor(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_numbers() {
        assert!(is_recent("rustc 1.100.0 (abc 2027-01-01)"));
        assert!(!is_recent("rustc 1.63.0 (4b91a6ea7 2022-08-08)"));
        assert!(!is_recent("something else"));
    }
}
