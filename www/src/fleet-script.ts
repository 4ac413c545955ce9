// What a small fleet of agents does all day. Pure: chance is given to it.

export interface Deed {
  readonly type: 'session_start' | 'feature_change' | 'tool_execute' | 'activity';
  readonly tool_name?: string;
  readonly cost_tokens?: number;
  readonly feature_id?: string;
  readonly activity?: string;
}

/** Something done, and how long it takes, in ms. */
export interface Turn {
  readonly deed: Deed;
  readonly takes: number;
}

export type Chance = () => number;

interface Step {
  readonly tool: string;
  readonly activity: string;
  /** At least and at most. */
  readonly tokens: readonly [number, number];
}

const step = (tool: string, activity: string, least: number, most: number): Step => ({ tool, activity, tokens: [least, most] });

/** Who does what, in which order, over and over. */
export const ROLES: Readonly<Record<string, readonly Step[]>> = {
  planner: [
    step('Read', 'reading the issue', 800, 2_400),
    step('Grep', 'looking for where it belongs', 300, 900),
    step('Read', 'reading what is there', 1_200, 4_000),
    step('Write', 'writing the plan', 1_500, 5_200),
  ],
  coder: [
    step('Read', 'reading the plan', 600, 1_500),
    step('Edit', 'changing the parser', 1_400, 5_600),
    step('Edit', 'mending what that broke', 900, 3_800),
    step('Bash', 'compiling', 250, 700),
    step('Bash', 'pushing', 150, 400),
  ],
  tester: [
    step('Bash', 'running the tests', 300, 1_200),
    step('Read', 'reading why one failed', 900, 2_600),
    step('Edit', 'writing a test for it', 1_100, 3_000),
    step('Bash', 'running the tests again', 300, 1_200),
  ],
  writer: [
    step('Read', 'reading what changed', 1_000, 3_200),
    step('Edit', 'writing the docs', 900, 2_800),
    step('WebFetch', 'checking a link', 200, 800),
  ],
};

const FEATURES = ['feat-login', 'feat-export', 'feat-search', 'feat-billing', 'feat-dark-mode', 'feat-undo'];

/** Everything an agent does in its session, without end. */
export function* session(role: string, chance: Chance): Generator<Turn, never> {
  const between = (least: number, most: number) => Math.round(least + (most - least) * chance());
  yield { deed: { type: 'session_start', activity: 'getting ready' }, takes: between(300, 1_200) };
  for (;;) {
    const feature = FEATURES[between(0, FEATURES.length - 1)]!;
    yield { deed: { type: 'feature_change', feature_id: feature }, takes: between(400, 900) };
    for (const { tool, activity, tokens } of ROLES[role] ?? []) {
      // Some things are tried more than once.
      for (let tries = between(1, 3); tries > 0; tries -= 1) {
        const deed = { type: 'tool_execute', tool_name: tool, activity, feature_id: feature } as const;
        yield { deed: { ...deed, cost_tokens: between(...tokens) }, takes: between(700, 2_600) };
      }
    }
    yield { deed: { type: 'activity', activity: 'waiting for a review' }, takes: between(3_000, 7_000) };
  }
}
