//! What is built from what, in which order: Rust -> wasm -> package -> page -> server.

use std::fs;
use std::path::PathBuf;

use anyhow::{Result, bail};

use crate::command::{cargo, run};
use crate::fresh::Stamp;
use crate::step::Steps;
use crate::wasm_target::{self, Compiler, Std, TRIPLE};
use crate::{bindgen, inline, npm, place, rule_modules, size};

/// How to build.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) std: Std,
    pub(crate) server: Server,
}

/// How the server is built; the module has only one way.
#[derive(Clone, Copy)]
pub(crate) enum Server {
    Dev,
    Release,
    /// Together with all tests. Asked for alone it would get other features of its dependencies
    /// than the tests get, and the whole tree below it would compile twice.
    WithTests,
}

/// The name of the module's profile in the root Cargo.toml.
const MODULE_PROFILE: &str = "wasm-release";

/// Everything, weighed, up to the server's binary, whose path is given back.
pub(crate) fn everything(options: Options, steps: &mut Steps) -> Result<PathBuf> {
    let module = page(options, steps)?;
    steps.run("size budget", "cargo xtask build", |notes| size::check(&module, notes))?;
    server(options.server, steps)
}

/// Everything for a look at it. Another compiler makes another size: who only looks need not mind.
pub(crate) fn unweighed(options: Options, steps: &mut Steps) -> Result<PathBuf> {
    page(options, steps)?;
    server(options.server, steps)
}

/// The demo page in www/dist; gives the module's path.
fn page(options: Options, steps: &mut Steps) -> Result<PathBuf> {
    let module = package(options, steps)?;
    steps.run("demo page", "npm run build -w www", |notes| {
        let inputs = [place::page(), place::package().join("dist"), lock()];
        let stamp = Stamp::read("page", &inputs, place::page().join("dist"))?;
        if stamp.is_fresh()? {
            notes.fresh();
            return Ok(());
        }
        run(&mut npm::script("www", "build"))?;
        stamp.keep()
    })?;
    Ok(module)
}

/// The npm package, up to its `dist`; gives the module's path.
pub(crate) fn package(options: Options, steps: &mut Steps) -> Result<PathBuf> {
    // Cheapest first: a missing Node is told before minutes of compiling.
    steps.run("node and npm", "node --version; npm --version", npm::check_tools)?;
    let module = module(options, steps)?;
    steps.run("npm packages", "npm ci", npm::install)?;
    steps.run("npm package", "npm run build -w presence-wasm", |notes| {
        let stamp = Stamp::read("package", &[place::package(), lock()], dist())?;
        if stamp.is_fresh()? {
            notes.fresh();
            return Ok(());
        }
        run(&mut npm::script("presence-wasm", "build"))?;
        stamp.keep()
    })?;
    Ok(module)
}

/// The wasm module and its JavaScript, in the package's sources; gives the module's path.
pub(crate) fn module(options: Options, steps: &mut Steps) -> Result<PathBuf> {
    let repeat = "cargo xtask build --module-only";
    let compiler = steps.run("compiler for wasm", repeat, |notes| wasm_target::find(options.std, notes))?;
    let compiled = steps.run("wasm modules", repeat, |_| compile_modules(&compiler))?;
    steps.run("wasm-bindgen", repeat, |notes| {
        let folder = place::engine();
        fs::create_dir_all(&folder)?;
        let module = bindgen::generate(&compiled.engine, &folder)?;
        inline::write(&fs::read(&module)?, &folder)?;
        for (rules, module) in rule_modules::ALL.iter().zip(&compiled.rules) {
            let bytes = rules.write(module, &folder)?;
            notes.say(format!("{}: {bytes} bytes", rules.package));
        }
        notes.say(place::shown(&folder));
        Ok(module)
    })
}

/// What the compiler made for browsers.
struct Modules {
    engine: PathBuf,
    /// In the order of [`rule_modules::ALL`].
    rules: Vec<PathBuf>,
}

fn compile_modules(compiler: &Compiler) -> Result<Modules> {
    let mut build = compiler.cargo_build();
    build.args(["--package", "presence-wasm"]);
    for rules in &rule_modules::ALL {
        build.args(["--package", rules.package]);
    }
    run(build.args(["--profile", MODULE_PROFILE, "--locked"]))?;
    let folder = compiler.target_dir().join(TRIPLE).join(MODULE_PROFILE);
    let module = |name: &str| {
        let file = folder.join(format!("{name}.wasm"));
        if !file.is_file() {
            bail!("cargo left no {}: is the crate still a cdylib?", place::shown(&file));
        }
        Ok(file)
    };
    let rules =
        rule_modules::ALL.iter().map(|rules| module(&rules.package.replace('-', "_"))).collect::<Result<_>>()?;
    Ok(Modules { engine: module("presence_wasm")?, rules })
}

fn server(server: Server, steps: &mut Steps) -> Result<PathBuf> {
    let (name, what, folder): (&str, &[&str], &str) = match server {
        Server::Dev => ("server", &["--package", "presence-server"], "debug"),
        Server::Release => ("server, optimised", &["--package", "presence-server", "--release"], "release"),
        Server::WithTests => ("server and Rust tests, compiled", &TESTS, "debug"),
    };
    steps.run(name, &format!("cargo build {}", what.join(" ")), |_| {
        run(cargo().arg("build").args(what).arg("--locked").arg("--target-dir").arg(place::target()))?;
        let binary = format!("presence-server{}", std::env::consts::EXE_SUFFIX);
        Ok(place::target().join(folder).join(binary))
    })
}

/// What `cargo test --workspace --exclude xtask` compiles, and the binaries.
const TESTS: [&str; 6] = ["--workspace", "--exclude", "xtask", "--lib", "--bins", "--tests"];

fn dist() -> PathBuf {
    place::package().join("dist")
}

/// Another version of a tool is another output, so the lock file is everybody's input.
fn lock() -> PathBuf {
    place::root().join("package-lock.json")
}
