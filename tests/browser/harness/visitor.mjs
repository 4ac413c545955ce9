// A person on the demo page: what they do there, what it shows them, and all that it ever showed.

import { own } from './scope.mjs';
import { until } from './wait.mjs';

/**
 * Opens the page for somebody and waits until it is connected.
 *
 * @param {object} t closes it at the end of the test, and tells what the page said if the test failed
 * @param {import('playwright-core').Browser | import('playwright-core').BrowserContext} where in a
 *   browser the person gets a context of their own, in a context one more tab
 * @param {string} url where the page is served
 * @param {string} name
 * @param {{ room?: string }} [options]
 * @returns {Promise<Visitor>}
 */
export async function visit(t, where, url, name, { room = 'lobby' } = {}) {
  const visitor = await open(t, where, name, room);
  await visitor.page.goto(`${url}/?${new URLSearchParams({ name, room })}`);
  await visitor.online();
  return visitor;
}

/** The same person's way in that others take: through the gate. Returns when the page is open. */
export async function comeToGate(t, where, url, name, { room = 'lobby' } = {}) {
  const visitor = await open(t, where, name, room);
  await visitor.page.goto(`${url}/?${new URLSearchParams({ room })}`);
  await visitor.page.getByTestId('name-input').fill(name);
  return visitor;
}

async function open(t, where, name, room) {
  const isBrowser = 'newContext' in where;
  const context = isBrowser ? await where.newContext() : where;
  if (isBrowser) own(t, () => context.close());
  return new Visitor(t, await context.newPage(), name, room);
}

export class Visitor {
  page;
  name;
  room;
  /** Errors that the page threw or wrote to its console. */
  errors = [];

  /**
   * @param {object} t tells what the page said if the test failed
   * @param {import('playwright-core').Page} page one that joined already, or is about to
   */
  constructor(t, page, name, room = 'lobby') {
    this.page = page;
    this.name = name;
    this.room = room;
    page.on('pageerror', (error) => this.errors.push(`${error}`));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    own(
      t,
      () => {},
      () => console.error([`--- errors on the page of ${name}: ${this.errors.length} ---`, ...this.errors].join('\n')),
    );
  }

  /** Waits until the page says that it is connected, and knows who is here. */
  async online({ timeout = 10_000 } = {}) {
    await this.connection('online', { timeout });
    await until(() => this.users(), { is: (rows) => rows.includes(this.name), timeout });
  }

  /** Waits until the banner shows a state, one of several, or any that fits. */
  async connection(is, { timeout = 10_000 } = {}) {
    const banner = this.page.getByTestId('connection');
    const what = `the page of ${this.name} to be ${is}`;
    return until(() => banner.getAttribute('data-state'), { is, timeout, what });
  }

  /** `{ userId, name, sessionId, instanceId }`, as the server told the page. */
  self() {
    return this.page.evaluate(() => window.presence.self.get());
  }

  /** The list of who is here as it is shown, the server's row left out, by name. */
  entries() {
    return this.page.getByTestId('instance').evaluateAll((rows) =>
      rows
        .filter((row) => row.dataset.mode !== 'gateway')
        .map(({ dataset }) => ({
          user: dataset.user,
          instanceId: dataset.instanceId,
          status: dataset.status,
          liveness: dataset.liveness,
          sessions: Number(dataset.sessions),
        }))
        .sort((a, b) => a.user.localeCompare(b.user)),
    );
  }

  /** The users of that list, oneself among them. */
  async users() {
    return (await this.entries()).map(({ user }) => user);
  }

  async entry(user) {
    return (await this.entries()).find((entry) => entry.user === user);
  }

  /** The faces of the room as they are shown, one for each session of a user. */
  members() {
    return this.page.locator('.presence-faces .presence-user').evaluateAll((faces) =>
      faces
        .flatMap(({ dataset: { user, sessions, status, liveness } }) =>
          sessions.split(' ').map((sessionId) => ({ user, sessionId, status, liveness })),
        )
        .sort((a, b) => a.user.localeCompare(b.user) || a.sessionId.localeCompare(b.sessionId)),
    );
  }

  /** Moves the mouse over the shared surface, to fractions of its size. */
  async point(x, y) {
    const box = await this.page.getByTestId('surface').boundingBox();
    await this.page.mouse.move(box.x + x * box.width, box.y + y * box.height);
  }

  /** What is said of who types: one sentence or none. */
  typing() {
    return this.page.locator('.presence-typing-words').allTextContents();
  }

  /** Where cursors are drawn on the surface: fractions of its size, measured on the screen. */
  cursors() {
    return this.page.getByTestId('surface').evaluate((surface) => {
      const box = surface.getBoundingClientRect();
      return [...surface.querySelectorAll('.presence-cursor')].map((cursor) => {
        const at = cursor.getBoundingClientRect();
        return {
          user: cursor.dataset.user,
          x: (at.left - box.left) / box.width,
          y: (at.top - box.top) / box.height,
        };
      });
    });
  }

  /** Waits until one cursor is drawn, this user's, at a place. */
  sees(user, x, y, { timeout = 5000 } = {}) {
    const near = (a, b) => Math.abs(a - b) < 0.01;
    return until(() => this.cursors(), {
      is: (drawn) => drawn.length === 1 && drawn[0].user === user && near(drawn[0].x, x) && near(drawn[0].y, y),
      timeout,
      what: `${this.name} to see the cursor of ${user} at ${x}, ${y}, and no other`,
    });
  }

  /** Says goodbye, as the button does. */
  leave() {
    return this.page.getByRole('button', { name: 'Leave', exact: true }).click();
  }

  /** Says goodbye, and proves the records of others: what they did not note before, they note now. */
  async leaveAndBeMissed(...others) {
    await this.leave();
    for (const other of others) {
      const missed = async () => (await other.comings()).filter(({ who }) => who === this.name).map(({ what }) => what);
      await until(missed, { is: (whats) => ['left', 'went', 'erased'].every((what) => whats.includes(what)) });
    }
  }

  /**
   * From here on the page notes every change that it is told or shows, not only those that somebody
   * looks at in time. See `changes`.
   */
  record() {
    return this.page.evaluate(recordChanges, this.room);
  }

  /**
   * What was noted since `record`, oldest first: `{ what, who, … }`, where `what` is one of
   *
   *   joined, left        the list gained or lost a row (the server's own included)
   *   entered, went       the room gained or lost a session
   *   seated              a session that stayed has another slot or moment of joining
   *   drawn, erased       the page inserted or took away the element of a row or a face
   *   status              a row of the list has another status, liveness or number of sessions
   *   shown               the element of a row or a face shows another status or liveness
   *   typing              `who` is everybody who types in the room now
   *   connection          this page's own line
   *
   * @param {...string} wanted only these; without any, all
   */
  async changes(...wanted) {
    const all = await this.page.evaluate(() => window.recorded);
    return wanted.length === 0 ? all : all.filter(({ what }) => wanted.includes(what));
  }

  /** Whatever would look as if somebody came or went. */
  comings() {
    return this.changes('joined', 'left', 'entered', 'went', 'drawn', 'erased');
  }
}

/** Runs in the page. */
function recordChanges(roomId) {
  const client = window.presence;
  const room = client.room(roomId, { type: 'video' });
  const recorded = (window.recorded = []);
  const note = (what, who, more) => recorded.push({ what, who, at: performance.now(), ...more });

  // These two are told of each update by itself, stores of what came of several.
  client.onJoined((entry) => note('joined', entry.userId, { id: entry.instanceId }));
  client.onLeft((entry) => note('left', entry.userId, { id: entry.instanceId }));

  const shown = new Map(client.instances.get().entries.map((entry) => [entry.id, entry]));
  client.instances.subscribe(({ entries }) => {
    for (const entry of entries) {
      const before = shown.get(entry.id);
      shown.set(entry.id, entry);
      const { status, liveness, sessions } = entry;
      if (before?.status === status && before.liveness === liveness && before.sessions.length === sessions.length) {
        continue;
      }
      note('status', entry.userId, { status, liveness, sessions: sessions.length });
    }
  });

  const byId = (members) => new Map(members.map((member) => [member.sessionId, member]));
  let seated = byId(room.members.get());
  room.members.subscribe((members) => {
    const now = byId(members);
    for (const [id, member] of seated) if (!now.has(id)) note('went', member.userId, { id });
    for (const [id, member] of now) {
      const before = seated.get(id);
      if (!before) note('entered', member.userId, { id });
      else if (before.slot !== member.slot || before.joinedAt !== member.joinedAt) {
        note('seated', member.userId, { id, slot: member.slot, joinedAt: member.joinedAt });
      }
    }
    seated = now;
  });

  room.typing.subscribe((users) => note('typing', users.map(({ userId }) => userId)));
  client.connection.subscribe(({ state, closeCode }) => note('connection', undefined, { state, closeCode }));

  const people = '[data-testid=instance], .presence-user';
  const peopleIn = (nodes) =>
    [...nodes]
      .filter((node) => node instanceof Element)
      .flatMap((node) => [...(node.matches(people) ? [node] : []), ...node.querySelectorAll(people)]);
  new MutationObserver((mutations) => {
    const removed = new Set(mutations.flatMap(({ removedNodes }) => peopleIn(removedNodes)));
    const added = new Set(mutations.flatMap(({ addedNodes }) => peopleIn(addedNodes)));
    const noteAll = (what, elements) => {
      for (const { dataset } of elements) note(what, dataset.user, { element: dataset.testid ?? 'member' });
    };
    // An element that only moved is taken out and put in again.
    noteAll('erased', [...removed].filter((element) => !element.isConnected));
    noteAll('drawn', [...added].filter((element) => !removed.has(element)));
    const changed = mutations.filter(({ type, target }) => type === 'attributes' && target.matches(people));
    for (const { dataset } of new Set(changed.map(({ target }) => target))) {
      const { testid: element = 'member', user, status, liveness } = dataset;
      note('shown', user, { element, status, liveness });
    }
  }).observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ['data-status', 'data-liveness'],
  });
}
