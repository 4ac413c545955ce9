//! The one function that is exported. JavaScript's numbers come in as they are, with NaN for what is not there.

use presence_model::status::Thresholds;
use presence_model::time::Millis;

/// The status, by its place in `Status::ALL`. All arguments are lengths of time in ms: since the newest life sign,
/// since the last input, and the thresholds, each of which has the model's value where it is NaN.
#[allow(unsafe_code, reason = "a name for the linker; nothing is called by it that could be unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn user_status(age: f64, quiet: f64, idle_after: f64, away_after: f64, offline_after: f64) -> u32 {
    let usual = Thresholds::USUAL;
    let thresholds = Thresholds {
        idle_after: threshold(idle_after, usual.idle_after),
        away_after: threshold(away_after, usual.away_after),
        offline_after: threshold(offline_after, usual.offline_after),
    };
    let quiet = (!quiet.is_nan()).then(|| length(quiet));
    let status = thresholds.user_status(length(age), Millis::ZERO, quiet);
    status as u32
}

/// Rounded up: a length is past a threshold as soon as any part of it is. What is negative, or no number, is none.
fn length(ms: f64) -> Millis {
    Millis(ms.ceil() as u64)
}

/// Rounded down, for the same reason.
fn threshold(ms: f64, usual: Millis) -> Millis {
    if ms.is_nan() { usual } else { Millis(ms as u64) }
}

#[cfg(test)]
mod tests {
    use presence_model::status::Status;
    use proptest::prelude::*;

    use super::*;

    /// `getUserStatus` as the page prints it, without its two slips.
    fn page(age: f64, last_input_seconds: Option<f64>) -> Status {
        if age > 5.0 * 60.0 * 1000.0 {
            return Status::Offline;
        }
        if last_input_seconds.is_some_and(|seconds| seconds > 120.0) {
            return Status::Away;
        }
        if last_input_seconds.is_some_and(|seconds| seconds > 30.0) {
            return Status::Idle;
        }
        Status::Active
    }

    fn with_usual_thresholds(age: f64, quiet: f64) -> Status {
        Status::ALL[user_status(age, quiet, f64::NAN, f64::NAN, f64::NAN) as usize]
    }

    /// Any number, and often one beside a threshold.
    fn number(threshold: f64) -> impl Strategy<Value = f64> {
        prop_oneof![
            any::<f64>().prop_filter("what JavaScript has for nothing", |number| !number.is_nan()),
            (-3_i8..=3).prop_map(move |off| threshold + f64::from(off) / 2.0),
            0.0..600_000.0,
        ]
    }

    proptest! {
        #[test]
        fn the_page_says_the_same(age in number(300_000.0), seconds in prop::option::of(number(30.0).boxed().prop_union(number(120.0).boxed()))) {
            let quiet = seconds.map_or(f64::NAN, |seconds| seconds * 1_000.0);
            prop_assert_eq!(with_usual_thresholds(age, quiet), page(age, seconds));
        }

        #[test]
        fn nothing_that_javascript_can_pass_is_a_trap(numbers in prop::array::uniform5(any::<f64>())) {
            let [age, quiet, idle, away, offline] = numbers;
            prop_assert!((user_status(age, quiet, idle, away, offline) as usize) < Status::ALL.len());
        }
    }

    #[test]
    fn numbers_are_places_in_the_list() {
        for (place, status) in Status::ALL.iter().enumerate() {
            assert_eq!(*status as usize, place);
        }
    }

    #[test]
    fn thresholds_are_parameters_and_zero_is_one() {
        let hour = 3_600_000.0;
        assert_eq!(Status::ALL[user_status(hour, hour, hour, hour, hour) as usize], Status::Active);
        assert_eq!(Status::ALL[user_status(0.0, 1.0, 0.0, f64::NAN, f64::NAN) as usize], Status::Idle);
        assert_eq!(Status::ALL[user_status(0.0, 1.0, f64::NAN, 0.0, f64::NAN) as usize], Status::Away);
        assert_eq!(Status::ALL[user_status(1.0, 0.0, f64::NAN, f64::NAN, 0.0) as usize], Status::Offline);
    }
}
