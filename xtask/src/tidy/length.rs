//! Files stay short enough to be read in one sitting.

use crate::tidy::source::Source;
use crate::tidy::violation::Violation;

/// What to aim at; a file beyond it is named, not refused.
const WISH: usize = 400;
/// What no file may pass.
const CAP: usize = 450;

const REMEDY: &str = "find the second purpose in it and give that its own file";

/// Files over the cap.
pub(crate) fn violations(source: &Source) -> Option<Violation> {
    let lines = counted(source)?;
    let text = || format!("{lines} lines, more than {CAP}: {REMEDY}");
    (lines > CAP).then(|| source.violation(lines, text()))
}

/// Files that come near it.
pub(crate) fn warnings(source: &Source) -> Option<Violation> {
    let lines = counted(source)?;
    let text = || format!("{lines} lines, soon too long: {REMEDY}");
    (lines > WISH && lines <= CAP).then(|| source.violation(lines, text()))
}

fn counted(source: &Source) -> Option<usize> {
    (!source.path.ends_with(".toml")).then(|| source.text.lines().count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wish_and_cap_differ() {
        let file = |lines: usize| Source::new("a.rs", &"x\n".repeat(lines));
        assert!(warnings(&file(WISH)).is_none() && violations(&file(WISH)).is_none());
        assert!(warnings(&file(CAP)).is_some() && violations(&file(CAP)).is_none());
        assert!(warnings(&file(CAP + 1)).is_none() && violations(&file(CAP + 1)).is_some());
    }
}
