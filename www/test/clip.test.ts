// The clip is a file that only players read; here it is read as they do.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const clip = readFileSync(new URL('../../../public/clip.webm', import.meta.url));

const SEGMENT = 0x18538067;
const INFO = 0x1549a966;
const DURATION = 0x4489;
const CUES = 0x1c53bb6b;
const CUE_TIME = 0xb3;
const CUE_POSITIONS = 0xb7;
const CUE_CLUSTER = 0xf1;
const CLUSTER = 0x1f43b675;
const TIMESTAMP = 0xe7;
const BLOCK = 0xa3;
const KEY_FRAME = 0x80;

interface Element {
  readonly id: number;
  /** Of the element itself. */
  readonly start: number;
  readonly body: Buffer;
}

/** The elements that stand one after the other in `bytes`. */
function elements(bytes: Buffer): Element[] {
  const found: Element[] = [];
  for (let at = 0; at < bytes.length; ) {
    const start = at;
    const idLength = Math.clz32(bytes[at]!) - 23;
    const id = bytes.readUIntBE(at, idLength);
    at += idLength;
    const sizeLength = Math.clz32(bytes[at]!) - 23;
    const size = bytes.readUIntBE(at, sizeLength) - 2 ** (7 * sizeLength);
    at += sizeLength;
    found.push({ id, start, body: bytes.subarray(at, at + size) });
    at += size;
  }
  return found;
}

const child = (parent: Buffer, id: number) => elements(parent).find((element) => element.id === id)!.body;
const number = (bytes: Buffer) => bytes.readUIntBE(0, bytes.length);

test('the clip is a minute long, and small', () => {
  assert.equal(child(child(child(clip, SEGMENT), INFO), DURATION).readDoubleBE(), 60_000);
  assert.ok(clip.length < 400_000, `${clip.length} bytes`);
});

test('each cue leads to a cluster of its time that begins with a key frame, and one comes every 3 s', () => {
  const segment = child(clip, SEGMENT);
  const clusters = new Map(elements(segment).flatMap(({ id, start, body }) => (id === CLUSTER ? [[start, body]] : [])));
  const times = elements(child(segment, CUES)).map(({ body }) => {
    const cluster = clusters.get(number(child(child(body, CUE_POSITIONS), CUE_CLUSTER)))!;
    const time = number(child(body, CUE_TIME));
    assert.equal(number(child(cluster, TIMESTAMP)), time);
    const block = child(cluster, BLOCK);
    assert.deepEqual([block.readInt16BE(1), block[3]], [0, KEY_FRAME]);
    return time;
  });
  assert.equal(times.length, clusters.size, 'every cluster has one');
  assert.deepEqual(times, Array.from({ length: 20 }, (_, index) => index * 3_000));
});

test('there is a frame every 50 ms', () => {
  const times = elements(child(clip, SEGMENT))
    .filter(({ id }) => id === CLUSTER)
    .flatMap(({ body }) => {
      const begin = number(child(body, TIMESTAMP));
      return elements(body).flatMap((one) => (one.id === BLOCK ? begin + one.body.readInt16BE(1) : []));
    });
  assert.deepEqual(times, Array.from({ length: 1_200 }, (_, index) => index * 50));
});
