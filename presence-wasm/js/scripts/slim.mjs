// wasm-bindgen writes for every browser and every use. What the package's browsers, which all have
// DecompressionStream, and its one class have no use for goes here, piece by piece.

/** A piece of wasm-bindgen's JavaScript, as it stands there once, and what takes its place. */
const PIECES = [
  // Whatever is thrown in a call ends the engine, and an engine's memory goes with its instance: nobody has to
  // give back texts or, if the page forgets an engine, its class.
  ['const PresenceEngineFinalization = §: new FinalizationRegistry(§);'],
  ['PresenceEngineFinalization.unregister(this);'],
  ['PresenceEngineFinalization.register(this, this.__wbg_ptr, this);'],
  ['if (Symbol.dispose) PresenceEngine.prototype[Symbol.dispose] = PresenceEngine.prototype.free;'],
  ['let deferred1_0; let deferred1_1; try {'],
  [
    'deferred1_0 = ret[0]; deferred1_1 = ret[1]; return getStringFromWasm0(ret[0], ret[1]); } finally {',
    'const text = getStringFromWasm0(ret[0], ret[1]);',
  ],
  ['(deferred1_0, deferred1_1, 1); }', '(ret[0], ret[1], 1); return text;'],
  // A table of JavaScript's values: none enters the module.
  ['const table = wasm.§table.set(1027, false);'],
  // A view costs less than the question whether the last one is still good.
  ['let cachedDataViewMemory0 = null;'],
  ['function getDataViewMemory0() {§return cachedDataViewMemory0; }', view('getDataViewMemory0', 'DataView')],
  ['let cachedUint8ArrayMemory0 = null;'],
  ['function getUint8ArrayMemory0() {§return cachedUint8ArrayMemory0; }', view('getUint8ArrayMemory0', 'Uint8Array')],
  ['cachedDataViewMemory0 = null; cachedUint8ArrayMemory0 = null;'],
  // A text is encoded and copied. The other half would write it letter by letter, and need `encodeInto`.
  [
    'function passStringToWasm0(arg, malloc, realloc) { if (realloc === undefined) {',
    'function passStringToWasm0(arg, malloc) {',
  ],
  ['return ptr; } let len = arg.length;§WASM_VECTOR_LEN = offset; return ptr; }', 'return ptr; }'],
  ["if (!('encodeInto' in cachedTextEncoder)) {§}; }; }"],
  // What Safari can decode with one decoder has an end, far above some thousand texts. Making one for each text
  // would cost more than what it decodes.
  [
    'let cachedTextDecoder = §numBytesDecoded = 0; function decodeText(bytes) {§cachedTextDecoder.decode(bytes); }',
    `let decoder, texts = 0;
    function decodeText(bytes) {
      if (!(texts++ % 4096)) decoder = new TextDecoder('utf-8', { ignoreBOM: true });
      return decoder.decode(bytes);
    }`,
  ],
  // Only wasm-bindgen's own loaders, which are left out, ask for these.
  ['let wasmModule, wasmInstance, wasm;', 'let wasm;'],
  ['wasmInstance = instance;'],
  ['wasmModule = module;'],
];

function view(name, type) {
  return `function ${name}() { return new ${type}(wasm.memory.buffer); }`;
}

/** Fails where wasm-bindgen writes otherwise than it did. */
export function slim(script) {
  for (const [piece, instead = ''] of PIECES) script = replaced(script, piece, instead);
  // What counts bytes is written for items of any size, and for memories past 2 GB.
  script = script.replace(/ [*/] 1\b(?!\d)| >>> 0\b/g, '');
  // Nobody asks for a `realloc` any more.
  script = script.replace(/(passStringToWasm0\(\w+, wasm\.\w+), wasm\.\w+\)/g, '$1)');
  return script.replace(/try \{([^{}]*)\} catch \(e\) \{\s*(?:if \(ptr\d\) \{[^{}]*\}\s*)+throw e;\s*\}/g, '$1');
}

/** `§` stands for the least that may stand there, and blanks for any. */
function replaced(script, piece, instead) {
  const literal = (text) => text.trim().replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/ +/g, '\\s*');
  const parts = script.split(new RegExp(piece.split('§').map(literal).join('[^]*?')));
  if (parts.length !== 2) throw new Error(`wasm-bindgen's JavaScript has ${parts.length - 1} of: ${piece}`);
  return parts.join(instead);
}
