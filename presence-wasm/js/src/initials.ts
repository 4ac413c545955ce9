// What stands for a person where there is no room for a name.

/** The first letters of the first and the last word; whole characters, whatever the script. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter(Boolean);
  const first = words[0];
  if (first === undefined) return '?';
  const last = words.length > 1 ? words[words.length - 1] : undefined;
  return letter(first) + (last === undefined ? '' : letter(last));
}

function letter(word: string): string {
  return [...word][0]?.toLocaleUpperCase() ?? '';
}
