// Reactions that float up over the film and are gone. Drawn by hand: nothing of them is state.

/** How long one is seen. */
const SHOWN_MS = 2_200;
/** A crowd that applauds fills the picture, not the page's memory. */
const MOST = 40;

/** Shows one in `layer`, somewhere along its lower edge. */
export function float(layer: HTMLElement, emoji: string, name: string): void {
  if (layer.childElementCount >= MOST) layer.firstElementChild?.remove();
  const element = document.createElement('span');
  element.className = 'reaction';
  element.dataset.testid = 'reaction';
  element.style.left = `${10 + Math.random() * 80}%`;
  element.append(emoji);
  const by = document.createElement('small');
  by.textContent = name;
  element.append(by);
  layer.append(element);
  // Who wants no motion sees it stand still and fade.
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const risen = isStill ? 'none' : 'translateY(-9rem)';
  const steps = [{ opacity: 1 }, { opacity: 1, offset: 0.6 }, { opacity: 0, transform: risen }];
  element.animate(steps, { duration: SHOWN_MS, easing: 'ease-out' }).onfinish = () => element.remove();
}
