//! Debian's packages, where we may install them ourselves.

use anyhow::Result;

use crate::command::{command, find_program, output};
use crate::step::Notes;

/// Whether this is a machine with apt whose root we are.
pub(crate) fn is_usable() -> bool {
    let root = output(command("id").arg("-u")).is_ok_and(|id| id == "0");
    root && find_program(&["apt-get"]).is_some()
}

/// Installs `packages`, quietly unless it fails. Removes nothing that is there.
pub(crate) fn install(packages: &[&str], notes: &mut Notes) -> Result<()> {
    notes.say("apt-get update");
    // Stale lists name old versions or files that are gone. A mirror that cannot be reached is
    // no reason to stop: the packages may lie in apt's cache.
    if let Err(error) = output(apt_get().arg("update")) {
        notes.say(format!("could not refresh the package lists: {error}"));
    }
    notes.say(format!("apt-get install {}", packages.join(" ")));
    let fixed = ["install", "-y", "--no-install-recommends", "--no-remove"];
    output(apt_get().args(fixed).args(packages))?;
    Ok(())
}

fn apt_get() -> std::process::Command {
    let mut command = command("apt-get");
    command.env("DEBIAN_FRONTEND", "noninteractive").args(["-qq", "-o", "Dpkg::Use-Pty=0"]);
    command
}
