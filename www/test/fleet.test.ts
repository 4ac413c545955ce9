import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROLES, session, type Turn } from '../src/fleet-script.ts';

/** The first turns of a session, by the same chance each time. */
function turns(role: string, count: number): Turn[] {
  let state = 7;
  const work = session(role, () => {
    state = (state * 16_807) % 2_147_483_647;
    return state / 2_147_483_647;
  });
  return Array.from({ length: count }, () => work.next().value);
}

test('a session begins, then works on one feature after another', () => {
  for (const role of Object.keys(ROLES)) {
    const deeds = turns(role, 200).map(({ deed }) => deed);
    assert.equal(deeds[0]?.type, 'session_start');
    assert.equal(deeds.filter(({ type }) => type === 'session_start').length, 1);
    let feature: string | undefined;
    for (const deed of deeds) {
      if (deed.type === 'feature_change') feature = deed.feature_id;
      if (deed.type === 'tool_execute') assert.equal(deed.feature_id, feature);
    }
    assert.ok(new Set(deeds.map((deed) => deed.feature_id)).size > 2, role);
  }
});

test('every tool costs whole tokens, and nothing else does; nobody is in a hurry or asleep', () => {
  for (const role of Object.keys(ROLES)) {
    for (const { deed, takes } of turns(role, 500)) {
      assert.ok(takes >= 300 && takes <= 7_000);
      if (deed.type !== 'tool_execute') assert.equal(deed.cost_tokens, undefined);
      else assert.ok(Number.isInteger(deed.cost_tokens) && deed.cost_tokens! > 0);
    }
  }
});
