// Puts an element at a point of the surface.

/**
 * It moves by its transform: the browser shifts a finished picture and lays nothing out. The units
 * are those of the surface (`cqw`, `cqh`): when it changes size, every cursor stays on its place.
 * `--x` and `--y` let a label keep away from the edges.
 */
export function place(element: HTMLElement, x: number, y: number): void {
  element.style.setProperty('--x', String(x));
  element.style.setProperty('--y', String(y));
  element.style.transform = `translate(${percent(x)}cqw, ${percent(y)}cqh)`;
  element.dataset.x = String(x);
  element.dataset.y = String(y);
}

function percent(part: number): string {
  return (part * 100).toFixed(3);
}
