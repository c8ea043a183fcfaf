// What a page loads of this package: each use bundled and minified by esbuild, every file gzipped at level 9 by itself.
// Of code that is loaded when needed only what the use needs counts: one build of the kernels.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { root } from './tools.mjs';

const CALL_INFERENCE = `
export async function run(bytes) {
  await init({ kernels: 'simd' });
  return Sequential.load(bytes).stream();
}`;

/** Chunks that a use does not load: another build of the kernels, and what stands in for DecompressionStream. */
const NOT_LOADED = /relaxed|inflateRaw/;

/**
 * Uses by name: `code` a module (`beyond`: less what this module has), `without` chunks that this use does not load, `wasm` files it loads as they are, `limit`
 * bytes gzipped (`of`: of its JavaScript alone).
 */
export const USES = {
  'unrolled/core, all of it': {
    code: "export * from 'unrolled/core';",
    without: NOT_LOADED,
    limit: 40_000,
  },
  'unrolled/core: the first example of the README': {
    code: firstExample().replace("'unrolled'", "'unrolled/core'"),
    without: NOT_LOADED,
    limit: 38_500,
  },
  'unrolled/slim, all of it': {
    code: "export * from 'unrolled/slim';",
    wasm: ['dist/simd-core.wasm'],
    of: 'js',
    limit: 26_000,
  },
  'unrolled/inference: load a model, stream it': {
    code: `import { init, Sequential } from 'unrolled/inference';${CALL_INFERENCE}`,
    without: NOT_LOADED,
    limit: 31_000,
  },
  'unrolled, all of it': {
    code: "export * from 'unrolled';",
    without: NOT_LOADED,
    limit: 128_000,
  },
  'unrolled/kernels: sgemm': {
    code: `import { Arena, init, sgemm } from 'unrolled/kernels';
export async function run() {
  await init({ kernels: 'simd' });
  return [Arena, sgemm];
}`,
    without: NOT_LOADED,
    limit: 36_600,
  },
  'unrolled.min.js: one file, both builds of the kernels': {
    code: '',
    wasm: ['dist/unrolled.min.js'],
    limit: 157_000,
  },
  'unrolled/data': { code: "export * from 'unrolled/data';", limit: 9_000 },
  'unrolled/io': { code: "export * from 'unrolled/io';", limit: 8_000 },
  'unrolled/tfjs beyond unrolled': {
    code: "export * from 'unrolled'; export * as tfjs from 'unrolled/tfjs';",
    beyond: "export * from 'unrolled';",
    without: NOT_LOADED,
    limit: 20_000,
  },
};

function firstExample() {
  return readFileSync(join(root, 'README.md'), 'utf8').match(/^```js\n(.*?)^```$/ms)[1];
}

/** Bytes gzipped: JavaScript (with what is inlined in it), files of wasm, and both. */
export async function measure({ code, without, wasm = [], external = [] }, folder = root) {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: folder, sourcefile: 'use.mjs' },
    bundle: true,
    minify: true,
    splitting: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    outdir: join(folder, 'sizes'),
    write: false,
    external,
    logLevel: 'error',
    define: { 'process.env.NODE_ENV': '"production"' },
  });
  const js = sum(
    outputFiles.filter(({ path }) => !without?.test(path)).map(({ contents }) => gzipped(contents)),
  );
  const files = sum(wasm.map((path) => gzipped(readFileSync(join(folder, path)))));
  return { js, wasm: files, total: js + files };
}

function gzipped(bytes) {
  return gzipSync(bytes, { level: 9 }).length;
}

function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0);
}

/** Bytes as kB = 1000 bytes. */
export function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

/** Prints all uses; gives those over their limit. */
export async function checkSizes() {
  const over = [];
  for (const [name, use] of Object.entries(USES)) {
    const size = await measure(use);
    const less = use.beyond ? (await measure({ ...use, code: use.beyond })).total : 0;
    const counted = (use.of === 'js' ? size.js : size.total) - less;
    const what = use.of === 'js' ? `JavaScript ${kB(counted)}` : kB(counted);
    const line = `${name}: ${what} gzipped, at most ${kB(use.limit)}`;
    console.log(line);
    if (counted > use.limit) over.push(line);
  }
  return over;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.exitCode = (await checkSizes()).length ? 1 : 0;
}
