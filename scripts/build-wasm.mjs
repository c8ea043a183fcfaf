// Compiles every binary in one process, asserts what ships, and writes the modules with the
// binaries inlined.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import asc from 'assemblyscript/asc';
import { kernelsOf } from './assembly.mjs';
import { writeTiles } from './gemm-tiles.mjs';
import { writeSignatures } from './signatures.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Binaries by name: the target of asconfig.json, and the entry, assembly/ENTRY.ts. */
const binaries = {
  checked: { target: 'checked', entry: 'index' },
  simd: { target: 'simd', entry: 'index' },
  relaxed: { target: 'relaxed', entry: 'index' },
  'simd-core': { target: 'simd', entry: 'core' },
  'relaxed-core': { target: 'relaxed', entry: 'core' },
  'simd-inference': { target: 'simd', entry: 'inference' },
  'relaxed-inference': { target: 'relaxed', entry: 'inference' },
};
/** Those in the package, inlined and as files. */
export const shipped = Object.keys(binaries).filter((name) => name !== 'checked');

export async function buildWasm() {
  process.chdir(root);
  await mkdir('build', { recursive: true });
  await writeTiles();
  writeSignatures();
  for (const [name, { target, entry }] of Object.entries(binaries)) {
    const files = ['-o', `build/${name}.wasm`, '-t', `build/${name}.wat`];
    const { error, stderr } = await asc.main([`assembly/${entry}.ts`, '--target', target, ...files]);
    // Binaryen's remark on its own passes; the result is valid
    const text = stderr.toString().replace(/^Last converge was suboptimal\.\s*/gm, '');
    if (error || text) throw new Error(`asc ${name}: ${text || error.message}`);
    const binary = await readFile(`build/${name}.wasm`);
    checkExports(entry, WebAssembly.Module.exports(await module(target, binary)));
    await inline(`test/generated/${name}.ts`, binary);
    if (!shipped.includes(name)) continue;
    check(target, binary, await readFile(`build/${name}.wat`, 'utf8'));
    await inline(`src/wasm/generated/${name}.ts`, deflateRawSync(binary, { level: 9 }));
  }
}

/** A module whose default export is the bytes in base64: in the declarations a string, not the text itself. */
async function inline(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `export default '${bytes.toString('base64')}' as string;\n`);
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
