// What the browser says of the machine it runs on. Display only, so a good guess is enough.

export interface Guess {
  /** `Firefox on Linux`: what a person calls this client. */
  readonly host?: string | undefined;
  readonly platform?: string | undefined;
  readonly deviceFamily?: string | undefined;
}

/** The order matters: browsers name each other. */
const BROWSERS = {
  Edge: /Edg\//,
  Opera: /OPR\//,
  Firefox: /Firefox\/|FxiOS\//,
  Chrome: /Chrome\/|CriOS\//,
  Safari: /Safari\//,
};

const SYSTEMS = {
  Android: /Android/,
  iPhone: /iPhone/,
  iPad: /iPad/,
  Mac: /Mac OS X/,
  Windows: /Windows/,
  ChromeOS: /CrOS/,
  Linux: /Linux/,
};

const PLATFORMS: Readonly<Record<string, string>> = { iPhone: 'ios', iPad: 'ios', Mac: 'macos', ChromeOS: 'linux' };

/** What a user agent's text gives away. */
export function guess(agent: string): Guess {
  const first = (names: Readonly<Record<string, RegExp>>): string | undefined =>
    Object.keys(names).find((name) => names[name]!.test(agent)); // one of its own keys
  const system = first(SYSTEMS);
  return {
    host: [first(BROWSERS), system].filter(Boolean).join(' on ') || undefined,
    platform: system && (PLATFORMS[system] ?? system.toLowerCase()),
    deviceFamily: system,
  };
}
