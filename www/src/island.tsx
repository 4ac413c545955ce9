// The map that people point at: an invented island, so that a cursor means a place, and the same
// place on every screen. Decoration only; it knows nothing of who is there. `contours.json` has its lines from
// the shoal up to the summits, in a box of 1000 by 620; the clip is drawn with them, too.

import CONTOURS from './contours.json';

/** Names at places, in parts of the surface's width and height, as cursors are. */
const PLACES: readonly (readonly [name: string, x: number, y: number])[] = [
  ['High Seat', 0.365, 0.425],
  ['East Hill', 0.617, 0.545],
  ['Harbour', 0.468, 0.71],
  ['North Sound', 0.575, 0.2],
  ['Seal Rock', 0.087, 0.25],
  ['Lighthouse', 0.905, 0.2],
  ['Skerry', 0.857, 0.8],
];

export function Island() {
  return (
    <div className="island" aria-hidden="true">
      <svg viewBox="0 0 1000 620" preserveAspectRatio="none">
        {CONTOURS.map((path, level) => (
          <path key={level} d={path} className={level === 0 ? 'shoal' : 'land'} />
        ))}
      </svg>
      {PLACES.map(([name, x, y]) => (
        <span key={name} className="place" style={{ left: `${x * 100}%`, top: `${y * 100}%` }}>
          {name}
        </span>
      ))}
    </div>
  );
}
