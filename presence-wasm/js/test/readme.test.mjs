// The examples in the READMEs compile against the package as it is.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** Code blocks of TypeScript, with what their fence says. */
function examples(path) {
  const blocks = readFileSync(path, 'utf8').matchAll(/^```(tsx?)\n([^]*?)^```/gm);
  return [...blocks].map(([, language, code]) => ({ language, code }));
}

for (const [name, path] of [
  ['the repository', '../../../README.md'],
  ['the package', '../README.md'],
]) {
  test(`the examples in the README of ${name} compile`, (t) => {
    const found = examples(here(path));
    assert.ok(found.length >= 2, 'an example in React and one without');
    // Inside the package, so that its own name and its React are found.
    const dir = here(`./.examples-${name.replaceAll(' ', '-')}`);
    t.after(() => rmSync(dir, { recursive: true, force: true }));
    mkdirSync(dir, { recursive: true });
    const files = found.map(({ language, code }, index) => {
      const file = `${dir}/example-${index}.${language}`;
      writeFileSync(file, code);
      return file;
    });
    const options = ['--noEmit', '--strict', '--jsx', 'react-jsx', '--module', 'nodenext', '--target', 'es2022'];
    const lib = ['--lib', 'es2022,dom,dom.iterable', '--ignoreConfig'];
    const tsc = here('../../../node_modules/typescript/bin/tsc');
    try {
      execFileSync(process.execPath, [tsc, ...options, ...lib, ...files], { encoding: 'utf8' });
    } catch (error) {
      assert.fail(error.stdout);
    }
  });
}
