// Compiles every binary in one process, asserts what ships, and writes the modules with the
// binaries inlined.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import asc from 'assemblyscript/asc';
import { writeTiles } from './gemm-tiles.mjs';
import { writeSignatures } from './signatures.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const INFERENCE = 'build/inference.ts';
const CORE = 'build/core.ts';
/** Binaries by name: the target of asconfig.json and the module whose exports they have. */
const binaries = {
  checked: { target: 'checked', entry: 'assembly/index.ts' },
  simd: { target: 'simd', entry: 'assembly/index.ts' },
  relaxed: { target: 'relaxed', entry: 'assembly/index.ts' },
  'simd-core': { target: 'simd', entry: CORE },
  'relaxed-core': { target: 'relaxed', entry: CORE },
  'simd-inference': { target: 'simd', entry: INFERENCE },
  'relaxed-inference': { target: 'relaxed', entry: INFERENCE },
};
/** Those in the package, inlined and as files. */
export const shipped = Object.keys(binaries).filter((name) => name !== 'checked');

export async function buildWasm() {
  process.chdir(root);
  await mkdir('build', { recursive: true });
  const names = await kernelNames();
  await writeTiles();
  await writeSignatures();
  await writeFile(CORE, await entryOf(names.core));
  await writeFile(INFERENCE, await entryOf(names.inference));
  for (const [name, { target, entry }] of Object.entries(binaries)) {
    const files = ['-o', `build/${name}.wasm`, '-t', `build/${name}.wat`];
    const { error, stderr } = await asc.main([entry, '--target', target, ...files]);
    // Binaryen's remark on its own passes; the result is valid
    const text = stderr.toString().replace(/^Last converge was suboptimal\.\s*/gm, '');
    if (error || text) throw new Error(`asc ${name}: ${text || error.message}`);
    const binary = await readFile(`build/${name}.wasm`);
    const found = WebAssembly.Module.exports(await module(target, binary)).map((e) => e.name);
    const expected = entry === INFERENCE ? names.inference : entry === CORE ? names.core : names.all;
    same(`${name}: exports`, found.sort(), [...expected].sort());
    await inline(`test/generated/${name}.ts`, binary);
    if (!shipped.includes(name)) continue;
    check(target, binary, await readFile(`build/${name}.wat`, 'utf8'));
    await inline(`src/wasm/generated/${name}.ts`, deflateRawSync(binary, { level: 9 }));
  }
}

/** assembly/index.ts with fewer names. */
async function entryOf(names) {
  const source = await readFile('assembly/index.ts', 'utf8');
  return source.replace(/^export \{(.*)\} from '\.\/(.*)';\n/gm, (_, list, path) => {
    const kept = list.split(',').filter((name) => names.includes(name.trim()));
    return kept.length ? `export {${kept}} from '../assembly/${path}';\n` : '';
  });
}

/** A module whose default export is the bytes in base64: in the declarations a string, not the text itself. */
async function inline(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `export default '${bytes.toString('base64')}' as string;\n`);
}

async function kernelNames() {
  const files = ['src/wasm/coreExports.ts', 'src/wasm/exports.ts'];
  const sources = await Promise.all(files.map((path) => readFile(path, 'utf8')));
  const [inference, core, others] = sources
    .join('')
    .split('] as const')
    .map((part) => {
      const list = part.slice(part.lastIndexOf('['));
      return [...list.matchAll(/'(\w+)'/g)].map((m) => m[1]);
    });
  return { inference, core: [...inference, ...core], all: [...inference, ...core, ...others] };
}

/** Node 20 compiles relaxed SIMD only behind a flag. */
async function module(target, binary) {
  if (!WebAssembly.validate(binary) && target === 'relaxed') {
    const v8 = await import('node:v8');
    v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  }
  return new WebAssembly.Module(binary);
}

function check(target, binary, wat) {
  same(`${target}: imports`, imports(binary), ['env.memory']);
  for (const part of ['data', 'start', 'table', 'elem', 'global']) {
    if (new RegExp(`^ \\(${part} `, 'm').test(wat)) throw new Error(`${target}: has a ${part} section`);
  }
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
