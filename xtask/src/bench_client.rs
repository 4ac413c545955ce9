//! What the client costs a page: a release server, a crowd and Chromium, measured by `tests/browser/bench`.

use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::command::{cargo, command, run};
use crate::pipeline::{self, Options, Server};
use crate::step::Steps;
use crate::wasm_target::Std;
use crate::{chromium, place};

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// A server with optimisations. Without one it is built.
    #[arg(long)]
    server: Option<PathBuf>,
    /// Arguments for the measurement, after `--`: `--members`, `--hz`, `--runs`, `--seconds`, `--starts`, `--functions`.
    #[arg(last = true)]
    measure: Vec<String>,
}

pub(crate) fn measure(arguments: &Arguments, steps: &mut Steps) -> Result<()> {
    let repeat = "cargo xtask bench-client";
    pipeline::package(Options { std: Std::Any, server: Server::Release }, steps)?;
    // With optimisations, both: a server or a crowd that lags takes the core from the browser.
    steps.run("server and crowd, optimised", repeat, |_| {
        let mut build = cargo();
        build.args(["build", "--release", "--locked", "--package", "presence-tests", "--bin", "crowd"]);
        if arguments.server.is_none() {
            build.args(["--package", "presence-server", "--bin", "presence-server"]);
        }
        run(build.arg("--target-dir").arg(place::target()))
    })?;
    let built = |name: &str| place::target().join("release").join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
    let server = arguments.server.clone().unwrap_or_else(|| built("presence-server"));
    if !server.is_file() {
        bail!("there is no server at {}", server.display());
    }
    let chromium = steps.run("chromium", repeat, chromium::find)?;
    let out = place::target().join("bench-client");
    steps.run("client in Chromium", repeat, |notes| {
        let mut node = command("node");
        node.arg("tests/browser/bench/client.mjs").arg("--out").arg(&out).args(&arguments.measure);
        node.env("PRESENCE_SERVER", std::path::absolute(&server)?).env("PRESENCE_CROWD", built("crowd"));
        run(node.env(chromium::VARIABLE, chromium))?;
        notes.say(format!("profiles for Chromium's developer tools: {}", place::shown(&out)));
        Ok(())
    })
}
