// The gateway client of protocol 3 as its authors published it. npm cannot install its package here: one of its
// hundred dependencies is at an address that npm does not serve. The client itself needs six small ones, which
// stand in our package.json, so the package is unpacked beside them.

import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGE = 'clawdbot@2026.1.24-3';
/** Below the workspace, so that its imports find what is installed there. */
const CACHE = fileURLToPath(new URL('../../../target/clawdbot', import.meta.url));
const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

/** The published `GatewayClient`. The first time takes some seconds and 13 MB. */
export async function gatewayClient() {
  const place = join(CACHE, PACKAGE);
  const client = join(place, 'package', 'dist', 'gateway', 'client.js');
  if (!(await exists(client))) await fetchInto(place);
  // It looks for tokens of devices there: not in the home of whoever runs the tests.
  process.env.CLAWDBOT_STATE_DIR = join(CACHE, 'state');
  return (await import(pathToFileURL(client))).GatewayClient;
}

async function fetchInto(place) {
  await mkdir(CACHE, { recursive: true });
  const scratch = await mkdtemp(join(CACHE, 'new-'));
  try {
    // Where no project of ours is around it: there `pack` would mean that one.
    const pack = ['pack', PACKAGE, '--silent', '--pack-destination', scratch];
    const { stdout } = await run(NPM, pack, { cwd: tmpdir() });
    const packed = join(scratch, stdout.trim());
    await run('tar', ['-xzf', packed, '-C', scratch]);
    await rm(packed);
    // Whole, or not at all: somebody may stop us on the way.
    await rm(place, { recursive: true, force: true });
    await rename(scratch, place);
  } catch (error) {
    await rm(scratch, { recursive: true, force: true });
    throw new Error(`${PACKAGE} cannot be had from npm's registry`, { cause: error });
  }
}

async function exists(path) {
  return access(path).then(
    () => true,
    () => false,
  );
}
