//! What a visitor downloads, weighed: the module alone, and the whole client as a bundler
//! delivers it. Past the budget the build fails.

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::command::{command, output};
use crate::npm;
use crate::place;
use crate::step::Notes;

/// What the client, everything counted, may weigh as a server with gzip sends it.
const BUDGET: usize = 31_300;

struct Weight {
    raw: usize,
    gzip: usize,
}

/// Prints the weights of `module` and of the client; fails past the budget.
pub(crate) fn check(module: &Path, notes: &mut Notes) -> Result<()> {
    let module = Weight::of(&fs::read(module)?)?;
    notes.say(format!("wasm module   {module}"));
    let bundle = Weight::of(&bundle()?)?;
    notes.say(format!("client bundle {bundle}, budget {BUDGET}"));
    if let Some(over) = bundle.gzip.checked_sub(BUDGET).filter(|over| *over > 0) {
        bail!(
            "the client is {over} bytes over its budget of {BUDGET} gzipped ({} of them are the \
             module). For the module: `twiggy top -n 30` on \
             target/wasm32-unknown-unknown/wasm-release/presence_wasm.wasm. For the rest: \
             `node_modules/.bin/esbuild presence-wasm/js/dist/index.js --bundle --minify \
             --format=esm --analyze --outfile={}`",
            module.gzip,
            place::shown(&bundle_file()),
        );
    }
    Ok(())
}

/// The client's entry with all it imports, the inlined module too, in one minified file.
fn bundle() -> Result<Vec<u8>> {
    let file = bundle_file();
    let mut esbuild = command(npm::program("esbuild")?);
    esbuild.arg(place::package().join("dist/index.js"));
    esbuild.args(["--bundle", "--minify", "--format=esm", "--log-level=warning"]);
    esbuild.arg(format!("--outfile={}", file.display()));
    output(&mut esbuild)?;
    fs::read(&file).with_context(|| format!("esbuild left no {}", place::shown(&file)))
}

fn bundle_file() -> std::path::PathBuf {
    place::scratch().join("client.js")
}

impl Weight {
    fn of(bytes: &[u8]) -> Result<Self> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes)?;
        Ok(Self { raw: bytes.len(), gzip: encoder.finish()?.len() })
    }
}

impl std::fmt::Display for Weight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:>7} bytes raw, {:>6} gzipped", self.raw, self.gzip)
    }
}
