//! Node and npm: whether they are here, the packages, the scripts of our npm workspaces.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{command, output, run};
use crate::place;
use crate::step::Notes;

const OLDEST_NODE: u32 = 20;
const REMEDY: &str = "install it from https://nodejs.org, or with your system's package manager";

/// Fails, with the remedy, unless node is recent enough and npm is there.
pub(crate) fn check_tools(notes: &mut Notes) -> Result<()> {
    let node = output(command("node").arg("--version"))
        .with_context(|| format!("Node {OLDEST_NODE} or newer is needed: {REMEDY}"))?;
    if major(&node).is_none_or(|major| major < OLDEST_NODE) {
        bail!("Node {OLDEST_NODE} or newer is needed, this one is {node}: {REMEDY}");
    }
    let npm = output(npm().arg("--version")).with_context(|| format!("npm is needed; it comes with Node: {REMEDY}"))?;
    notes.say(format!("node {node}, npm {npm}"));
    Ok(())
}

/// Brings node_modules up to the lock file.
pub(crate) fn install(notes: &mut Notes) -> Result<()> {
    let quiet = ["--no-audit", "--no-fund"];
    let lock = place::root().join("package-lock.json");
    if !lock.is_file() {
        notes.say("no package-lock.json: npm install writes one, to be committed");
        return run(npm().arg("install").args(quiet));
    }
    if is_newer(&installed_lock(), &lock) {
        notes.fresh();
        return Ok(());
    }
    run(npm().arg("ci").args(quiet))
}

/// Brings the node_modules of a project that is no workspace of ours up to its lock file.
pub(crate) fn install_in(project: &Path, notes: &mut Notes) -> Result<()> {
    let lock = project.join("package-lock.json");
    if is_newer(&project.join("node_modules/.package-lock.json"), &lock) {
        notes.fresh();
        return Ok(());
    }
    run(npm().args(["ci", "--no-audit", "--no-fund"]).current_dir(project))
}

/// Runs a script of one of our npm workspaces.
pub(crate) fn script(workspace: &str, script: &str) -> Command {
    let mut command = npm();
    command.args(["run", script, "--workspace", workspace]);
    command
}

/// A program that an npm package brought.
pub(crate) fn program(name: &str) -> Result<PathBuf> {
    let suffix = if cfg!(windows) { ".cmd" } else { "" };
    let program = place::root().join("node_modules/.bin").join(format!("{name}{suffix}"));
    if !program.exists() {
        bail!("npm brought no `{name}`: it belongs in a package.json's devDependencies");
    }
    Ok(program)
}

/// npm writes this file last, so it is missing after an install that broke off.
fn installed_lock() -> PathBuf {
    place::root().join("node_modules/.package-lock.json")
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let modified = |path: &Path| path.metadata().and_then(|about| about.modified()).ok();
    modified(file) >= modified(than)
}

fn npm() -> Command {
    command(if cfg!(windows) { "npm.cmd" } else { "npm" })
}

fn major(version: &str) -> Option<u32> {
    version.trim_start_matches('v').split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_read() {
        assert_eq!(major("v20.20.2"), Some(20));
        assert_eq!(major("unknown"), None);
    }

    #[test]
    fn a_missing_file_is_older_than_any() {
        let manifest = place::root().join("Cargo.toml");
        assert!(is_newer(&manifest, &manifest));
        assert!(!is_newer(&place::root().join("no-such-file"), &manifest));
    }
}
