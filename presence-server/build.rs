//! The page in the binary is built by another tool, so cargo must be told to look at it.

use std::path::Path;

fn main() {
    let built = "../www/dist";
    // A path that is not there counts as changed at every build, so as long as there is no page its
    // parent is watched, where it will appear.
    let watched = if Path::new(built).exists() { built } else { "../www" };
    println!("cargo::rerun-if-changed={watched}");
}
