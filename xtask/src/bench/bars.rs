//! Bars in groups: who costs how much under which load.

use crate::bench::statistics::{Summary, number};
use crate::bench::svg::{Anchor, Picture, Scale};

pub(crate) struct Bars {
    pub(crate) title: String,
    /// What a bar's length means.
    pub(crate) unit: String,
    pub(crate) groups: Vec<Group>,
}

/// Bars on a scale of their own.
pub(crate) struct Group {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
}

pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: Summary,
    pub(crate) colour: &'static str,
}

const WIDTH: f64 = 760.0;
const NAMES: f64 = 250.0;
const END: f64 = 640.0;
const LINE: f64 = 22.0;
const THICKNESS: f64 = 14.0;
const HEAD: f64 = 62.0;
const BETWEEN: f64 = 44.0;

impl Bars {
    pub(crate) fn svg(&self) -> String {
        let lines: usize = self.groups.iter().map(|group| group.bars.len()).sum();
        let height = HEAD + lines as f64 * LINE + self.groups.len() as f64 * BETWEEN;
        let mut picture = Picture::new(WIDTH, height, &self.title);
        picture.text(12.0, 26.0, Anchor::Start, "title", &self.title);
        picture.text(12.0, 46.0, Anchor::Start, "quiet", &self.unit);
        let mut y = HEAD;
        for group in &self.groups {
            picture.text(12.0, y + 22.0, Anchor::Start, "", &group.title);
            y += 32.0;
            y = group.draw(&mut picture, y) + BETWEEN - 32.0;
        }
        picture.finish()
    }
}

impl Group {
    /// Draws from `y` on; gives back where it ended.
    fn draw(&self, picture: &mut Picture, mut y: f64) -> f64 {
        let largest = self.bars.iter().map(|bar| bar.value.high).fold(0.0, f64::max);
        let scale = Scale::linear(largest, NAMES, END);
        picture.rule(NAMES, y, NAMES, y + self.bars.len() as f64 * LINE);
        for bar in &self.bars {
            let text = y + LINE / 2.0 + 4.5;
            let end = scale.place(bar.value.median);
            picture.text(NAMES - 8.0, text, Anchor::End, "small", &bar.name);
            picture.bar(NAMES, y + (LINE - THICKNESS) / 2.0, end - NAMES, THICKNESS, bar.colour);
            let high = scale.place(bar.value.high).max(end);
            // From the least to the most that was measured.
            picture.rule(scale.place(bar.value.low), y + LINE / 2.0, high, y + LINE / 2.0);
            picture.text(high + 6.0, text, Anchor::Start, "small", &number(bar.value.median));
            y += LINE;
        }
        y
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::svg::OURS;

    #[test]
    fn each_bar_has_its_name_and_its_figure() {
        let bar =
            |name: &str, value| Bar { name: name.to_owned(), value: Summary::of(&[value]).unwrap(), colour: OURS };
        let group = |title: &str, bars| Group { title: title.to_owned(), bars };
        let bars = Bars {
            title: "Cost".to_owned(),
            unit: "µs".to_owned(),
            groups: vec![group("small", vec![bar("a", 0.25)]), group("large", vec![bar("b", 5.5), bar("c", 10.0)])],
        };
        let text = bars.svg();
        for part in [">a<", ">b<", ">0.25<", ">5.50<", ">10.0<", ">small<"] {
            assert!(text.contains(part), "{part} is not in {text}");
        }
        assert_eq!(text.matches("<rect").count(), 3);
        // The longest bar of a group ends where its scale does.
        assert!(text.contains(&format!(r#"width="{:.1}""#, END - NAMES)));
    }
}
