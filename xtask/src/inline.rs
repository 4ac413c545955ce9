//! The module as a JavaScript string, so that every bundler carries it without being told.
//! Deflated before it becomes text: half a percent over the plain file once a server gzips it.

use std::fs;
use std::path::Path;

use anyhow::Result;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zopfli::{Format, Options};

const SCRIPT: &str = "wasm-inline.gen.js";
const TYPES: &str = "wasm-inline.gen.d.ts";

/// Writes the script that holds `module`, and its types, into `folder`.
pub(crate) fn write(module: &[u8], folder: &Path) -> Result<()> {
    let script = format!("{HEADER}export default \"{}\";\n", text(module)?);
    let types = format!("{HEADER}declare const deflatedBase64: string;\nexport default deflatedBase64;\n");
    fs::write(folder.join(SCRIPT), script)?;
    fs::write(folder.join(TYPES), types)?;
    Ok(())
}

const HEADER: &str = "// Made by `cargo xtask build`: the wasm module, deflate-raw, base64.\n";

fn text(module: &[u8]) -> Result<String> {
    let mut deflated = Vec::new();
    zopfli::compress(Options::default(), Format::Deflate, module, &mut deflated)?;
    Ok(STANDARD.encode(deflated))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::DeflateDecoder;

    use super::*;

    #[test]
    fn the_module_comes_back() {
        let module: Vec<u8> = (0..5_000_u32).map(|n| (n * n % 251) as u8).collect();
        let deflated = STANDARD.decode(text(&module).unwrap()).unwrap();
        let mut back = Vec::new();
        DeflateDecoder::new(deflated.as_slice()).read_to_end(&mut back).unwrap();
        assert_eq!(back, module);
    }
}
