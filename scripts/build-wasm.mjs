// Compiles the binaries whose sources changed, one thread per core, asserts what ships, and writes the modules with the
// binaries inlined.
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { deflateRawSync } from 'node:zlib';
import { kernelsOf, reachedFrom } from './assembly.mjs';
import { hashOf, isFresh, keep, writeText } from './fresh.mjs';
import { writeTiles } from './gemm-tiles.mjs';
import { writeSignatures } from './signatures.mjs';
import { root } from './tools.mjs';

/** Binaries by name: the target of asconfig.json, and the entry, assembly/ENTRY.ts. The largest come first. */
const BINARIES = {
  simd: { target: 'simd', entry: 'index' },
  relaxed: { target: 'relaxed', entry: 'index' },
  'simd-core': { target: 'simd', entry: 'core' },
  'relaxed-core': { target: 'relaxed', entry: 'core' },
  'simd-inference': { target: 'simd', entry: 'inference' },
  'relaxed-inference': { target: 'relaxed', entry: 'inference' },
  'simd-quant': { target: 'simd', entry: 'quant' },
  'relaxed-quant': { target: 'relaxed', entry: 'quant' },
  checked: { target: 'checked', entry: 'index' },
  'checked-quant': { target: 'checked', entry: 'quant' },
};
/** Those in the package, inlined. */
const inlined = Object.keys(BINARIES).filter((name) => BINARIES[name].target !== 'checked');
/** Those in the package as files, too. */
export const shipped = inlined.filter((name) => BINARIES[name].entry !== 'quant');
/** What else decides what a binary is. */
const TOOLS = [
  'asconfig.json',
  'scripts/build-wasm.mjs',
  'scripts/compile.mjs',
  'scripts/gemm-tiles.mjs',
  'node_modules/assemblyscript/package.json',
];

/**
 * How far those that ship are optimized, from the most on; all give the same bits. `fast` runs as fast, is 2 % larger and
 * takes 40 % of the time; `quick` is not optimized.
 */
const LEVELS = ['ships', 'fast', 'quick'];
/** Options of entries: only the whole package runs kernels on several threads (assembly/team.ts). */
const FEATURES = { index: ['--enable', 'threads'] };
/** Options besides the target; the configuration says how it ships. */
const ARGUMENTS = { ships: [], fast: ['-O3', '--shrinkLevel', '1'], quick: [] };

/** Builds binaries by their names, default all, but for those that are up to date at their level or a better one. */
export async function buildWasm(names = Object.keys(BINARIES), { level = 'ships' } = {}) {
  process.chdir(root);
  writeTiles();
  writeSignatures();
  const jobs = names.map((name) => jobOf(name, level)).filter((job) => job);
  // asc itself takes as long to start as one quick binary to compile
  const threads = Math.min(level === 'quick' ? 1 : availableParallelism(), jobs.length);
  await Promise.all(Array.from({ length: threads }, () => run(jobs)));
}

/** What is to be done for a binary; nothing where it is up to date. */
function jobOf(name, asked) {
  const { target, entry } = BINARIES[name];
  const level = target === 'checked' ? 'ships' : asked;
  const sources = [...reachedFrom(`assembly/${entry}.ts`), ...TOOLS];
  const hash = hashOf(sources, target);
  const outputs = [`build/${name}.wasm`, ...modulesOf(name)];
  const hashAt = (one) => (one === 'ships' ? hash : `${one} ${hash}`);
  const enough = LEVELS.slice(0, LEVELS.indexOf(level) + 1);
  if (enough.some((one) => isFresh(name, hashAt(one), outputs))) return undefined;
  return { name, target, entry, level, hash: hashAt(level) };
}

/** The modules that hold a binary. */
function modulesOf(name) {
  return [`test/generated/${name}.ts`, ...(inlined.includes(name) ? [`src/wasm/generated/${name}.ts`] : [])];
}

/** Takes jobs until none is left, on a thread of its own. */
async function run(jobs) {
  const thread = new Worker(new URL('compile.mjs', import.meta.url));
  try {
    for (let job = jobs.shift(); job; job = jobs.shift()) await build(thread, job);
  } catch (error) {
    jobs.length = 0;
    throw error;
  } finally {
    await thread.terminate();
  }
}

async function build(thread, { name, target, entry, level, hash }) {
  const ships = level === 'ships';
  const files = ['-o', `build/${name}.wasm`, ...(ships ? ['-t', `build/${name}.wat`] : [])];
  const options = [...ARGUMENTS[level], ...(FEATURES[entry] ?? [])];
  const how = ['--target', ships ? target : `${target}-quick`, ...options];
  const complaint = await compiled(thread, [`assembly/${entry}.ts`, ...how, ...files]);
  if (complaint) throw new Error(`asc ${name}: ${complaint}`);
  const binary = await readFile(`build/${name}.wasm`);
  checkExports(entry, WebAssembly.Module.exports(await module(target, binary)));
  if (ships && target !== 'checked')
    check(target, entry, binary, await readFile(`build/${name}.wat`, 'utf8'));
  for (const path of modulesOf(name)) {
    inline(path, path.startsWith('test/') ? binary : await deflated(binary, ships));
  }
  keep(name, hash);
}

/** What asc complains of, if anything. */
function compiled(thread, args) {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.postMessage(args);
  });
}

/** As raw DEFLATE. What ships takes zopfli: 5 % smaller than zlib at its best, in about a second of CPU each. */
export async function deflated(binary, smallest) {
  if (!smallest) return deflateRawSync(binary, { level: 9 });
  const { default: zopfli } = await import('@gfx/zopfli');
  return Buffer.from(await zopfli.deflateAsync(binary, { numiterations: 5 }));
}

/** A module whose default export is the bytes in base64: in the declarations a string, not the text itself. */
function inline(path, bytes) {
  writeText(path, `export default '${bytes.toString('base64')}' as string;\n`);
}

/** TypeScript is told of the kernels that are in the binary, no more and no fewer. */
function checkExports(entry, exports) {
  const found = new Set(exports.map(({ name }) => name));
  const told = new Set(kernelsOf(entry).map(({ name }) => name));
  const odd = [...found, ...told].find((name) => found.has(name) !== told.has(name));
  if (!odd) return;
  throw new Error(
    `assembly/${entry}.ts: ${odd} is ${found.has(odd) ? '' : 'not '}in the binary; write its export as the others`,
  );
}

/** Node 20 compiles relaxed SIMD only behind a flag. */
async function module(target, binary) {
  if (!WebAssembly.validate(binary) && target === 'relaxed') {
    const v8 = await import('node:v8');
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  return new WebAssembly.Module(binary);
}

function check(target, entry, binary, wat) {
  same(`${target}: imports`, imports(binary), [...(entry === 'index' ? ['env.lost'] : []), 'env.memory']);
  // a thread's place in its team is the only thing that is not in the memory
  const parts = ['start', 'table', 'elem', ...(entry === 'index' ? [] : ['global'])];
  for (const part of parts) {
    if (new RegExp(`^ \\(${part} `, 'm').test(wat)) throw new Error(`${target}: has a ${part} section`);
  }
  // assembly/constants.ts has a table at the memoryBase of asconfig.json
  const data = [...wat.matchAll(/^ \(data \S+ \(i32\.const (\d+)\)/gm)].map(([, at]) => at);
  same(`${target}: data`, data, target === 'relaxed' ? ['12288'] : []);
  const relaxed = (wat.match(/relaxed_\w+/g) ?? []).length;
  if (target === 'relaxed' ? relaxed === 0 : relaxed > 0) {
    throw new Error(`${target}: ${relaxed} relaxed instructions`);
  }
  // the k-loop of every GEMM tile reads A by splat, never lane by lane
  for (const [, name, body] of wat.matchAll(
    /\(func \$assembly\/gemm\/(?:generated\/tiles|\w+)\/(tile\d\w+)[\s\S]*?\(loop([\s\S]*?)\n \)/g,
  )) {
    if (!body.includes('v128.load32_splat')) throw new Error(`${target}: ${name} has no load32_splat`);
    if (/\(f32\.load/.test(body)) throw new Error(`${target}: ${name} loads scalars in its loop`);
  }
}

function imports(binary) {
  return WebAssembly.Module.imports(new WebAssembly.Module(binary)).map((i) => `${i.module}.${i.name}`);
}

function same(what, found, expected) {
  if (found.join() !== expected.join())
    throw new Error(`${what}: ${found.join()} instead of ${expected.join()}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildWasm();
