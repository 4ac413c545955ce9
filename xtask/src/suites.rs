//! The tests: which suites there are, what each needs built, how each is started.

use std::path::Path;

use anyhow::Result;

use crate::command::{cargo, run};
use crate::pipeline::{self, Options};
use crate::step::Steps;
use crate::{chromium, codegen, npm, tidy};

/// One kind of tests.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Suite {
    /// The workspace's rules, generated types, cargo test.
    Rust,
    /// The npm package and the demo page's logic under Node.
    Js,
    /// The built page in Chromium, against the built server.
    Browser,
}

/// One suite, or all of them with everything built before.
pub(crate) fn run_tests(only: Option<Suite>, options: Options, steps: &mut Steps) -> Result<()> {
    // It takes no time and asks for nothing to be built, so it speaks first.
    if matches!(only, None | Some(Suite::Rust)) {
        steps.run("tidy", "cargo xtask tidy", tidy::check::run)?;
    }
    match only {
        Some(Suite::Rust) => rust(steps),
        Some(Suite::Js) => {
            pipeline::package(options, steps)?;
            js(steps)
        }
        Some(Suite::Browser) => {
            let server = pipeline::everything(options, steps)?;
            browser(&server, steps)
        }
        None => {
            let server = pipeline::everything(options, steps)?;
            rust(steps)?;
            js(steps)?;
            browser(&server, steps)
        }
    }
}

fn rust(steps: &mut Steps) -> Result<()> {
    let draft = codegen::draft()?;
    steps.run("cargo test", "cargo test --workspace --exclude xtask", |_| {
        // The types are written on the way: asking for that test alone would compile
        // presence-wasm once more, with other features.
        let test = ["test", "--workspace", "--exclude", "xtask", "--locked"];
        run(cargo().args(test).env(codegen::PATH_VARIABLE, &draft))
    })?;
    steps.run("generated types", "cargo xtask codegen --check", |_| codegen::compare(&draft))?;
    steps.run("xtask's own tests", "cargo test -p xtask --bin xtask", |_| {
        // Only the test binary: xtask itself is running and cannot be replaced everywhere.
        run(cargo().args(["test", "--package", "xtask", "--bin", "xtask", "--locked"]))
    })
}

fn js(steps: &mut Steps) -> Result<()> {
    for (name, workspace) in [("npm package's tests", "presence-wasm"), ("demo page's tests", "www")] {
        let repeat = format!("npm test -w {workspace}");
        steps.run(name, &repeat, |_| run(&mut npm::script(workspace, "test")))?;
    }
    Ok(())
}

fn browser(server: &Path, steps: &mut Steps) -> Result<()> {
    let repeat = "cargo xtask test --only browser";
    let chromium = steps.run("chromium", repeat, chromium::find)?;
    steps.run("browser tests", repeat, |_| {
        let mut test = npm::script("presence-browser-tests", "test");
        test.env("PRESENCE_SERVER", server).env(chromium::VARIABLE, chromium);
        run(test.env_remove(crate::BUILD_STD_VARIABLE))
    })
}
