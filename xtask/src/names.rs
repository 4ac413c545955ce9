//! Short names for what the module and its JavaScript call each other. Nobody else reads them, and
//! wasm-bindgen's carry a hash each, which no compression makes shorter.

use anyhow::{Result, bail};
use walrus::Module;

/// Letters in use first: compression has met them already.
const LETTERS: &[u8] = b"etnaoirsdcluphmgbfywvkxjqz";

/// Renames imports and exports in the module and in its JavaScript alike; gives the JavaScript.
pub(crate) fn shorten(module: &mut Module, script: &str) -> Result<String> {
    let mut script = script.to_owned();
    let mut fresh = (0..).map(short);
    let mut rename = |name: &mut String| -> Result<()> {
        let Some(new) = fresh.next() else { return Ok(()) };
        script = replaced(&script, name, &new)?;
        *name = new;
        Ok(())
    };
    for import in module.imports.iter_mut() {
        rename(&mut import.name)?;
    }
    // Tools look for the memory by its name, and everybody's is called so.
    for export in module.exports.iter_mut().filter(|export| export.name != "memory") {
        rename(&mut export.name)?;
    }
    Ok(script)
}

/// `e`, `t`, …, `ee`, `et`, …
fn short(number: usize) -> String {
    let (more, last) = (number / LETTERS.len(), char::from(LETTERS[number % LETTERS.len()]));
    if more == 0 { last.to_string() } else { format!("{}{last}", short(more - 1)) }
}

/// A name is used as a key (`name:`) or as a property (`wasm.name`), and stands whole.
fn replaced(script: &str, name: &str, new: &str) -> Result<String> {
    let mut parts = script.split(name);
    let mut made = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_part_of_another = made.ends_with(is_letter) || part.starts_with(is_letter);
        let is_property = made.ends_with("wasm.") || made.ends_with(".exports.");
        let is_key = made.trim_end_matches(' ').ends_with(['\n', '{']) && part.starts_with(':');
        if is_part_of_another {
            made.push_str(name);
        } else if is_property || is_key {
            made.push_str(new);
        } else {
            bail!(
                "wasm-bindgen's script uses `{name}` in a way that xtask/src/names.rs does not know: …{}…",
                last(&made)
            );
        }
        made.push_str(part);
    }
    Ok(made)
}

fn is_letter(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '$'
}

fn last(text: &str) -> &str {
    text.lines().next_back().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_short_and_differ() {
        let names: std::collections::BTreeSet<_> = (0..800).map(short).collect();
        assert_eq!(names.len(), 800);
        assert!(names.iter().all(|name| name.len() <= 3));
    }

    #[test]
    fn whole_names_are_replaced_where_they_are_keys_or_properties() {
        let script = "x = {\n        open: function() {},\n open_more: 1 }; wasm.open(); wasm.open_more;";
        let made = replaced(script, "open", "e").unwrap();
        assert_eq!(made, "x = {\n        e: function() {},\n open_more: 1 }; wasm.e(); wasm.open_more;");
        assert!(replaced("open()", "open", "e").is_err());
    }
}
