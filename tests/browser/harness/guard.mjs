// Ends a process tree even when the test process itself cannot: Ctrl-C, a timeout's SIGTERM and
// SIGKILL end Node without a chance to clean up asynchronously (and the last without any).
//
// A small shell waits on a pipe that only this process holds. When the pipe closes without a word,
// this process is gone, however it went: then the shell kills the group and removes the directory.
// It is in a group of its own, so that a Ctrl-C in the terminal does not reach it.

import { spawn } from 'node:child_process';

// A group whose leader nobody reaps looks alive for ever: hence the bound.
const SCRIPT = `
read -r word && exit 0
test "$1" = 0 || for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  kill -9 -"$1" 2>/dev/null || break
  sleep 0.1
done
test -n "$2" && rm -rf -- "$2"
`;

/**
 * @param {number} pid leader of a process group (spawned with `detached: true`); 0 for none
 * @param {string} [dir] a directory of its own, removed with it
 * @returns {() => void} to be called once both are gone by themselves
 */
export function guard(pid, dir = '') {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'guard', String(pid), dir], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => {});
  shell.stdin.on('error', () => {});
  // Neither may keep a finished test process alive.
  shell.unref();
  shell.stdin.unref();
  return () => shell.stdin.end('done\n');
}

/** Kills a whole group; one that is gone already is what was wanted. */
export function killGroup(pid) {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
