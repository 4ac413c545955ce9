//! The task itself: what was asked for, the rounds, and what is told of them.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use regex_lite::Regex;
use serde_json::{Value, json};

use crate::bench::growth::{self, Sweep};
use crate::bench::machine::{self, Pinning};
use crate::bench::programs::{self, PEER_PACKAGES, Programs};
use crate::bench::results::Results;
use crate::bench::row::Row;
use crate::bench::statistics::number;
use crate::bench::{docs, figures, measure, plots, rows, tables};
use crate::place;
use crate::step::Steps;

/// What `cargo xtask bench` takes.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Fewer rows, once each, in a few minutes.
    #[arg(long)]
    quick: bool,
    /// What grows with a room and with the number of rooms, as curves.
    #[arg(long, conflicts_with = "quick")]
    growth: bool,
    /// Only rows whose names match this regular expression.
    #[arg(long, value_name = "REGEX")]
    only: Option<Regex>,
    /// Rounds: each measures every row once.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    repeats: Option<u64>,
    /// Measure this presence-server instead of one built from here.
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Name the rows, and measure nothing.
    #[arg(long)]
    list: bool,
    /// Renew docs/benchmarks.md from the last results, and measure nothing.
    #[arg(long)]
    write_docs: bool,
}

/// What a tour and the sweeps leave for the document; a selection of rows leaves these alone.
const TOUR: &str = "results.json";
const GROWTH: &str = "growth.json";
const SELECTION: &str = "selection.json";

/// More than this is not quiet enough to compare.
const BUSY_PERCENT: f64 = 5.0;
const ROUNDS: u64 = 3;
const SECONDS: u32 = 8;
const SECONDS_QUICK: u32 = 3;

pub(crate) fn run(arguments: &Arguments, steps: &mut Steps) -> Result<()> {
    if arguments.write_docs {
        return write_docs();
    }
    let sweeps = if arguments.growth { growth::all() } else { Vec::new() };
    let all = if arguments.growth { rows_of(&sweeps) } else { rows::all() };
    let chosen = rows::chosen(all, arguments.quick, arguments.only.as_ref());
    if chosen.is_empty() {
        bail!("no row matches; `cargo xtask bench --list` names them");
    }
    if arguments.list {
        chosen.iter().for_each(|row| println!("{}", row.name()));
        return Ok(());
    }
    let tour = Tour::prepare(arguments, chosen, steps)?;
    let name = match (arguments.growth, &arguments.only) {
        (_, Some(_)) => SELECTION,
        (true, None) => GROWTH,
        (false, None) => TOUR,
    };
    let results = tour.measure(&file(name))?;
    let files = if arguments.growth {
        plots::of_growth(&sweeps, &results, &folder())?
    } else {
        plots::of_tour(&tour.rows, &results, &folder())?
    };
    tour.tell(&results, &files, &file(name).with_extension("md"))
}

struct Tour {
    rows: Vec<Row>,
    programs: Programs,
    pinning: Pinning,
    about: Value,
    rounds: u64,
    seconds: u32,
}

impl Tour {
    fn prepare(arguments: &Arguments, rows: Vec<Row>, steps: &mut Steps) -> Result<Self> {
        if !cfg!(target_os = "linux") {
            bail!("the benchmark reads the kernel's books on processes, so it needs Linux");
        }
        let pinning = Pinning::of_this_machine()?;
        let programs = Programs::build(arguments.server.as_deref(), steps)?;
        let is_short = arguments.quick || arguments.growth;
        let rounds = arguments.repeats.unwrap_or(if is_short { 1 } else { ROUNDS });
        let seconds = if arguments.quick { SECONDS_QUICK } else { SECONDS };
        let mut about = machine::description(&PEER_PACKAGES)?;
        about["repeats"] = json!(rounds);
        about["seconds"] = json!(seconds);
        about["busy_percent"] = json!(machine::busy_share().map(|share| (share * 100.0).round()));
        Ok(Self { rows, programs, pinning, about, rounds, seconds })
    }

    /// Round by round, so that a machine which slows down or speeds up does it to all rows alike.
    fn measure(&self, file: &Path) -> Result<Results> {
        let mut results = Results::new(self.about.clone(), file);
        println!("\n{}", docs::about(&self.about));
        self.warn();
        let mut progress = Progress::new(self.rounds * self.rows.len() as u64, self.seconds_expected());
        for round in 1..=self.rounds {
            for row in &self.rows {
                progress.begins(row, round, self.rounds);
                let outcome = measure::once(row, self.seconds, &self.programs, self.pinning);
                let outcome = outcome.map_err(|error| {
                    println!("    failed: {error:#}");
                    // The reason stands in its last line, behind what the generator said on its way.
                    error.root_cause().to_string().lines().last().unwrap_or("no reason was told").to_owned()
                });
                if let Ok(result) = &outcome {
                    println!("    {}", in_short(row, result));
                }
                results.add(row, round, outcome)?;
                progress.ended(programs::workload(row, self.seconds).1);
            }
        }
        Ok(results)
    }

    fn tell(&self, results: &Results, plots: &[PathBuf], markdown: &Path) -> Result<()> {
        for table in tables::all(&self.rows, results) {
            print!("{}", table.aligned());
        }
        println!();
        tables::remarks(&self.rows, results).iter().for_each(|remark| println!("{remark}"));
        programs::left_out().iter().for_each(|why| println!("{why}"));
        self.warn();
        std::fs::write(markdown, docs::measured(&self.rows, results, &[]) + "\n")?;
        for file in plots.iter().map(PathBuf::as_path).chain([markdown]) {
            println!("wrote {}", place::shown(file));
        }
        // A peer that breaks down under a load is a finding; it stands below the tables.
        let failed = |row: &&Row| results.failures().any(|(name, _)| name == row.name());
        let ours = self.rows.iter().filter(|row| !row.server.is_peer()).filter(failed).count();
        if ours > 0 {
            bail!("rows that failed: {ours}; they are named above");
        }
        Ok(())
    }

    fn warn(&self) {
        if self.pinning.is_shared() {
            println!(
                "Server and generator share the one processor that this machine gives us: the figures mean nothing."
            );
        }
        if let Some(busy) = self.about["busy_percent"].as_f64().filter(|busy| *busy > BUSY_PERCENT) {
            println!("Others took {busy} % of this machine before the first measurement: figures will vary.");
        }
    }

    fn seconds_expected(&self) -> u64 {
        let seconds = self.rows.iter().map(|row| u64::from(programs::workload(row, self.seconds).1));
        seconds.sum::<u64>() * self.rounds
    }
}

/// Which measurement it is, and when all will be over.
struct Progress {
    began: Instant,
    total: u64,
    number: u64,
    /// Of those that are over, and of all, as they were guessed.
    guessed: u64,
    guessed_in_all: u64,
}

impl Progress {
    fn new(total: u64, guessed_in_all: u64) -> Self {
        Self { began: Instant::now(), total, number: 0, guessed: 0, guessed_in_all }
    }

    fn begins(&mut self, row: &Row, round: u64, rounds: u64) {
        self.number += 1;
        let elapsed = self.began.elapsed();
        let whole = expected(elapsed, self.guessed, self.guessed_in_all);
        let round = if rounds > 1 { format!(", round {round}") } else { String::new() };
        let (number, total, name) = (self.number, self.total, row.name());
        println!("[{number}/{total}] {name}{round} — {} of about {}", minutes(elapsed), minutes(whole));
    }

    fn ended(&mut self, guessed: u32) {
        self.guessed += u64::from(guessed);
    }
}

/// The whole time, after what the first part took.
fn expected(elapsed: Duration, guessed: u64, in_all: u64) -> Duration {
    if guessed == 0 { Duration::from_secs(in_all) } else { elapsed.mul_f64(in_all as f64 / guessed as f64) }
}

fn minutes(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

/// The figure that counts, and what would make it worthless.
fn in_short(row: &Row, result: &Value) -> String {
    let key = figures::key(row.load);
    let value = result.pointer(key.pointer).and_then(Value::as_f64);
    let value = value.map_or_else(|| "–".to_owned(), |value| number(value * key.factor));
    let bound = if result["generator_bound"] == json!(true) { "; the generator had no time left" } else { "" };
    format!("{} {value}{bound}", key.title)
}

fn rows_of(sweeps: &[Sweep]) -> Vec<Row> {
    sweeps.iter().flat_map(|sweep| &sweep.points).map(|(_, row)| row.clone()).collect()
}

fn write_docs() -> Result<()> {
    let results = Results::read(&file(TOUR))?;
    let rows = rows::all();
    let mut plots = plots::of_tour(&rows, &results, &folder())?;
    // The sweeps are a tour of their own; who has not made it has no curves to show.
    if let Ok(results) = Results::read(&file(GROWTH)) {
        plots.extend(plots::of_growth(&growth::all(), &results, &folder())?);
    }
    println!("wrote {}", place::shown(&docs::write(&rows, &results, &plots)?));
    Ok(())
}

fn folder() -> PathBuf {
    place::target().join("bench")
}

fn file(name: &str) -> PathBuf {
    folder().join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_is_guessed_from_what_is_over() {
        assert_eq!(expected(Duration::ZERO, 0, 90), Duration::from_secs(90));
        assert_eq!(expected(Duration::from_secs(20), 10, 90), Duration::from_secs(180));
        assert_eq!(minutes(Duration::from_secs(605)), "10:05");
    }
}
