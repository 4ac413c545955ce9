//! The built server, started for a look at the page.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;

use crate::command::command;
use crate::place;

/// Where the server keeps its state across restarts.
const DATA_VARIABLE: &str = "PRESENCE_DATA_DIR";

/// Becomes the server; gives back only an error.
#[cfg(unix)]
pub(crate) fn serve(server: &Path, arguments: &[OsString]) -> Result<()> {
    use std::os::unix::process::CommandExt;

    tell();
    // Taking the server's place leaves nobody between it and Ctrl-C or a supervisor's signals.
    Err(process(server, arguments).exec().into())
}

/// Runs the server until it ends; the console gives Ctrl-C to both of us.
#[cfg(not(unix))]
pub(crate) fn serve(server: &Path, arguments: &[OsString]) -> Result<()> {
    tell();
    crate::command::run(&mut process(server, arguments))
}

fn process(server: &Path, arguments: &[OsString]) -> std::process::Command {
    let mut command = command(server);
    // The server reads PRESENCE_* as its own settings; this one is ours.
    if std::env::var_os(DATA_VARIABLE).is_none() {
        // The source tree is no place for it. What the arguments say still wins.
        command.env(DATA_VARIABLE, place::target().join("demo-data"));
    }
    command.args(arguments).env_remove(crate::BUILD_STD_VARIABLE);
    command
}

fn tell() {
    println!(
        "\nThe demo starts on http://127.0.0.1:3000, unless your arguments say otherwise.\n\
         Open it in two windows, side by side, and move the mouse in one of them.\n\
         Ctrl-C ends it.\n"
    );
}
