// Text on a colour that somebody else chose.

const DARK = '#10211f';
const LIGHT = '#ffffff';

/** White or near-black, whichever reads better on `#rrggbb`. */
export function inkOn(background: string): string {
  const light = luminance(background);
  // The contrast ratios of WCAG; the dark ink counts as black.
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? LIGHT : DARK;
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16) / 255));
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
