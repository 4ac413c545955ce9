// What the page posts as agents and backends do. A server without keys takes it from anybody; one with keys wants a
// backend's key, which no page has.

/** Nobody answered: it may be said again. */
export class Unanswered extends Error {
  constructor(cause: unknown) {
    super('The server does not answer.', { cause });
  }
}

/** What the server answered; an error says why not. */
export async function say(path: string, body: object, options: RequestInit = {}): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', ...options.headers };
  const request = { ...options, method: 'POST', headers, body: JSON.stringify(body) };
  const answer = await fetch(path, request).catch((error: unknown) => {
    throw new Unanswered(error);
  });
  const told: unknown = await answer.json().catch(() => null);
  if (answer.ok) return isRecord(told) ? told : {};
  const error = isRecord(told) && isRecord(told['error']) ? told['error']['message'] : undefined;
  throw new Error(typeof error === 'string' ? error : `the server answered with ${answer.status}`);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
