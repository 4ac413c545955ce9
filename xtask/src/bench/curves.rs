//! Curves over what grows, one panel below the other, both directions in powers of ten.

use crate::bench::statistics::number;
use crate::bench::svg::{Anchor, Picture, Scale};

pub(crate) struct Curves {
    pub(crate) title: String,
    /// What stands below.
    pub(crate) axis: String,
    pub(crate) panels: Vec<Panel>,
}

pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) curves: Vec<Curve>,
}

pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) colour: &'static str,
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f64 = 760.0;
const START: f64 = 70.0;
const END: f64 = 560.0;
const HEAD: f64 = 44.0;
const PANEL: f64 = 230.0;
const TOP: f64 = 34.0;
const BOTTOM: f64 = 200.0;
/// The side of the square that has a curve's colour.
const MARK: f64 = 9.0;

impl Curves {
    pub(crate) fn svg(&self) -> String {
        let height = HEAD + PANEL * self.panels.len() as f64 + 26.0;
        let mut picture = Picture::new(WIDTH, height, &self.title);
        picture.text(12.0, 26.0, Anchor::Start, "title", &self.title);
        let mut y = HEAD;
        for panel in &self.panels {
            panel.draw(&mut picture, y);
            y += PANEL;
        }
        picture.text(f64::midpoint(START, END), y + 8.0, Anchor::Middle, "quiet", &self.axis);
        picture.finish()
    }
}

impl Panel {
    fn draw(&self, picture: &mut Picture, y: f64) {
        let points = || self.curves.iter().flat_map(|curve| &curve.points);
        let bounds = |of: fn(&(f64, f64)) -> f64| {
            let values = points().map(of).filter(|value| *value > 0.0);
            values.fold((f64::INFINITY, 0.0_f64), |(low, high), value| (low.min(value), high.max(value)))
        };
        let (x, values) = (bounds(|point| point.0), bounds(|point| point.1));
        picture.text(12.0, y + 16.0, Anchor::Start, "", &self.title);
        if !x.0.is_finite() || !values.0.is_finite() {
            return;
        }
        let across = Scale::logarithmic(x.0, x.1, START, END);
        let up = Scale::logarithmic(values.0, values.1, y + BOTTOM, y + TOP);
        for tick in up.ticks() {
            let at = up.place(tick);
            picture.rule(START, at, END, at);
            picture.text(START - 8.0, at + 4.0, Anchor::End, "small", &round(tick));
        }
        for tick in across.ticks() {
            picture.text(across.place(tick), y + BOTTOM + 16.0, Anchor::Middle, "small", &round(tick));
        }
        let mut names = Names::default();
        for curve in &self.curves {
            let placed = curve.points.iter().filter(|(_, value)| *value > 0.0);
            let placed: Vec<(f64, f64)> = placed.map(|(at, value)| (across.place(*at), up.place(*value))).collect();
            let Some((_, last)) = placed.last() else { continue };
            let name = names.beside(*last);
            picture.line(&placed, curve.colour);
            picture.bar(END + 12.0, name - MARK / 2.0, MARK, MARK, curve.colour);
            picture.text(END + 18.0 + MARK, name + 4.0, Anchor::Start, "small", &curve.name);
        }
    }
}

/// A power of ten, without zeros behind the point.
fn round(value: f64) -> String {
    let text = number(value);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// Where names stand already, so that none covers another.
#[derive(Default)]
struct Names {
    taken: Vec<f64>,
}

impl Names {
    /// The place nearest to `y`, downwards.
    fn beside(&mut self, mut y: f64) -> f64 {
        while let Some(other) = self.taken.iter().find(|other| (*other - y).abs() < 13.0) {
            y = other + 13.0;
        }
        self.taken.push(y);
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::svg::OURS;

    #[test]
    fn each_curve_is_drawn_and_named() {
        let curve =
            |name: &str, points: &[(f64, f64)]| Curve { name: name.to_owned(), colour: OURS, points: points.to_vec() };
        let panel = |curves| Panel { title: "µs".to_owned(), curves };
        let curves = Curves {
            title: "Growth".to_owned(),
            axis: "members".to_owned(),
            panels: vec![panel(vec![curve("a", &[(2.0, 5.0), (10.0, 0.5)]), curve("b", &[(2.0, 0.0)])]), panel(vec![])],
        };
        let text = curves.svg();
        assert!(text.contains(">a<") && !text.contains(">b<") && text.contains(">members<"));
        assert_eq!(text.matches("<circle").count(), 2);
    }

    #[test]
    fn powers_of_ten_are_short() {
        assert_eq!([0.01, 0.1, 1.0, 10.0, 1_000.0].map(round), ["0.01", "0.1", "1", "10", "1,000"]);
    }

    #[test]
    fn names_do_not_cover_each_other() {
        let mut names = Names::default();
        let places = [50.0, 55.0, 48.0].map(|y| names.beside(y));
        assert_eq!(places[0], 50.0);
        for (index, one) in places.iter().enumerate() {
            assert!(places[..index].iter().all(|other| (one - other).abs() >= 13.0), "{places:?}");
        }
    }
}
