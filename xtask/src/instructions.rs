//! Instruction counts of the hot paths, compared with those that are committed. Unlike times they are the same on a
//! busy machine; they differ between compilers, so that a compiler's own differences fail nobody.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

use crate::command::{cargo, command, find_program, output};
use crate::step::{Notes, Steps};
use crate::{apt, place};

/// The programs that hold the hot paths, and the benchmarks that are counted of each.
const COUNTED: [(&str, &[&str]); 2] = [
    (
        "hot",
        &[
            "hot_encode_cursors",
            "hot_encode_picture",
            "hot_read_cursor_command",
            "hot_read_cursors",
            "hot_read_picture",
            "hot_decode_json_cursor",
            "hot_encode_json_cursors",
            "hot_session_takes_cursors",
        ],
    ),
    ("room", &["hot_hub_applies_cursor", "hot_hub_flushes_room"]),
];

/// The name of the profile in the root Cargo.toml.
const PROFILE: &str = "counted";

/// A count may grow by so many percent before it fails.
const TOLERANCE: u64 = 5;

/// What a compiler makes of the same code.
#[derive(PartialEq, Eq)]
struct Compiled {
    rustc: String,
    target: String,
    flags: String,
}

type Counts = BTreeMap<String, u64>;

/// Counts, and compares or writes.
pub(crate) fn run(write: bool, steps: &mut Steps) -> Result<()> {
    steps.run("instruction counts", "cargo xtask instructions", |notes| {
        let Some(valgrind) = valgrind(notes)? else {
            notes.pass_over("no valgrind on this machine, and it cannot be installed here");
            return Ok(());
        };
        let compiled = Compiled::here()?;
        let counts = count(&valgrind)?;
        if write {
            fs::write(file(), text(&compiled, &counts))?;
            notes.say(place::shown(&file()));
            return Ok(());
        }
        compare(&compiled, &counts, &fs::read_to_string(file())?, notes)
    })
}

/// Where the counts are kept; committed.
fn file() -> PathBuf {
    place::root().join("xtask").join("instructions.json")
}

fn valgrind(notes: &mut Notes) -> Result<Option<PathBuf>> {
    // It exists for other systems, but its counts are only compared where all of this is as in the CI.
    if !cfg!(target_os = "linux") {
        return Ok(None);
    }
    if let Some(found) = find_program(&["valgrind"]) {
        return Ok(Some(found));
    }
    if apt::is_usable()
        && let Err(error) = apt::install(&["valgrind"], notes)
    {
        notes.say(format!("{error:#}"));
    }
    Ok(find_program(&["valgrind"]))
}

impl Compiled {
    fn here() -> Result<Self> {
        let rustc = output(command("rustc").arg("--version"))?;
        let target = output(command("rustc").args(["--print", "host-tuple"]))?;
        // What `build` sets: no flag of the machine's own, so that no instruction is used that others lack.
        Ok(Self { rustc, target, flags: format!("profile {PROFILE}, RUSTFLAGS empty") })
    }
}

fn count(valgrind: &Path) -> Result<Counts> {
    let programs = build()?;
    let folder = place::scratch().join("callgrind");
    fs::create_dir_all(&folder)?;
    let mut runs = Vec::new();
    for (bench, functions) in COUNTED {
        let program = programs.get(bench).with_context(|| format!("cargo built no benchmark `{bench}`"))?;
        runs.extend(functions.iter().map(|function| (program, *function)));
    }
    thread::scope(|scope| {
        let count_one = |(program, function): (&PathBuf, &'static str)| {
            let (program, folder) = (program.clone(), folder.clone());
            scope.spawn(move || Ok((function.to_owned(), executed(valgrind, &program, function, &folder)?)))
        };
        let running: Vec<_> = runs.into_iter().map(count_one).collect();
        running.into_iter().map(|run| run.join().map_err(|_| anyhow!("a count panicked"))?).collect()
    })
}

/// The benchmarks' programs, by name.
fn build() -> Result<BTreeMap<String, PathBuf>> {
    let mut build = cargo();
    build.args(["bench", "--no-run", "--locked", "--profile", PROFILE, "--message-format", "json-render-diagnostics"]);
    build.args(["--package", "presence-model", "--package", "presence-hub", "--features", "presence-model/json"]);
    for (bench, _) in COUNTED {
        build.args(["--bench", bench]);
    }
    build.env("CARGO_ENCODED_RUSTFLAGS", "").arg("--target-dir").arg(place::target());
    let said = output(&mut build)?;
    let messages = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let programs = messages.filter_map(|message| {
        let name = message["target"]["name"].as_str()?.to_owned();
        Some((name, PathBuf::from(message["executable"].as_str()?)))
    });
    Ok(programs.collect())
}

/// The functions between whose call and return is counted. One pattern for all, since a benchmark calls one of them, and
/// the compiler makes one of those that do the same.
const HOT: &str = "*hot_*";

/// How many instructions of `program` itself one turn of a benchmark executes; those of libc are left out, since it has
/// other ways for other processors.
fn executed(valgrind: &Path, program: &Path, benchmark: &str, folder: &Path) -> Result<u64> {
    let profile = folder.join(benchmark);
    let mut run = command(valgrind);
    run.arg("--tool=callgrind").arg(format!("--toggle-collect={HOT}"));
    run.arg(format!("--callgrind-out-file={}", profile.display()));
    output(run.arg(program).args(["--test", "--exact", benchmark]))?;
    let count = own_cost(&fs::read_to_string(&profile)?, program);
    if count == 0 {
        bail!("nothing was counted: has the benchmark {benchmark} still this name, and its function?");
    }
    Ok(count)
}

/// What callgrind's profile counts for one object, calls of others left out.
fn own_cost(profile: &str, object: &Path) -> u64 {
    let mut own_id = None;
    let mut is_own = false;
    let mut is_of_a_call = false;
    let mut cost = 0;
    for line in profile.lines() {
        if let Some(named) = line.strip_prefix("ob=").or_else(|| line.strip_prefix("cob=")) {
            // A name is spelled out where its number comes up first.
            let (id, name) = named.split_once(' ').unwrap_or((named, ""));
            if Path::new(name) == object {
                own_id = Some(id.to_owned());
            }
            if line.starts_with("ob=") {
                is_own = own_id.as_deref() == Some(id);
            }
        } else if line.starts_with("calls=") {
            is_of_a_call = true;
        } else if line.starts_with(|first: char| first.is_ascii_digit() || "+-*".contains(first)) {
            let counted = line.split_whitespace().nth(1).and_then(|count| count.parse::<u64>().ok());
            if is_own && !is_of_a_call {
                cost += counted.unwrap_or(0);
            }
            is_of_a_call = false;
        }
    }
    cost
}

fn text(compiled: &Compiled, counts: &Counts) -> String {
    let Compiled { rustc, target, flags } = compiled;
    let value = json!({ "rustc": rustc, "target": target, "flags": flags, "instructions": counts });
    format!("{value:#}\n")
}

fn compare(compiled: &Compiled, counts: &Counts, committed: &str, notes: &mut Notes) -> Result<()> {
    let committed: Value = serde_json::from_str(committed).context("the committed counts are no JSON")?;
    let said = |name: &str| committed[name].as_str().unwrap_or_default().to_owned();
    let theirs = Compiled { rustc: said("rustc"), target: said("target"), flags: said("flags") };
    let counts_here = *compiled == theirs;
    if !counts_here {
        notes
            .say(format!("only told, not compared: they are of {}, {}, {}", theirs.rustc, theirs.target, theirs.flags));
    }
    let mut grown = Vec::new();
    for (function, count) in counts {
        let before = committed["instructions"][function].as_u64();
        let change = before
            .map_or_else(String::new, |before| format!("{:+.1} %", (*count as f64 / before as f64 - 1.0) * 100.0));
        notes.say(format!("{function:<28} {count:>9} {change:>9}"));
        if before.is_none_or(|before| count * 100 > before * (100 + TOLERANCE)) {
            grown.push(function.as_str());
        }
    }
    if counts_here && !grown.is_empty() {
        bail!(
            "more than {TOLERANCE} % over the committed counts, or new: {}. If that is meant, \
             `cargo xtask instructions --write` renews them",
            grown.join(", ")
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_of_calls_and_of_libc_are_left_out() {
        let profile = "events: Ir\nob=(1) /bin/bench\nfn=(1) hot\n10 5\n+1 7\ncob=(2) /lib/libc.so\ncfn=(2) memcpy\n\
                       calls=3 0\n* 400\n12 1\nob=(2)\nfn=(2)\n0 400\ncob=(1)\ncfn=(3)\ncalls=1 0\n0 9\nob=(1)\nfn=(3)\n4 9\n";
        assert_eq!(own_cost(profile, Path::new("/bin/bench")), 5 + 7 + 1 + 9);
    }

    #[test]
    fn growth_fails_only_where_the_compiler_is_the_same() {
        let compiled = |rustc: &str| Compiled { rustc: rustc.into(), target: "t".into(), flags: "f".into() };
        let counts = |count| Counts::from([("a".to_owned(), count)]);
        let committed = text(&compiled("1"), &counts(100));
        let mut steps = Steps::new();
        let mut compared = |rustc: &str, count| {
            steps.run("", "", |notes| compare(&compiled(rustc), &counts(count), &committed, notes)).is_ok()
        };
        assert!(compared("1", 105) && compared("1", 50) && compared("2", 200));
        assert!(!compared("1", 106));
    }
}
