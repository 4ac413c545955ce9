import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comment, EMOJIS, LONGEST_COMMENT, readSaid } from '../src/said.ts';

test('a comment is trimmed, and not longer than others take it', () => {
  assert.deepEqual(comment('  hi \n', 1.5), { type: 'comment', text: 'hi', at: 1.5 });
  assert.equal(comment(' \t ', 0), null);
  assert.equal(comment('x'.repeat(LONGEST_COMMENT + 9), 0)?.text.length, LONGEST_COMMENT);
});

test('a comment is cut between characters, and has no half of one', () => {
  const filled = 'x'.repeat(LONGEST_COMMENT - 1);
  for (const [text, said] of [
    [`${filled}🎉`, filled],
    [`${filled.slice(1)}🎉`, `${filled.slice(1)}🎉`],
    [`${filled.slice(1)}🎉🎉`, `${filled.slice(1)}🎉`],
    ['hi \ud83c there', 'hi \ufffd there'],
  ] as const) {
    assert.equal(comment(text, 0)?.text, said);
  }
});

test('what a page says is what another reads', () => {
  for (const said of [comment('hi', 12.25), { type: 'reaction', emoji: EMOJIS[0]![0], timestamp: 3 }]) {
    assert.deepEqual(readSaid(JSON.parse(JSON.stringify(said))), said);
  }
});

test('what others say may be anything, and is left alone unless it is known', () => {
  for (const data of [
    null,
    undefined,
    7,
    'comment',
    [],
    {},
    { type: 'comment' },
    { type: 'comment', text: 7, at: 0 },
    { type: 'comment', text: ' ', at: 0 },
    { type: 'comment', text: 'hi', at: -1 },
    { type: 'comment', text: 'hi', at: '1' },
    { type: 'comment', text: 'hi' },
    { type: 'reaction', emoji: '<b>', timestamp: 1 },
    { type: 'reaction' },
    { type: 'other', text: 'hi', at: 0 },
  ]) {
    assert.equal(readSaid(data), null, JSON.stringify(data));
  }
});

test('a reaction without a moment is still one', () => {
  assert.deepEqual(readSaid({ type: 'reaction', emoji: '🎉' }), { type: 'reaction', emoji: '🎉', timestamp: 0 });
});
