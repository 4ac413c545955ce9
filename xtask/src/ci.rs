//! What continuous integration asks beyond the tests: form, lints, and the way out for machines
//! without a prebuilt std for wasm.

use anyhow::Result;

use crate::command::{cargo, run};
use crate::instructions;
use crate::pipeline::{self, Options};
use crate::step::Steps;
use crate::suites;
use crate::wasm_target::{self, Std, TRIPLE};

/// All of it, in the order of `.ci/run`.
pub(crate) fn everything(options: Options, steps: &mut Steps) -> Result<()> {
    lint(steps)?;
    suites::run_tests(None, options, steps)?;
    instructions::run(false, steps)?;
    pipeline::module(Options { std: Std::FromSource, ..options }, steps)?;
    Ok(())
}

/// Form and lints; a warning is an error.
pub(crate) fn lint(steps: &mut Steps) -> Result<()> {
    let form = "cargo fmt --all";
    steps.run("rustfmt", form, |_| run(cargo().args(["fmt", "--all", "--check"])))?;
    let all = ["--workspace", "--all-targets"];
    steps.run("clippy", "cargo clippy --workspace --all-targets -- -D warnings", |_| clippy(&all))?;
    let repeat = "cargo clippy -p presence-wasm --target wasm32-unknown-unknown -- -D warnings";
    steps.run("clippy for wasm", repeat, |notes| {
        // Clippy needs the installed std: it cannot be asked of another compiler.
        if !wasm_target::prebuilt(notes) {
            notes.pass_over("no prebuilt std for wasm on this machine");
            return Ok(());
        }
        clippy(&["--package", "presence-wasm", "--target", TRIPLE])
    })
}

fn clippy(what: &[&str]) -> Result<()> {
    run(cargo().arg("clippy").args(what).args(["--locked", "--", "-D", "warnings"]))
}
