//! TypeScript types from the Rust types. A test of presence-wasm writes them, so that the
//! generator never becomes part of what is shipped; this file says where to, and compares.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run};
use crate::place;

/// The variable that tells the test where to write.
pub(crate) const PATH_VARIABLE: &str = "PRESENCE_TYPES_OUT";

/// Runs the test that writes the types to `path`.
pub(crate) fn write(path: &Path) -> Result<()> {
    let test = ["test", "--quiet", "--package", "presence-wasm", "--lib", "--locked", "export_types"];
    run(cargo().args(test).env(PATH_VARIABLE, path))
}

/// A path for types that are only to be compared, with nothing there yet.
pub(crate) fn draft() -> Result<PathBuf> {
    let path = place::scratch().join("types.gen.ts");
    fs::create_dir_all(place::scratch())?;
    if path.exists() {
        fs::remove_file(&path)?;
    }
    Ok(path)
}

/// Fails unless the committed types say what `draft` says.
pub(crate) fn compare(draft: &Path) -> Result<()> {
    let made = fs::read_to_string(draft).context(
        "presence-wasm's test `export_types` wrote no types: is it there, and does it read PRESENCE_TYPES_OUT?",
    )?;
    let path = place::types();
    let committed = fs::read_to_string(&path).unwrap_or_default();
    if made == committed {
        return Ok(());
    }
    let line = made.lines().zip(committed.lines()).take_while(|(made, old)| made == old).count() + 1;
    bail!(
        "{}:{line}: the Rust types have moved on: run `cargo xtask codegen` and commit the file",
        place::shown(&path)
    );
}
