//! What the page's events mean: whether a touch is news, for how long the page was hidden.

use presence_model::time::Millis;

/// Moving a pointer is one long touch: it is noted at most so often, in milliseconds.
const TOUCH_EVERY: f64 = 250.0;

/// Times are the wall's, in milliseconds.
pub struct Page {
    touched: f64,
    hidden_at: f64,
}

impl Page {
    pub const fn new(wall: f64) -> Self {
        Self { touched: 0.0, hidden_at: wall }
    }

    /// Whether a touch is to be noted.
    pub fn touch(&mut self, wall: f64) -> bool {
        let is_new = (wall - self.touched).abs() >= TOUCH_EVERY;
        if is_new {
            self.touched = wall;
        }
        is_new
    }

    /// For how long the page was hidden; `None` while it is.
    pub fn look(&mut self, wall: f64, hidden: bool) -> Option<Millis> {
        if hidden {
            self.hidden_at = wall;
            return None;
        }
        Some(Millis((wall - self.hidden_at).max(0.0) as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_long_touch_is_noted_now_and_then() {
        let mut page = Page::new(0.0);
        let noted: Vec<_> = (0..10).filter(|step| page.touch(1_000.0 + f64::from(step * 60))).collect();
        assert_eq!(noted, [0, 5]);
        assert!(page.touch(10.0), "a clock that was set back stops nobody");
    }

    #[test]
    fn a_page_that_is_shown_says_how_long_it_was_hidden() {
        let mut page = Page::new(0.0);
        assert_eq!(page.look(5_000.0, true), None);
        assert_eq!(page.look(65_000.0, false), Some(Millis::seconds(60)));
        assert_eq!(page.look(4_000.0, false), Some(Millis::ZERO));
    }
}
