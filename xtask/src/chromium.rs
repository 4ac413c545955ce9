//! A Chromium for the browser tests: the one that is named, one that is here, or Debian's.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use crate::apt;
use crate::command::find_program;
use crate::step::Notes;

/// The variable that names the browser, for us and for the tests.
pub(crate) const VARIABLE: &str = "CHROMIUM";

const PROGRAMS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

const MAC: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/// What stands below one of Playwright's `chromium-1234` folders, by system.
const IN_PLAYWRIGHT: [&str; 5] = [
    "chrome-linux/chrome",
    "chrome-linux64/chrome",
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
    "chrome-win/chrome.exe",
    "chrome-win64/chrome.exe",
];

/// The browser to test with. Installs Debian's where it may.
pub(crate) fn find(notes: &mut Notes) -> Result<PathBuf> {
    if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
        let path = PathBuf::from(named);
        if !path.is_file() {
            bail!("{VARIABLE} names {}, which is not there", path.display());
        }
        return Ok(told(path, notes));
    }
    if let Some(path) = installed() {
        return Ok(told(path, notes));
    }
    if apt::is_usable() {
        apt::install(&["chromium"], notes)?;
        if let Some(path) = installed() {
            return Ok(told(path, notes));
        }
    }
    bail!(
        "no Chromium found for the browser tests. Install Chromium or Chrome (on Debian: \
         `apt-get install chromium`), or name one: {VARIABLE}=/path/to/chromium cargo xtask test"
    );
}

fn told(path: PathBuf, notes: &mut Notes) -> PathBuf {
    notes.say(path.display().to_string());
    path
}

fn installed() -> Option<PathBuf> {
    find_program(&PROGRAMS)
        .or_else(|| MAC.iter().map(PathBuf::from).find(|path| path.is_file()))
        .or_else(|| caches().iter().find_map(|cache| in_playwright(cache)))
}

/// Where Playwright keeps the browsers it downloads.
fn caches() -> Vec<PathBuf> {
    let below =
        |variable: &str, folder: &str| std::env::var_os(variable).map(|start| PathBuf::from(start).join(folder));
    let places = [
        below("PLAYWRIGHT_BROWSERS_PATH", ""),
        below("HOME", ".cache/ms-playwright"),
        below("HOME", "Library/Caches/ms-playwright"),
        below("LOCALAPPDATA", "ms-playwright"),
    ];
    places.into_iter().flatten().collect()
}

/// The newest browser in one cache.
fn in_playwright(cache: &Path) -> Option<PathBuf> {
    let revision =
        |folder: &PathBuf| -> Option<u32> { folder.file_name()?.to_str()?.strip_prefix("chromium-")?.parse().ok() };
    let entries = cache.read_dir().ok()?.flatten().map(|entry| entry.path());
    let mut folders: Vec<(u32, PathBuf)> = entries.filter_map(|folder| Some((revision(&folder)?, folder))).collect();
    folders.sort();
    folders
        .iter()
        .rev()
        .find_map(|(_, folder)| IN_PLAYWRIGHT.iter().map(|inner| folder.join(inner)).find(|path| path.is_file()))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn the_newest_of_playwrights_browsers_is_taken() {
        let cache = std::env::temp_dir().join(format!("xtask-playwright-{}", std::process::id()));
        for revision in ["chromium-999", "chromium-1200", "firefox-2000"] {
            let folder = cache.join(revision).join("chrome-linux");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("chrome"), "").unwrap();
        }
        let found = in_playwright(&cache).unwrap();
        assert!(found.ends_with("chromium-1200/chrome-linux/chrome"), "{found:?}");
        fs::remove_dir_all(&cache).unwrap();
    }
}
