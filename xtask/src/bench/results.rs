//! All single measurements, as they are kept: written after each of them, so that a tour which is broken off
//! leaves what it found.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use serde_json::{Value, json};

use crate::bench::row::Row;
use crate::bench::statistics::Summary;
use crate::place;

pub(crate) struct Results {
    /// The machine, the versions, the kind of tour.
    pub(crate) about: Value,
    runs: Vec<Run>,
    file: PathBuf,
}

struct Run {
    row: String,
    round: u64,
    outcome: Result<Value, String>,
}

impl Results {
    pub(crate) fn new(about: Value, file: &Path) -> Self {
        Self { about, runs: Vec::new(), file: file.to_owned() }
    }

    /// What the last tour left.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file)
            .with_context(|| format!("no results in {}: `cargo xtask bench` writes them", place::shown(file)))?;
        let all: Value = serde_json::from_str(&text).with_context(|| format!("reading {}", place::shown(file)))?;
        let runs = all["runs"].as_array().into_iter().flatten().map(Run::of).collect();
        Ok(Self { about: all["about"].clone(), runs, file: file.to_owned() })
    }

    pub(crate) fn add(&mut self, row: &Row, round: u64, outcome: Result<Value, String>) -> Result<()> {
        self.runs.push(Run { row: row.name(), round, outcome });
        let runs: Vec<Value> = self.runs.iter().map(Run::json).collect();
        let text = serde_json::to_string_pretty(&json!({ "about": self.about, "runs": runs }))?;
        if let Some(folder) = self.file.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&self.file, text + "\n").with_context(|| format!("writing {}", place::shown(&self.file)))
    }

    pub(crate) fn has(&self, row: &str) -> bool {
        self.runs.iter().any(|run| run.row == row)
    }

    /// A figure over all rounds; `pointer` says where it stands in a result.
    pub(crate) fn summary(&self, row: &str, pointer: &str) -> Option<Summary> {
        let outcomes = self.of(row).filter_map(|run| run.outcome.as_ref().ok());
        let values: Vec<f64> = outcomes.filter_map(|result| result.pointer(pointer)?.as_f64()).collect();
        Summary::of(&values)
    }

    /// Whether any round has this mark.
    pub(crate) fn is_marked(&self, row: &str, mark: &str) -> bool {
        self.of(row).any(|run| run.outcome.as_ref().is_ok_and(|result| result[mark] == json!(true)))
    }

    /// Names of rows that failed, with the reason.
    pub(crate) fn failures(&self) -> impl Iterator<Item = (&str, &str)> {
        self.runs.iter().filter_map(|run| Some((run.row.as_str(), run.outcome.as_ref().err()?.as_str())))
    }

    fn of<'all>(&'all self, row: &'all str) -> impl Iterator<Item = &'all Run> {
        self.runs.iter().filter(move |run| run.row == row)
    }
}

impl Run {
    fn of(json: &Value) -> Self {
        let outcome = match json.get("error").and_then(Value::as_str) {
            Some(error) => Err(error.to_owned()),
            None => Ok(json["result"].clone()),
        };
        let row = json["row"].as_str().unwrap_or_default().to_owned();
        Self { row, round: json["round"].as_u64().unwrap_or(0), outcome }
    }

    fn json(&self) -> Value {
        match &self.outcome {
            Ok(result) => json!({ "row": self.row, "round": self.round, "result": result }),
            Err(error) => json!({ "row": self.row, "round": self.round, "error": error }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::row::{Load, Server};

    #[test]
    fn results_are_kept_and_come_back() {
        let file = std::env::temp_dir().join(format!("xtask-results-{}.json", std::process::id()));
        let row = Row::new(Load::Restart, Server::Ws);
        let mut results = Results::new(json!({ "date": "today" }), &file);
        for (round, whole) in [(1, 30.0), (2, 10.0), (3, 20.0)] {
            results.add(&row, round, Ok(json!({ "a": { "b": whole }, "generator_bound": round == 2 }))).unwrap();
        }
        results.add(&row, 4, Err("no luck".to_owned())).unwrap();
        let read = Results::read(&file).unwrap();
        fs::remove_file(&file).unwrap();
        assert_eq!(read.about["date"], "today");
        assert!(read.has("restart/ws") && !read.has("restart"));
        assert_eq!(read.summary("restart/ws", "/a/b").unwrap().text(), "20.0 (10.0–30.0)");
        assert_eq!(read.summary("restart/ws", "/a/c"), None);
        assert!(read.is_marked("restart/ws", "generator_bound"));
        assert_eq!(read.failures().collect::<Vec<_>>(), [("restart/ws", "no luck")]);
    }
}
