//! `docs/benchmarks.md`, renewed between its markers from what the last tour left.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::bench::results::Results;
use crate::bench::row::Row;
use crate::bench::table::Table;
use crate::bench::tables;
use crate::place;

const START: &str = "<!-- measured: start (cargo xtask bench --write-docs) -->";
const END: &str = "<!-- measured: end -->";

/// Puts tables, versions and plots into the document.
pub(crate) fn write(rows: &[Row], results: &Results, plots: &[PathBuf]) -> Result<PathBuf> {
    let document = place::root().join("docs").join("benchmarks.md");
    let old = fs::read_to_string(&document).with_context(|| format!("reading {}", place::shown(&document)))?;
    let images = place::root().join("docs").join("images");
    let names: Vec<String> = plots.iter().map(|plot| copy(plot, &images)).collect::<Result<_>>()?;
    fs::write(&document, renewed(&old, &measured(rows, results, &names))?)?;
    Ok(document)
}

/// The results in words and tables, as they stand in the document and in `target/bench`.
pub(crate) fn measured(rows: &[Row], results: &Results, images: &[String]) -> String {
    let mut parts = vec![about(&results.about)];
    parts.extend(images.iter().map(|name| format!("![{}](images/{name})", alternative(name))));
    parts.extend(tables::all(rows, results).iter().map(|table: &Table| table.markdown().trim_end().to_owned()));
    let remarks = tables::remarks(rows, results);
    if !remarks.is_empty() {
        parts.push(remarks.iter().map(|remark| format!("- {remark}")).collect::<Vec<_>>().join("\n"));
    }
    parts.join("\n\n")
}

/// The machine and the versions, in a few lines.
pub(crate) fn about(about: &Value) -> String {
    let text = |name: &str| about[name].as_str().unwrap_or("unknown").to_owned();
    let versions = about["versions"].as_object().into_iter().flatten();
    let versions: Vec<String> =
        versions.map(|(name, version)| spelled(name, version.as_str().unwrap_or("unknown"))).collect();
    let count = |name: &str| about[name].as_u64().unwrap_or(0);
    let rounds = if about["repeats"] == 1 { "one round".to_owned() } else { format!("{} rounds", count("repeats")) };
    let processors = if about["processors"] == 1 { "processor" } else { "processors" };
    format!(
        "{}, commit {}, {} {processors} ({}), Linux {}; {}. Of {rounds} with {} s a measurement.",
        text("date"),
        text("commit"),
        count("processors"),
        text("processor"),
        text("kernel"),
        versions.join(", "),
        count("seconds"),
    )
}

/// `rustc 1.90.0 (…)` says its name already.
fn spelled(name: &str, version: &str) -> String {
    if version.starts_with(name) { version.to_owned() } else { format!("{name} {version}") }
}

fn alternative(name: &str) -> String {
    name.trim_end_matches(".svg").replace('-', " ")
}

fn copy(plot: &Path, images: &Path) -> Result<String> {
    let name = plot.file_name().context("a plot has a name")?.to_string_lossy();
    let name = format!("bench-{name}");
    fs::create_dir_all(images)?;
    fs::copy(plot, images.join(&name)).with_context(|| format!("copying {}", place::shown(plot)))?;
    Ok(name)
}

fn renewed(old: &str, measured: &str) -> Result<String> {
    let (Some(start), Some(end)) = (old.find(START), old.find(END)) else {
        bail!("docs/benchmarks.md has lost its markers `{START}` and `{END}`");
    };
    if end < start {
        bail!("the markers in docs/benchmarks.md stand in the wrong order");
    }
    Ok(format!("{}{START}\n\n{measured}\n\n{}", &old[..start], &old[end..]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_stands_between_the_markers_changes() {
        let old = format!("before\n{START}\nold\n{END}\nafter\n");
        let new = renewed(&old, "new").unwrap();
        assert_eq!(new, format!("before\n{START}\n\nnew\n\n{END}\nafter\n"));
        assert_eq!(renewed(&new, "new").unwrap(), new);
        assert!(renewed("nothing", "new").is_err());
    }

    #[test]
    fn the_document_can_be_renewed() {
        let text = fs::read_to_string(place::root().join("docs/benchmarks.md")).unwrap();
        assert!(renewed(&text, "").is_ok());
    }

    #[test]
    fn the_machine_is_told_in_a_sentence() {
        let machine = json!({
            "date": "2024-02-29", "commit": "abc", "processors": 2, "processor": "A B", "kernel": "6.1",
            "repeats": 3, "seconds": 8, "versions": { "rustc": "rustc 1.90.0", "ws": "8.0.0" },
        });
        assert_eq!(
            about(&machine),
            "2024-02-29, commit abc, 2 processors (A B), Linux 6.1; rustc 1.90.0, ws 8.0.0. Of 3 rounds with 8 s a \
             measurement."
        );
    }
}
