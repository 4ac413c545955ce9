// Builds dist: TypeScript by tsc, and dist/engine/glue.js from what `cargo xtask build --module-only`
// left in src/engine (wasm-bindgen's JavaScript, and the module as text).

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { build } from 'esbuild';

import { slim } from './slim.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const bindings = join(root, 'src/engine/presence_wasm.js');
const inlined = join(root, 'src/engine/wasm-inline.gen.js');
const rules = ['user-status', 'playback-rules'].map((name) => join(root, `src/engine/${name}.gen.ts`));

for (const file of [bindings, inlined, ...rules]) {
  if (!existsSync(file)) {
    console.error(`${file} is missing: run \`cargo xtask build --module-only\` first`);
    process.exit(1);
  }
}

// What a renamed source left behind must not be published.
rmSync(join(root, 'dist'), { recursive: true, force: true });
const require = createRequire(import.meta.url);
const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
const compiled = spawnSync(process.execPath, [tsc, '-p', root], { stdio: 'inherit' });
if (compiled.status !== 0) process.exit(1);
const sheets = ['components', 'room-components', 'watch-together', 'agent-widget', 'notifications'].map((name) =>
  readFileSync(join(root, 'src', `${name}.css`), 'utf8'),
);
writeFileSync(join(root, 'dist/components.css'), sheets.join('\n'));
// TypeScript asks for the types of a stylesheet, too.
writeFileSync(join(root, 'dist/components.css.d.ts'), 'export {};\n');

const { default: deflated } = await import(pathToFileURL(inlined));
writeFileSync(
  join(root, 'dist/engine/glue.js'),
  `// Made by scripts/build.mjs from wasm-bindgen's output.\n\nexport const deflated =\n  "${deflated}";\n\n${await factory()}`,
);

/**
 * wasm-bindgen's JavaScript keeps the one instance it serves in variables of its module, for ever.
 * A trapped instance must be replaced by one that shares nothing with it, and importing a file twice
 * works in no bundler; so the whole file becomes the body of a function. That also puts off all it
 * does at its top level, and leaves out its loaders: the package compiles the module itself. The
 * function's parameter is the `host` that the engine's imports name; esbuild lets free names be.
 */
async function factory() {
  const { outputFiles } = await build({
    stdin: {
      contents: `
        import { PresenceEngine, __wbg_finalize_init, __wbg_get_imports } from './presence_wasm.js';
        glue = { PresenceEngine, imports: __wbg_get_imports, finish: __wbg_finalize_init };`,
      resolveDir: dirname(bindings),
    },
    plugins: [{ name: 'internals', setup: (own) => own.onLoad({ filter: /presence_wasm\.js$/ }, withInternals) }],
    bundle: true,
    format: 'iife',
    target: 'es2022',
    write: false,
    banner: { js: 'export function createGlue(host) {\nlet glue;' },
    footer: { js: 'return glue;\n}' },
  });
  return outputFiles[0].text;
}

/** wasm-bindgen exports its ready-made loaders only. If it renames their parts, esbuild says so. */
function withInternals({ path }) {
  return { contents: `${slim(readFileSync(path, 'utf8'))}\nexport { __wbg_finalize_init, __wbg_get_imports };\n` };
}
