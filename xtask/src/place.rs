//! Where things stand in the repository. Every other file asks here instead of spelling a path.

use std::path::{Path, PathBuf};

/// The folder that holds the workspace's Cargo.toml.
pub(crate) fn root() -> PathBuf {
    // As cargo sees it now: what the compiler saw is wrong after the repository was moved with
    // its target folder, and cargo would not compile us anew for that.
    let xtask = std::env::var_os("CARGO_MANIFEST_DIR");
    let xtask = xtask.map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or_else(|| xtask.clone(), Path::to_owned)
}

/// Cargo's output folder: `CARGO_TARGET_DIR` where it is set, as cargo itself would take it.
pub(crate) fn target() -> PathBuf {
    let chosen = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let chosen = chosen.unwrap_or_else(|| root().join("target"));
    std::path::absolute(&chosen).unwrap_or(chosen)
}

/// Our own scratch folder below cargo's: stamps, the weighed bundle, types to compare.
pub(crate) fn scratch() -> PathBuf {
    target().join("xtask")
}

/// The npm package's folder.
pub(crate) fn package() -> PathBuf {
    root().join("presence-wasm").join("js")
}

/// Where wasm-bindgen's output joins the package's TypeScript sources.
pub(crate) fn engine() -> PathBuf {
    package().join("src").join("engine")
}

/// The TypeScript types made from the Rust types; committed.
pub(crate) fn types() -> PathBuf {
    package().join("src").join("types.gen.ts")
}

/// The demo page's folder.
pub(crate) fn page() -> PathBuf {
    root().join("www")
}

/// What Presence is measured beside: an npm project of its own.
pub(crate) fn peers() -> PathBuf {
    root().join("bench").join("peers")
}

/// A path as the reader knows it: relative to the root where it lies below it.
pub(crate) fn shown(path: &Path) -> String {
    let root = root();
    path.strip_prefix(&root).unwrap_or(path).display().to_string()
}
