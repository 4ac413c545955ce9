//! Numbered steps: a line when one starts, a line with its duration when it ends, a list of all
//! at the end. It knows nothing of what the steps do.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

/// All steps of one call of xtask.
pub(crate) struct Steps {
    began: Instant,
    ended: Vec<Ended>,
}

/// What a running step may say about itself.
pub(crate) struct Notes {
    verdict: Verdict,
}

struct Ended {
    name: String,
    took: Duration,
    verdict: Verdict,
}

#[derive(Clone, Copy)]
enum Verdict {
    Done,
    Fresh,
    Passed,
    Failed,
}

impl Steps {
    pub(crate) fn new() -> Self {
        Self { began: Instant::now(), ended: Vec::new() }
    }

    /// Runs `work` as the next numbered step. A failure says which step it was and that `repeat`
    /// is the command which runs it alone.
    pub(crate) fn run<T>(&mut self, name: &str, repeat: &str, work: impl FnOnce(&mut Notes) -> Result<T>) -> Result<T> {
        let number = self.ended.len() + 1;
        println!("[{number}] {name}");
        let began = Instant::now();
        let mut notes = Notes { verdict: Verdict::Done };
        let result = work(&mut notes);
        let took = began.elapsed();
        let verdict = if result.is_ok() { notes.verdict } else { Verdict::Failed };
        println!("[{number}] {} {}", verdict.text(), seconds(took));
        self.ended.push(Ended { name: name.to_owned(), took, verdict });
        result.with_context(|| format!("step {number} ({name}) failed; to repeat it alone: {repeat}"))
    }

    /// The closing list: each step with its time, and the total.
    pub(crate) fn print_summary(&self) {
        println!("\nSteps:");
        for (index, step) in self.ended.iter().enumerate() {
            let line = format!("{:>4}  {:<44} {:>9}", index + 1, step.name, seconds(step.took));
            println!("{line}{}", step.verdict.remark());
        }
        println!("      {:<44} {:>9}", "total", seconds(self.began.elapsed()));
    }
}

impl Notes {
    /// One indented line below the step's own.
    pub(crate) fn say(&mut self, text: impl AsRef<str>) {
        println!("    {}", text.as_ref());
    }

    /// The step found its outputs up to date.
    pub(crate) fn fresh(&mut self) {
        self.verdict = Verdict::Fresh;
    }

    /// The step cannot run here, and need not.
    pub(crate) fn pass_over(&mut self, why: &str) {
        self.say(format!("passed over: {why}"));
        self.verdict = Verdict::Passed;
    }
}

impl Verdict {
    fn text(self) -> &'static str {
        match self {
            Self::Done => "done in",
            Self::Fresh => "fresh, checked in",
            Self::Passed => "passed over in",
            Self::Failed => "FAILED after",
        }
    }

    fn remark(self) -> &'static str {
        match self {
            Self::Done => "",
            Self::Fresh => "  fresh",
            Self::Passed => "  passed over",
            Self::Failed => "  FAILED",
        }
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_names_step_and_repeat() {
        let mut steps = Steps::new();
        steps.run("first", "cargo first", |_| Ok(())).unwrap();
        let error = steps.run("second", "cargo second", |_| -> Result<()> { anyhow::bail!("no luck") }).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("step 2 (second)") && text.contains("cargo second"), "{text}");
        assert_eq!(error.root_cause().to_string(), "no luck");
    }
}
