// Text on a colour that somebody else chose.

/** What WCAG asks of small text. */
const READABLE = 4.5;

/**
 * White where that can be read on `#rrggbb`, else black. Not whichever reads better: the server's
 * colours bear both, and neighbours would differ for no reason that shows.
 */
export function inkOn(background: string): string {
  return 1.05 / (luminance(background) + 0.05) >= READABLE ? '#ffffff' : '#000000';
}

function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => linear(parseInt(color.slice(at, at + 2), 16) / 255));
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

function linear(part: number): number {
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
}
