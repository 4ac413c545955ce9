// Who is typing, in one short sentence however many they are.

/** Null when nobody types. */
export function typingWords(names: readonly string[]): string | null {
  const [first, second] = names;
  if (first === undefined) return null;
  if (second === undefined) return `${first} is typing…`;
  if (names.length === 2) return `${first} and ${second} are typing…`;
  const more = names.length - 2;
  return `${first}, ${second} and ${more} ${more === 1 ? 'other' : 'others'} are typing…`;
}
