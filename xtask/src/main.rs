//! The one door of the repository: `cargo xtask …`. This file reads the arguments.

#![allow(clippy::print_stdout, reason = "what xtask has to say goes to the terminal")]

mod apt;
mod bench;
mod bench_client;
mod bindgen;
mod build_std;
mod chromium;
mod ci;
mod codegen;
mod command;
mod demo;
mod fresh;
mod inline;
mod instructions;
mod names;
mod npm;
mod order;
mod pipeline;
mod place;
mod rule_modules;
mod size;
mod step;
mod suites;
mod tidy;
mod traps;
mod wasm_target;
mod words;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};

use crate::pipeline::{Options, Server};
use crate::step::Steps;
use crate::suites::Suite;
use crate::wasm_target::Std;

/// Asks for std from source, like `--build-std`.
const BUILD_STD_VARIABLE: &str = "PRESENCE_BUILD_STD";

/// Build, test and look at Presence. Needs Rust and Node 20; brings the rest itself.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Build everything and start the server with the demo page.
    Demo {
        #[command(flatten)]
        build: BuildArguments,
        /// Arguments for presence-server, after `--`.
        #[arg(last = true)]
        server: Vec<OsString>,
    },
    /// Build everything and run all tests.
    Test {
        #[command(flatten)]
        std: StdArguments,
        /// Run one suite, and build only what it needs.
        #[arg(long, value_enum)]
        only: Option<Suite>,
    },
    /// Build the wasm module, the npm package, the demo page and the server.
    Build {
        #[command(flatten)]
        build: BuildArguments,
        /// Stop when the wasm module and its JavaScript are made.
        #[arg(long)]
        module_only: bool,
    },
    /// Measure Presence beside its peers and beside the kernel's limit.
    Bench {
        #[command(flatten)]
        bench: bench::task::Arguments,
    },
    /// Measure what the client costs a page in Chromium.
    BenchClient(bench_client::Arguments),
    /// Count the instructions of the hot paths, and compare them with the committed ones.
    Instructions {
        /// Write them instead.
        #[arg(long)]
        write: bool,
    },
    /// Lint, test, and build the module once with std from source.
    Ci {
        #[command(flatten)]
        std: StdArguments,
    },
    /// rustfmt and clippy; warnings are errors.
    Lint,
    /// Check the rules that no compiler knows.
    Tidy,
    /// Write the TypeScript types made from the Rust types.
    Codegen {
        /// Compare with the committed file instead.
        #[arg(long)]
        check: bool,
    },
}

#[derive(Args)]
struct StdArguments {
    /// Compile std for wasm from its sources even if a prebuilt one is here.
    #[arg(long, env = BUILD_STD_VARIABLE, value_parser = clap::builder::FalseyValueParser::new())]
    build_std: bool,
}

#[derive(Args)]
struct BuildArguments {
    #[command(flatten)]
    std: StdArguments,
    /// Build the server with optimisations.
    #[arg(long)]
    release: bool,
}

impl StdArguments {
    fn with(&self, server: Server) -> Options {
        Options { std: if self.build_std { Std::FromSource } else { Std::Any }, server }
    }
}

impl BuildArguments {
    fn options(&self) -> Options {
        self.std.with(if self.release { Server::Release } else { Server::Dev })
    }
}

fn main() -> ExitCode {
    match perform(Arguments::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  {}", cause.to_string().replace('\n', "\n  "));
            }
            ExitCode::FAILURE
        }
    }
}

fn perform(task: Task) -> Result<()> {
    let mut steps = Steps::new();
    match task {
        Task::Demo { build, server } => {
            let binary = pipeline::unweighed(build.options(), &mut steps)?;
            demo::serve(&binary, &server)
        }
        Task::Test { std, only } => {
            let result = suites::run_tests(only, std.with(Server::WithTests), &mut steps);
            steps.print_summary();
            result
        }
        Task::Build { build, module_only: true } => pipeline::module(build.options(), &mut steps).map(|_| ()),
        Task::Build { build, module_only: false } => pipeline::everything(build.options(), &mut steps).map(|_| ()),
        Task::Bench { bench } => bench::task::run(&bench, &mut steps),
        Task::BenchClient(arguments) => bench_client::measure(&arguments, &mut steps),
        Task::Instructions { write } => instructions::run(write, &mut steps),
        Task::Ci { std } => {
            let result = ci::everything(std.with(Server::WithTests), &mut steps);
            steps.print_summary();
            result
        }
        Task::Lint => ci::lint(&mut steps),
        Task::Tidy => steps.run("tidy", "cargo xtask tidy", tidy::check::run),
        Task::Codegen { check: true } => {
            let draft = codegen::draft()?;
            codegen::write(&draft)?;
            codegen::compare(&draft)
        }
        Task::Codegen { check: false } => codegen::write(&place::types()),
    }
}
