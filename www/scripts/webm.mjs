// Writes a WebM file of one video track (EBML, as https://www.matroska.org/technical/elements.html lists it). Each
// cluster begins with a key frame and has a cue, so that a player lands on any frame it seeks.

/** Ids of elements, which say their own length. */
const ID = {
  ebml: 0x1a45dfa3,
  ebmlVersion: 0x4286,
  ebmlReadVersion: 0x42f7,
  ebmlMaxIdLength: 0x42f2,
  ebmlMaxSizeLength: 0x42f3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  flagLacing: 0x9c,
  codecId: 0x86,
  defaultDuration: 0x23e383,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueTrack: 0xf7,
  cueClusterPosition: 0xf1,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  simpleBlock: 0xa3,
};

const TRACK = 1;
const VIDEO = 1;
const NANOS_IN_MS = 1_000_000;
/** In a block's flags. */
const KEY_FRAME = 0x80;

/**
 * @param {{ codec: 'V_VP8' | 'V_VP9', width: number, height: number, frameMs: number }} track
 * @param {readonly { at: number, isKey: boolean, data: Uint8Array }[]} frames by time, in whole ms; the first is a key frame
 * @returns {Buffer}
 */
export function webm({ codec, width, height, frameMs }, frames) {
  const head = element(ID.ebml, [
    uint(ID.ebmlVersion, 1),
    uint(ID.ebmlReadVersion, 1),
    uint(ID.ebmlMaxIdLength, 4),
    uint(ID.ebmlMaxSizeLength, 8),
    text(ID.docType, 'webm'),
    uint(ID.docTypeVersion, 4),
    uint(ID.docTypeReadVersion, 2),
  ]);
  const info = element(ID.info, [
    uint(ID.timestampScale, NANOS_IN_MS),
    float(ID.duration, frames.at(-1).at + frameMs),
    text(ID.muxingApp, 'webm.mjs'),
    text(ID.writingApp, 'webm.mjs'),
  ]);
  const tracks = element(ID.tracks, [
    element(ID.trackEntry, [
      uint(ID.trackNumber, TRACK),
      uint(ID.trackUid, TRACK),
      uint(ID.trackType, VIDEO),
      uint(ID.flagLacing, 0),
      text(ID.codecId, codec),
      uint(ID.defaultDuration, frameMs * NANOS_IN_MS),
      element(ID.video, [uint(ID.pixelWidth, width), uint(ID.pixelHeight, height)]),
    ]),
  ]);
  const clusters = clustersOf(frames);
  // Every number in the cues is as long as any other, so they are as long before their places are known.
  const before = info.length + tracks.length + cuesFor(clusters, 0).length;
  return Buffer.concat([
    head,
    element(ID.segment, [info, tracks, cuesFor(clusters, before), ...clusters.map(({ bytes }) => bytes)]),
  ]);
}

function clustersOf(frames) {
  const groups = [];
  for (const frame of frames) {
    if (frame.isKey) groups.push([]);
    groups.at(-1).push(frame);
  }
  return groups.map((group) => {
    const { at } = group[0];
    return { at, bytes: element(ID.cluster, [uint(ID.timestamp, at), ...group.map((frame) => block(frame, at))]) };
  });
}

function block({ at, isKey, data }, clusterAt) {
  const head = Buffer.alloc(4);
  head[0] = 0x80 | TRACK;
  head.writeInt16BE(at - clusterAt, 1);
  head[3] = isKey ? KEY_FRAME : 0;
  return element(ID.simpleBlock, [head, data]);
}

function cuesFor(clusters, first) {
  let position = first;
  const points = clusters.map(({ at, bytes }) => {
    const places = [uint(ID.cueTrack, TRACK), uint(ID.cueClusterPosition, position)];
    position += bytes.length;
    return element(ID.cuePoint, [uint(ID.cueTime, at), element(ID.cueTrackPositions, places)]);
  });
  return element(ID.cues, points);
}

function element(id, parts) {
  const body = Buffer.concat(parts);
  const size = Buffer.alloc(4);
  // A size of four bytes begins with 0001.
  size.writeUInt32BE(0x10000000 | body.length);
  return Buffer.concat([idBytes(id), size, body]);
}

function idBytes(id) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(id);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

function uint(id, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return element(id, [bytes]);
}

function float(id, value) {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return element(id, [bytes]);
}

function text(id, value) {
  return element(id, [Buffer.from(value)]);
}
