//! wasm-bindgen as a library: the compiled module becomes JavaScript, types and a smaller module.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use walrus::Module;
use wasm_bindgen_cli_support::Bindgen;

use crate::{names, order, traps, words};

/// The name all outputs start with.
const STEM: &str = "presence_wasm";

/// Writes `presence_wasm.js`, its types and the module into `folder`; gives the module's path.
pub(crate) fn generate(module: &Path, folder: &Path) -> Result<PathBuf> {
    let mut compiled = Module::from_file(module).context("the compiler's output is no wasm module")?;
    traps::set(&mut compiled)?;
    words::blank(&mut compiled);
    let mut bindgen = Bindgen::new();
    bindgen.input_bytes(STEM, compiled.emit_wasm()).out_name(STEM).web(true)?.typescript(true);
    // Names of functions help a profiler and weigh a fifth of the module. Cargo's own output
    // keeps them for those who look for weight.
    bindgen.remove_name_section(true).remove_producers_section(true);
    let mut output = bindgen.generate_output().context("wasm-bindgen refused the module")?;

    let imports = output.wasm().imports.iter();
    let foreign: Vec<&str> =
        imports.filter(|import| import.module == "env").map(|import| import.name.as_str()).collect();
    if !foreign.is_empty() {
        bail!(
            "the module wants {} from `env`, which no browser has: some dependency calls C or the \
             operating system. `cargo tree --package presence-wasm --target wasm32-unknown-unknown` \
             shows what came in; leave that dependency or its feature out",
            foreign.join(", ")
        );
    }
    let script = output.js().to_owned();
    let script = names::shorten(output.wasm_mut(), &script)?;
    output.emit(folder)?;
    fs::write(folder.join(format!("{STEM}.js")), script)?;
    let file = folder.join(format!("{STEM}_bg.wasm"));
    fs::write(&file, order::compressible(&fs::read(&file)?)?)?;
    Ok(file)
}
