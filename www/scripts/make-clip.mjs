// Makes public/clip.webm, the film that the demo's room watches: a minute around the island of the page, with a clock
// that tells which moment is shown. `node www/scripts/make-clip.mjs` draws it in Chromium and encodes it there.

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

import { launch } from '../../tests/browser/harness/chromium.mjs';
import { drawFrame } from './clip-frame.mjs';
import { webm } from './webm.mjs';

const FILM = { width: 640, height: 360, frameMs: 50, seconds: 60, keyMs: 3_000, bitsPerSecond: 48_000 };
const OUT = fileURLToPath(new URL('../public/clip.webm', import.meta.url));

const contours = JSON.parse(readFileSync(new URL('../src/contours.json', import.meta.url), 'utf8'));
const font = createRequire(import.meta.url).resolve(
  '@fontsource-variable/instrument-sans/files/instrument-sans-latin-wght-normal.woff2',
);

const browser = await launch();
try {
  const page = await browser.newPage();
  // Encoders are for secure pages only, which an address of this machine is, whoever answers.
  await page.route('http://localhost/', (route) => route.fulfill({ contentType: 'text/html', body: '<canvas>' }));
  await page.goto('http://localhost/');
  const given = { ...FILM, contours, font: readFileSync(font).toString('base64'), draw: `${drawFrame}` };
  const frames = await page.evaluate(encode, given);
  const { width, height, frameMs } = FILM;
  const file = webm(
    { codec: 'V_VP9', width, height, frameMs },
    frames.map(({ data, ...frame }) => ({ ...frame, data: Buffer.from(data, 'base64') })),
  );
  writeFileSync(OUT, file);
  console.log(`${OUT}: ${frames.length} frames, ${file.length} bytes`);
} finally {
  await browser.close();
}

/** Runs in the page: draws each frame and gives back what the encoder made of it. */
async function encode({ width, height, frameMs, seconds, keyMs, bitsPerSecond, contours: lines, font: woff, draw }) {
  const face = new FontFace('Clip', `url(data:font/woff2;base64,${woff})`, { weight: '400 700' });
  document.fonts.add(await face.load());
  const context = new OffscreenCanvas(width, height).getContext('2d');
  const drawOn = new Function(`return ${draw}`)();
  const land = lines.map((line) => new Path2D(line));
  const length = seconds * 1_000;

  const frames = [];
  let failure;
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const at = Math.round(chunk.timestamp / 1_000) - length;
      if (at < 0) return;
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      frames.push({ at, isKey: chunk.type === 'key', data: btoa(String.fromCharCode(...data)) });
    },
    error: (error) => (failure = error),
  });
  const framerate = 1_000 / frameMs;
  encoder.configure({ codec: 'vp09.00.21.08', width, height, framerate, bitrate: bitsPerSecond, contentHint: 'text' });
  // The end comes before the beginning, too, and is dropped: an encoder is at its best when it has seen some.
  for (let at = -2 * keyMs; at < length; at += frameMs) {
    drawOn(context, land, (at + length) % length, length);
    const frame = new VideoFrame(context.canvas, { timestamp: (at + length) * 1_000, duration: frameMs * 1_000 });
    // Often, so that a seek has little to decode.
    encoder.encode(frame, { keyFrame: at % keyMs === 0 });
    frame.close();
    while (encoder.encodeQueueSize > 10) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await encoder.flush();
  if (failure) throw failure;
  return frames;
}
