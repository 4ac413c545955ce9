// Whose work it was: a profile's functions, sorted by the file they stand in.

/** What the engine's JavaScript, the rest of the package and the module are called in a table. */
export const PARTS = ['module', 'glue', 'package'];

/** What V8 names so is nobody's function; only the collector is told. */
const NOBODY = new Set(['(root)', '(program)', '(idle)']);

/**
 * A file's part: the engine's folder is the glue around the module, everything else of the package's is the
 * package, and the rest is the page's own.
 */
function partOf({ functionName, url }) {
  if (functionName === '(garbage collector)') return 'collector';
  if (url.startsWith('wasm://')) return 'module';
  if (url.includes('/dist/engine/')) return 'glue';
  if (url.includes('/dist/')) return 'package';
  return 'page';
}

/**
 * Walks down a profile's nodes and gives each a part and the function that it counts for. The browser's own
 * functions have no file: they count for whoever called them.
 */
function* walk(node, children, caller) {
  const { functionName, url } = node.callFrame;
  if (NOBODY.has(functionName)) {
    for (const child of children(node)) yield* walk(child, children, undefined);
    return;
  }
  const isForeign = url === '' && functionName !== '(garbage collector)';
  const owner = isForeign && caller ? caller : { part: isForeign ? 'page' : partOf(node.callFrame) };
  const name = functionName || '(anonymous)';
  const file = url.startsWith('wasm://') ? 'module' : url.split('/').pop();
  yield { node, part: owner.part, name: file ? `${name} ${file}` : name };
  for (const child of children(node)) yield* walk(child, children, owner);
}

/**
 * Self times of a CPU profile, in ms.
 *
 * @param {object} profile as `Profiler.stop` gives it
 * @returns {{ parts: Map<string, number>, functions: Map<string, number> }} functions by `part: name file`
 */
export function selfTimes({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map();
  samples.forEach((id, at) => times.set(id, (times.get(id) ?? 0) + timeDeltas[at] / 1000));
  const children = (node) => (node.children ?? []).map((id) => byId.get(id));
  return summed(walk(nodes[0], children), (node) => times.get(node.id) ?? 0);
}

/**
 * Bytes that were allocated, collected since or not.
 *
 * @param {object} profile as `HeapProfiler.stopSampling` gives it
 */
export function allocated({ head }) {
  return summed(walk(head, (node) => node.children), (node) => node.selfSize);
}

function summed(walked, value) {
  const parts = new Map();
  const functions = new Map();
  const add = (map, key, more) => map.set(key, (map.get(key) ?? 0) + more);
  for (const { node, part, name } of walked) {
    add(parts, part, value(node));
    add(functions, `${part}: ${name}`, value(node));
  }
  return { parts, functions };
}
