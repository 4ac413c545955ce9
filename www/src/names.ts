// The name a person goes by on this page: offered, remembered, kept through a reload. And that of their fleet.

/** What this browser remembers for next time. */
const REMEMBERED = 'presence-demo.name';
/** That this tab is inside, so that a reload does not show the gate again. */
const INSIDE = 'presence-demo.inside';

/** What the agents of this tab's fleet have in their names. */
const FLEET = 'presence-demo.fleet';

/** Longer ones are signed tokens somebody pasted: a secret, not a name. */
const LONGEST_NAME = 64;

export function guestName(): string {
  return `Guest ${10 + Math.floor(Math.random() * 990)}`;
}

export function rememberedName(): string | null {
  return read(() => localStorage, REMEMBERED);
}

export function nameInside(): string | null {
  return read(() => sessionStorage, INSIDE);
}

export function rememberName(name: string): void {
  if (name.length > LONGEST_NAME) return;
  write(() => localStorage, REMEMBERED, name);
  write(() => sessionStorage, INSIDE, name);
}

/** The gate shows again; the name is still offered there. */
export function forgetInside(): void {
  write(() => sessionStorage, INSIDE, null);
}

/** The same for all fleets of a tab: each start with agents of its own would leave four more behind. */
export function fleetName(): string {
  const name = read(() => sessionStorage, FLEET) ?? Math.random().toString(36).slice(2, 5).padEnd(3, '0');
  write(() => sessionStorage, FLEET, name);
  return name;
}

// Storage is a convenience: a browser that forbids it, or has no room, shows the page all the same.

function read(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

function write(storage: () => Storage, key: string, value: string | null): void {
  try {
    if (value === null) storage().removeItem(key);
    else storage().setItem(key, value);
  } catch {
    // See above.
  }
}
