//! The files that people write, found and read once for all rules.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::place;
use crate::tidy::violation::Violation;

/// One file.
pub(crate) struct Source {
    /// Relative to the root, with `/` on every system.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// Folders of tools and their output.
const SKIPPED: [&str; 4] = ["target", "node_modules", "dist", "test-results"];

const EXTENSIONS: [&str; 7] = ["rs", "ts", "tsx", "mjs", "js", "css", "toml"];

impl Source {
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// A violation on the line that holds the byte at `offset`.
    pub(crate) fn violation_at(&self, offset: usize, text: impl Into<String>) -> Violation {
        let before = self.text.as_bytes().iter().take(offset);
        self.violation(before.filter(|byte| **byte == b'\n').count() + 1, text)
    }

    pub(crate) fn violation(&self, line: usize, text: impl Into<String>) -> Violation {
        Violation { path: self.path.clone(), line, text: text.into() }
    }
}

/// All sources of the repository, in the order of their paths.
pub(crate) fn all() -> Result<Vec<Source>> {
    let mut paths = Vec::new();
    collect(&place::root(), &mut paths)?;
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> Result<Source> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    Ok(Source::new(&place::shown(path).replace('\\', "/"), &text))
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    for entry in folder.read_dir().with_context(|| format!("listing {}", folder.display()))? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_dir() {
            if !name.starts_with('.') && !SKIPPED.contains(&name.as_ref()) {
                collect(&path, paths)?;
            }
        } else if is_written_by_people(&name) {
            paths.push(path);
        }
    }
    Ok(())
}

fn is_written_by_people(name: &str) -> bool {
    let known = name.rsplit_once('.').is_some_and(|(_, extension)| EXTENSIONS.contains(&extension));
    known && !name.contains(".gen.") && !name.starts_with("presence_wasm")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_nobodys() {
        assert!(is_written_by_people("room.rs"));
        assert!(is_written_by_people("react.tsx"));
        assert!(!is_written_by_people("types.gen.ts"));
        assert!(!is_written_by_people("presence_wasm.d.ts"));
        assert!(!is_written_by_people("page.html"));
    }

    #[test]
    fn offsets_become_lines() {
        let source = Source::new("a.rs", "one\ntwo\nthree");
        assert_eq!(source.violation_at(0, "").line, 1);
        assert_eq!(source.violation_at(4, "").line, 2);
        assert_eq!(source.violation_at(12, "").line, 3);
    }
}
