//! As much of SVG as plots need: scales, and a picture that is readable on white and on black.

use std::fmt::{Display, Write};

/// Text and lines take the reader's colours, where a picture can know them; series have middling ones, which
/// stand out from white and from black, and each has its name beside it.
const STYLE: &str = "\
text{font:13px system-ui,sans-serif;fill:#24292f}\
.title{font-size:16px;font-weight:600}\
.small{font-size:11px}\
.quiet{fill:#656d76}\
.rule{stroke:#656d76;stroke-opacity:.35;fill:none}\
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.quiet{fill:#9198a1}}";

/// Ours first, then those of others.
pub(crate) const OURS: &str = "#d9480f";
pub(crate) const LIMIT: &str = "#868e96";
pub(crate) const OTHERS: [&str; 4] = ["#1c7ed6", "#2b8a3e", "#9c36b5", "#b08900"];

pub(crate) struct Picture {
    width: f64,
    height: f64,
    title: String,
    body: String,
}

/// Where a text stands to its point.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Picture {
    pub(crate) fn new(width: f64, height: f64, title: &str) -> Self {
        Self { width, height, title: title.to_owned(), body: String::new() }
    }

    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: Anchor, class: &str, text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let text = escaped(text);
        self.add(format_args!(r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" class="{class}">{text}</text>"#));
    }

    pub(crate) fn bar(&mut self, x: f64, y: f64, width: f64, height: f64, colour: &str) {
        // What is almost nothing is still there.
        let width = width.max(1.0);
        self.add(format_args!(
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" rx="2" fill="{colour}"/>"#
        ));
    }

    pub(crate) fn rule(&mut self, x1: f64, y1: f64, x2: f64, y2: f64) {
        self.add(format_args!(r#"<path class="rule" d="M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}"/>"#));
    }

    /// A line through points, each of them marked.
    pub(crate) fn line(&mut self, points: &[(f64, f64)], colour: &str) {
        let path: Vec<String> = points.iter().map(|(x, y)| format!("{x:.1} {y:.1}")).collect();
        let path = path.join("L");
        self.add(format_args!(r#"<path d="M{path}" fill="none" stroke="{colour}" stroke-width="2"/>"#));
        for (x, y) in points {
            self.add(format_args!(r#"<circle cx="{x:.1}" cy="{y:.1}" r="3" fill="{colour}"/>"#));
        }
    }

    pub(crate) fn finish(self) -> String {
        let Self { width, height, body, .. } = &self;
        let title = escaped(&self.title);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" role=\"img\" aria-label=\"{title}\">\n<title>{title}</title>\n\
             <style>{STYLE}</style>\n{body}</svg>\n"
        )
    }

    fn add(&mut self, element: impl Display) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.body, "{element}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// From values to places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    low: f64,
    high: f64,
    start: f64,
    end: f64,
    is_logarithmic: bool,
}

impl Scale {
    /// From 0 to the next round number.
    pub(crate) fn linear(largest: f64, start: f64, end: f64) -> Self {
        let high = if largest > 0.0 { step(largest / 5.0) * (largest / step(largest / 5.0)).ceil() } else { 1.0 };
        Self { low: 0.0, high, start, end, is_logarithmic: false }
    }

    /// From one power of ten to another. Nothing below `smallest` is to be placed.
    pub(crate) fn logarithmic(smallest: f64, largest: f64, start: f64, end: f64) -> Self {
        let low = smallest.max(f64::MIN_POSITIVE).log10().floor();
        let high = largest.max(smallest).log10().ceil().max(low + 1.0);
        Self { low: 10_f64.powf(low), high: 10_f64.powf(high), start, end, is_logarithmic: true }
    }

    pub(crate) fn place(&self, value: f64) -> f64 {
        let share = if self.is_logarithmic {
            (value.max(self.low) / self.low).log10() / (self.high / self.low).log10()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.start + share * (self.end - self.start)
    }

    /// Values that deserve a mark.
    pub(crate) fn ticks(&self) -> Vec<f64> {
        if self.is_logarithmic {
            let decades = (self.high / self.low).log10().round() as i32;
            return (0..=decades).map(|decade| self.low * 10_f64.powi(decade)).collect();
        }
        let step = step(self.high / 5.0);
        let count = (self.high / step).round() as u32;
        (0..=count).map(|tick| f64::from(tick) * step).collect()
    }
}

/// A round number near `wanted`: 1, 2 or 5 of some power of ten.
fn step(wanted: f64) -> f64 {
    let power = 10_f64.powf(wanted.log10().floor());
    let rest = wanted / power;
    let digit = match rest {
        _ if rest < 1.5 => 1.0,
        _ if rest < 3.5 => 2.0,
        _ if rest < 7.5 => 5.0,
        _ => 10.0,
    };
    digit * power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(found: f64, expected: f64) -> bool {
        (found - expected).abs() < 1e-9 * expected.abs().max(1.0)
    }

    #[test]
    fn linear_scales_begin_at_nothing() {
        let scale = Scale::linear(9.3, 100.0, 300.0);
        assert_eq!(scale.ticks(), [0.0, 2.0, 4.0, 6.0, 8.0, 10.0]);
        assert!(near(scale.place(0.0), 100.0) && near(scale.place(5.0), 200.0) && near(scale.place(10.0), 300.0));
        assert_eq!(Scale::linear(0.0, 0.0, 1.0).ticks().len(), 6);
    }

    #[test]
    fn logarithmic_scales_go_by_tens() {
        let scale = Scale::logarithmic(2.0, 900.0, 0.0, 30.0);
        assert_eq!(scale.ticks().iter().map(|tick| tick.round()).collect::<Vec<_>>(), [1.0, 10.0, 100.0, 1_000.0]);
        assert!(near(scale.place(10.0), 10.0) && near(scale.place(1_000.0), 30.0));
        assert!(near(Scale::logarithmic(10.0, 10.0, 300.0, 0.0).place(100.0), 0.0));
    }

    #[test]
    fn pictures_are_whole_and_escape_what_they_show() {
        let mut picture = Picture::new(100.0, 50.0, "a < b");
        picture.text(1.0, 2.0, Anchor::End, "small", "\"1 & 2\"");
        picture.line(&[(0.0, 1.0), (2.0, 3.0)], OURS);
        let text = picture.finish();
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
        assert!(text.contains("a &lt; b") && text.contains("&quot;1 &amp; 2&quot;"));
        assert!(text.contains("M0.0 1.0L2.0 3.0") && text.matches("<circle").count() == 2);
    }
}
