//! Whether a step's outputs still belong to its inputs. By content, not by date: an old file
//! moved in, a checkout or a half-deleted output are all noticed.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::place;

/// What a step reads and writes, and the note of how both looked when it last succeeded.
pub(crate) struct Stamp {
    note: PathBuf,
    inputs: u64,
    output: PathBuf,
}

/// Folders that are nobody's input when met on the way down.
const SKIPPED: [&str; 4] = ["node_modules", "dist", "test", "test-results"];

impl Stamp {
    /// Reads the inputs now, before the work, so that an edit made meanwhile counts as new.
    pub(crate) fn read(name: &str, inputs: &[PathBuf], output: PathBuf) -> Result<Self> {
        let note = place::scratch().join(format!("{name}.stamp"));
        Ok(Self { note, inputs: fingerprint(inputs)?, output })
    }

    pub(crate) fn is_fresh(&self) -> Result<bool> {
        Ok(self.output.is_dir() && fs::read_to_string(&self.note).ok() == Some(self.text()?))
    }

    /// Notes that the output now belongs to the inputs.
    pub(crate) fn keep(&self) -> Result<()> {
        fs::create_dir_all(place::scratch())?;
        fs::write(&self.note, self.text()?)?;
        Ok(())
    }

    fn text(&self) -> Result<String> {
        let output = fingerprint(std::slice::from_ref(&self.output))?;
        Ok(format!("{:016x} {output:016x}", self.inputs))
    }
}

fn fingerprint(paths: &[PathBuf]) -> Result<u64> {
    let mut hasher = DefaultHasher::new();
    for path in paths {
        add(path, &mut hasher)?;
    }
    Ok(hasher.finish())
}

fn add(path: &Path, hasher: &mut DefaultHasher) -> Result<()> {
    path.hash(hasher);
    if !path.is_dir() {
        match fs::read(path) {
            Ok(bytes) => bytes.hash(hasher),
            // Gone between listing and reading, or never there: its absence is what counts.
            Err(error) if error.kind() == ErrorKind::NotFound => 0_u8.hash(hasher),
            Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
        }
        return Ok(());
    }
    let mut entries: Vec<PathBuf> =
        path.read_dir()?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if !SKIPPED.contains(&name.as_ref()) {
            add(&entry, hasher)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contents_count_and_skipped_folders_do_not() {
        let folder = std::env::temp_dir().join(format!("xtask-fresh-{}", std::process::id()));
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        fs::write(folder.join("a.ts"), "1").unwrap();
        let paths = [folder.clone()];
        let first = fingerprint(&paths).unwrap();
        fs::write(folder.join("node_modules/b.js"), "2").unwrap();
        assert_eq!(fingerprint(&paths).unwrap(), first);
        fs::write(folder.join("a.ts"), "3").unwrap();
        assert_ne!(fingerprint(&paths).unwrap(), first);
        fs::remove_dir_all(&folder).unwrap();
    }
}
