//! Runs all rules over all files.

use anyhow::{Result, bail};

use crate::step::Notes;
use crate::tidy::source::{self, Source};
use crate::tidy::violation::Violation;
use crate::tidy::{contents, direction, length, manifest, parents};

/// Prints each violation; fails when there is one.
pub(crate) fn run(notes: &mut Notes) -> Result<()> {
    let sources = source::all()?;
    for warning in sources.iter().filter_map(length::warnings) {
        notes.say(format!("note: {warning}"));
    }
    let found: Vec<Violation> = sources.iter().flat_map(violations).collect();
    for violation in &found {
        notes.say(violation.to_string());
    }
    if !found.is_empty() {
        bail!("places where a rule of this repository is broken: {}; they stand above", found.len());
    }
    notes.say(format!("{} files keep the rules", sources.len()));
    Ok(())
}

fn violations(source: &Source) -> Vec<Violation> {
    let mut found: Vec<Violation> = length::violations(source).into_iter().collect();
    found.extend(contents::violations(source));
    found.extend(manifest::violations(source));
    found.extend(parents::violations(source));
    found.extend(direction::violations(source));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_repository_keeps_its_rules() {
        let found: Vec<String> =
            source::all().unwrap().iter().flat_map(violations).map(|violation| violation.to_string()).collect();
        assert!(found.is_empty(), "{}", found.join("\n"));
    }
}
