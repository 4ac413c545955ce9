// What the client costs a page: `cargo xtask bench-client` builds what it needs and runs this. A crowd moves
// in a room that a page watches; Chromium's profiler says whose time and memory that takes. Then pages that
// start the engine on a machine slowed down four times.
//
// Figures are for comparing two states of the code on one machine. Nothing here fails by a figure.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { launch } from '../harness/chromium.mjs';
import { startCrowd } from '../harness/crowd.mjs';
import { startServer } from '../harness/server.mjs';
import { until } from '../harness/wait.mjs';
import { openPage } from './page.mjs';
import { allocated, PARTS, selfTimes } from './profile.mjs';
import { row } from './table.mjs';

const { values: asked } = parseArgs({
  options: {
    out: { type: 'string', default: 'target/bench-client' },
    members: { type: 'string', default: '100' },
    hz: { type: 'string', default: '20' },
    runs: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
    starts: { type: 'string', default: '15' },
    functions: { type: 'string', default: '15' },
  },
});
const number = (name) => {
  const value = Number(asked[name]);
  if (!Number.isSafeInteger(value) || value < 1) throw new Error(`--${name} must be a whole number above zero`);
  return value;
};
const [members, hz, runs, seconds] = ['members', 'hz', 'runs', 'seconds'].map(number);
const [starts, functions] = ['starts', 'functions'].map(number);

/** How much slower than this machine, as Chromium's throttling counts. */
const SLOWER = 4;
/** Before the first run: until the browser has compiled what is hot. */
const WARM_MS = 5_000;
/** A sample so often: fine enough for tenths of a millisecond in a run, and cheap beside what it measures. */
const CPU_EVERY_US = 1_000;
const BYTES_PER_SAMPLE = 4_096;

const closers = [];
const scope = { after: (close) => closers.push(close), error: undefined };
try {
  await mkdir(asked.out, { recursive: true });
  const server = await startServer(scope, { config: { limits: { users_per_room: 2 * members } } });
  const browser = await launch(scope);
  await watch(browser, server);
  await start(browser, server);
} finally {
  for (const close of closers) await close();
}

async function watch(browser, server) {
  const crowd = await startCrowd(scope, server.url, { room: 'lobby', members, hz });
  const { page, cdp, close } = await openPage(browser, server.url, 'watch');
  const seen = () => page.evaluate(() => window.seen);
  await until(async () => (await seen()).cursors, { is: members, timeout: 20_000, what: 'all cursors' });
  await cdp.send('Profiler.enable');
  await cdp.send('Profiler.setSamplingInterval', { interval: CPU_EVERY_US });
  await cdp.send('HeapProfiler.enable');
  await sleep(WARM_MS);

  const [times, bytes, frames, heard] = [[], [], [], []];
  for (let run = 1; run <= runs; run += 1) {
    const before = await seen();
    await cdp.send('Profiler.start');
    await sleep(seconds * 1_000);
    const { profile } = await cdp.send('Profiler.stop');
    const now = await seen();
    const lasted = (profile.endTime - profile.startTime) / 1e6;
    times.push(perSecond(selfTimes(profile), lasted));
    frames.push((now.frames - before.frames) / lasted);
    heard.push((now.messages - before.messages) / lasted);
    await writeFile(join(asked.out, `run-${run}.cpuprofile`), JSON.stringify(profile));

    const sampling = { samplingInterval: BYTES_PER_SAMPLE };
    const collected = { includeObjectsCollectedByMajorGC: true, includeObjectsCollectedByMinorGC: true };
    await cdp.send('HeapProfiler.startSampling', { ...sampling, ...collected });
    await sleep(seconds * 1_000);
    bytes.push(perSecond(allocated((await cdp.send('HeapProfiler.stopSampling')).profile), seconds));
  }
  const { errors } = await seen();
  if (errors.length > 0) throw new Error(`the client told of errors: ${errors}`);
  await close();
  await crowd.end();

  console.log(`\n${members} members at ${hz} Hz, ${runs} runs of ${seconds} s: median, and lowest – highest`);
  console.log(row('messages of the server', heard, '/s'));
  console.log(row('frames with a cursor in them', frames, '/s'));
  console.log('Self time of the main thread');
  const time = (part) => times.map(({ parts }) => parts.get(part) ?? 0);
  for (const part of PARTS) console.log(row(`  ${part}`, time(part), 'ms/s'));
  const engine = times.map(({ parts }) => (parts.get('module') ?? 0) + (parts.get('glue') ?? 0));
  console.log(row('  module and glue together', engine, 'ms/s'));
  console.log(row("  the page's garbage collector", time('collector'), 'ms/s'));
  console.log('Allocated in JavaScript');
  for (const part of PARTS) console.log(row(`  ${part}`, bytes.map(({ parts }) => (parts.get(part) ?? 0) / 1e3), 'kB/s'));
  console.log(`The ${functions} functions with the most self time, last run`);
  const most = [...times.at(-1).functions].sort(([, a], [, b]) => b - a);
  const ours = most.filter(([name]) => PARTS.some((part) => name.startsWith(`${part}: `)));
  for (const [name, ms] of ours.slice(0, functions)) console.log(`${ms.toFixed(3).padStart(9)} ms/s  ${name}`);
}

async function start(browser, server) {
  const times = [];
  for (let count = 0; count < starts; count += 1) {
    const { page, cdp, close } = await openPage(browser, server.url, 'start');
    await cdp.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    times.push(await page.evaluate(() => window.startEngine()));
    await close();
  }
  console.log(`\nFrom the module's text to its first answer, ${SLOWER} times slower, ${starts} new pages`);
  console.log(row('  inflate and compile', times.map(({ compile }) => compile), 'ms'));
  console.log(row('  instantiate, construct, take', times.map(({ answer }) => answer), 'ms'));
  console.log(row('  all of it', times.map(({ all }) => all), 'ms'));
}

function perSecond({ parts, functions }, seconds) {
  const each = (map) => new Map([...map].map(([key, value]) => [key, value / seconds]));
  return { parts: each(parts), functions: each(functions) };
}
