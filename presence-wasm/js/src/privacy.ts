// What others see of this page's person. What was chosen in a tab is kept with it: a reload must not
// show whom it hid. Knows no client.

/** What others see of this page's person. */
export interface Privacy {
  /** Takes part at all: stands in the list of who is here, may be in rooms. */
  readonly presence: boolean;
  /** Sees, and is not seen. */
  readonly invisible: boolean;
  /** Others see where the person points. */
  readonly cursor: boolean;
}

const USUAL: Privacy = { presence: true, invisible: false, cursor: true };

/** Beside the session's id, in `sessionStorage`. A duplicated tab gets a copy of it. */
const KEY = 'presence.privacy';

/** `before` with what is chosen of it: what is left out stays, and so does what is to be neither yes nor no. */
export function chosen(before: Privacy = USUAL, choice: unknown): Privacy {
  const given = { ...before, ...(choice as object) };
  const data: { -readonly [key in keyof Privacy]: boolean } = { ...before };
  for (const key of Object.keys(before) as (keyof Privacy)[]) if (typeof given[key] === 'boolean') data[key] = given[key];
  return Object.freeze(data);
}

/** What was chosen in this tab; without a storage that may be read, nothing. */
export function kept(): unknown {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)!); // nothing is read as null
  } catch {
    return undefined;
  }
}

/** Keeps what is now of all that was ever chosen in this tab. Without a storage it lives as long as the page. */
export function keepChoice(choice: Partial<Privacy>, now: Privacy): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(now, Object.keys({ ...(kept() as object), ...choice })));
  } catch {
    // Full or forbidden.
  }
}
