// Messages as the JSON doors have them.

/** Nothing that the server would take is longer. */
const LONGEST = 8_192;

/** Throws for what is too large: the server closes a line that says as much at once, whenever it is said. */
export function written(type: string, more: object): string {
  const text = JSON.stringify({ type, ...more });
  if (text.length > LONGEST) throw new RangeError(`${type}: too large`);
  return text;
}
