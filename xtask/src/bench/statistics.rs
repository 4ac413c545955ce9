//! What repeated measurements come to, and how a figure is written.

/// The middle of some measurements and how far they lay apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) count: usize,
}

impl Summary {
    /// None where nothing was measured.
    pub(crate) fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let (low, high) = (*sorted.first()?, *sorted.last()?);
        let middle = sorted.len() / 2;
        let median =
            if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) };
        Some(Self { median, low, high, count: sorted.len() })
    }

    /// Each figure multiplied, to have it in another unit.
    pub(crate) fn times(self, factor: f64) -> Self {
        Self { median: self.median * factor, low: self.low * factor, high: self.high * factor, ..self }
    }

    /// The median, and the spread where there is one: `0.21 (0.20–0.23)`.
    pub(crate) fn text(self) -> String {
        let (median, low, high) = (number(self.median), number(self.low), number(self.high));
        if self.count < 2 || low == high { median } else { format!("{median} ({low}–{high})") }
    }
}

/// How many times `base` goes into `value`. None where there is no base.
pub(crate) fn ratio(value: f64, base: f64) -> Option<f64> {
    (base > 0.0 && value.is_finite()).then(|| value / base)
}

/// Three digits that say something; thousands apart.
pub(crate) fn number(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 99.95 || size == 0.0 => 0,
        _ if size >= 9.995 => 1,
        _ if size >= 0.0995 => 2,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    if size < 999.5 { text } else { apart(&text) }
}

fn apart(digits: &str) -> String {
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if index > 0 && left.is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_found_in_any_order() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[3.0, 1.0, 2.0]), Some(Summary { median: 2.0, low: 1.0, high: 3.0, count: 3 }));
        assert_eq!(Summary::of(&[4.0, 1.0, 2.0, 3.0]).unwrap().median, 2.5);
    }

    #[test]
    fn one_measurement_has_no_spread() {
        assert_eq!(Summary::of(&[0.214]).unwrap().text(), "0.21");
        assert_eq!(Summary::of(&[0.2, 0.21, 0.23]).unwrap().text(), "0.21 (0.20–0.23)");
        assert_eq!(Summary::of(&[0.0, 0.0]).unwrap().text(), "0");
        assert_eq!(Summary::of(&[1.0, 2.0, 3.0]).unwrap().times(1000.0).text(), "2,000 (1,000–3,000)");
    }

    #[test]
    fn ratios_need_a_base() {
        assert_eq!(ratio(6.0, 2.0), Some(3.0));
        assert_eq!(ratio(6.0, 0.0), None);
    }

    #[test]
    fn figures_have_the_digits_that_matter() {
        let expected = [
            (0.0, "0"),
            (0.0213, "0.021"),
            (0.257, "0.26"),
            (5.4, "5.40"),
            (43.21, "43.2"),
            (155.5, "156"),
            (999.7, "1,000"),
            (-1234.0, "-1,234"),
            (-123456.0, "-123,456"),
            (990_000.4, "990,000"),
        ];
        for (value, text) in expected {
            assert_eq!(number(value), text);
        }
    }
}
