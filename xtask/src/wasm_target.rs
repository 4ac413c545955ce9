//! Finds a compiler that can make wasm, by the cheapest way that works on this machine: std is
//! there; rustup brings it; some compiler on the machine compiles it. Each attempt is said aloud.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::apt;
use crate::build_std::StdBuilder;
use crate::command::{self, cargo, command, find_program, output, run_within};
use crate::place;
use crate::step::Notes;

pub(crate) const TRIPLE: &str = "wasm32-unknown-unknown";

/// A download that says nothing for this long is taken for a closed network.
const DOWNLOAD_LIMIT: Duration = Duration::from_secs(60);

/// How long a failed download is not tried again.
const REFUSAL_HOLDS: Duration = Duration::from_secs(3600);

/// Debian's current compiler with std's sources and a linker for wasm.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-19"];

/// How the module is compiled here.
pub(crate) enum Compiler {
    /// Cargo as it is: the target's std is installed.
    Prebuilt,
    /// Std is compiled along, from its sources.
    BuildStd(StdBuilder),
}

/// Whether a prebuilt std may be taken, or std has to be compiled to try that way out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Std {
    Any,
    FromSource,
}

impl Compiler {
    /// Where this compiler leaves its output; std's own build stays apart from everything else.
    pub(crate) fn target_dir(&self) -> PathBuf {
        match self {
            Self::Prebuilt => place::target(),
            Self::BuildStd(_) => place::target().join("build-std"),
        }
    }

    /// `cargo build` for wasm, without what is meant for other targets.
    pub(crate) fn cargo_build(&self) -> Command {
        let mut command = match self {
            Self::Prebuilt => cargo(),
            Self::BuildStd(builder) => builder.cargo(),
        };
        command.arg("build").args(["--target", TRIPLE]).arg("--target-dir").arg(self.target_dir());
        if let Self::BuildStd(_) = self {
            command.arg("-Zbuild-std=std,panic_abort");
        }
        // Flags set for the host (`-C target-cpu=native`, a linker) break wasm. An empty list
        // outranks RUSTFLAGS and every `rustflags` in a config file.
        command.env("CARGO_ENCODED_RUSTFLAGS", "");
        command
    }
}

/// The compiler to take here. Installs what is missing where it may.
pub(crate) fn find(std: Std, notes: &mut Notes) -> Result<Compiler> {
    if std == Std::Any && prebuilt(notes) {
        return Ok(Compiler::Prebuilt);
    }
    notes.say("looking for a compiler that can build std from its sources (adds about 45 s the first time)");
    if let Some(builder) = StdBuilder::find(notes) {
        return Ok(Compiler::BuildStd(builder));
    }
    // When a prebuilt std was looked for, rustup's site has just shown that it cannot be reached.
    if std == Std::FromSource {
        rustup(&["component", "add", "rust-src"], notes);
        if let Some(builder) = StdBuilder::find(notes) {
            return Ok(Compiler::BuildStd(builder));
        }
    }
    if apt::is_usable() {
        match apt::install(&DEBIAN_PACKAGES, notes) {
            Ok(()) => {
                if let Some(builder) = StdBuilder::find(notes) {
                    return Ok(Compiler::BuildStd(builder));
                }
            }
            Err(error) => notes.say(format!("{error:#}")),
        }
    }
    bail!(
        "this machine has no compiler for {TRIPLE}. One of these helps:\n  \
         - with rustup: `rustup target add {TRIPLE}` (needs static.rust-lang.org)\n  \
         - on Debian: `apt-get install {}` as root",
        DEBIAN_PACKAGES.join(" ")
    );
}

/// A prebuilt std: there already, or brought by rustup.
pub(crate) fn prebuilt(notes: &mut Notes) -> bool {
    if is_installed() {
        notes.say(format!("std for {TRIPLE} is installed"));
        return true;
    }
    notes.say(format!("std for {TRIPLE} is not installed"));
    if let Some(refusal) = recent_refusal() {
        notes.say(format!("rustup could not bring it lately; delete {} to ask again", place::shown(&refusal)));
        return false;
    }
    if rustup(&["target", "add", TRIPLE], notes) && is_installed() {
        return true;
    }
    note_refusal(notes);
    false
}

/// The note of a failed download, while it is young: in a closed network each attempt costs the
/// whole limit, and every command of xtask would pay it.
fn recent_refusal() -> Option<PathBuf> {
    let path = refusal();
    let age = path.metadata().ok()?.modified().ok()?.elapsed().ok()?;
    (age < REFUSAL_HOLDS).then_some(path)
}

fn note_refusal(notes: &mut Notes) {
    let written = fs::create_dir_all(place::scratch()).and_then(|()| fs::write(refusal(), ""));
    if let Err(error) = written {
        notes.say(format!("cannot note that it failed: {error}"));
    }
}

fn refusal() -> PathBuf {
    place::scratch().join("rustup-failed")
}

fn is_installed() -> bool {
    let asked = output(command("rustc").args(["--print", "target-libdir", "--target", TRIPLE]));
    asked.is_ok_and(|folder| has_std(Path::new(&folder)))
}

/// The folder alone proves nothing: rustup leaves empty ones behind.
fn has_std(folder: &Path) -> bool {
    let Ok(entries) = folder.read_dir() else { return false };
    entries.flatten().any(|entry| entry.file_name().to_string_lossy().starts_with("libstd-"))
}

fn rustup(arguments: &[&str], notes: &mut Notes) -> bool {
    if find_program(&["rustup"]).is_none() {
        notes.say("no rustup here that could bring it");
        return false;
    }
    let mut rustup = command("rustup");
    rustup.args(arguments).env_remove("RUST_BACKTRACE");
    let line = command::shown(&rustup);
    notes.say(format!("{line} (at most {} s)", DOWNLOAD_LIMIT.as_secs()));
    match run_within(DOWNLOAD_LIMIT, &mut rustup) {
        Ok(()) => true,
        Err(error) => {
            notes.say(format!("that did not work: {error:#}"));
            false
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_std_library_proves_the_target() {
        let folder = std::env::temp_dir().join(format!("xtask-libdir-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(!has_std(&folder), "an empty folder");
        fs::write(folder.join("libstd_detect-1.rlib"), "").unwrap();
        assert!(!has_std(&folder), "another library");
        fs::write(folder.join("libstd-1.rlib"), "").unwrap();
        assert!(has_std(&folder));
        fs::remove_dir_all(&folder).unwrap();
        assert!(!has_std(&folder), "no folder");
    }
}
