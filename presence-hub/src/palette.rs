//! The colours of a room's members: every one can be read on white and on black.

use presence_model::room::Colour;

/// The `n`th colour: neighbours in `n` lie far apart in hue, and no two of the first 1,000 are equal.
pub fn colour(n: u16) -> Colour {
    const GOLDEN_ANGLE: f64 = 137.507_764;
    // Inside the band of luminance that keeps 3:1 against white and black, with a margin for rounding.
    const DARKEST: f64 = 0.115;
    const BAND: f64 = 0.165;
    let n = f64::from(n);
    let hue = (n * GOLDEN_ANGLE + 217.0) % 360.0;
    let saturation = 0.65 + 0.3 * ((n * 0.569_84) % 1.0);
    let wanted = DARKEST + BAND * ((n * 0.754_878 + 0.4) % 1.0);
    let (mut dark, mut light) = (0.0, 1.0);
    for _ in 0..24 {
        let middle = f64::midpoint(dark, light);
        if luminance(from_hsl(hue, saturation, middle)) < wanted { dark = middle } else { light = middle }
    }
    let [r, g, b] = from_hsl(hue, saturation, dark).map(|part| (part * 255.0).round() as u32);
    Colour(r << 16 | g << 8 | b)
}

fn from_hsl(hue: f64, saturation: f64, lightness: f64) -> [f64; 3] {
    let spread = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset: f64| {
        let k = (offset + hue / 30.0) % 12.0;
        lightness - spread * (k - 3.0).min(9.0 - k).clamp(-1.0, 1.0)
    })
}

fn luminance(rgb: [f64; 3]) -> f64 {
    let [r, g, b] = rgb.map(|part| if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) });
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Contrast against white and against black, as WCAG counts it.
    fn contrasts(colour: Colour) -> (f64, f64) {
        let parts = [colour.0 >> 16 & 255, colour.0 >> 8 & 255, colour.0 & 255].map(|part| f64::from(part) / 255.0);
        let own = luminance(parts);
        (1.05 / (own + 0.05), (own + 0.05) / 0.05)
    }

    #[test]
    fn colours_are_distinct_and_readable_on_white_and_black() {
        let colours: BTreeSet<_> = (0..1_000).map(colour).collect();
        assert_eq!(colours.len(), 1_000);
        for colour in colours {
            let (white, black) = contrasts(colour);
            assert!(white >= 3.0 && black >= 3.0, "{colour}: {white:.2} on white, {black:.2} on black");
        }
    }
}
