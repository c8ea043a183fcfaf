// Compiles every target of asconfig.json in one process, asserts what ships, and writes the modules with the
// binaries inlined.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import asc from 'assemblyscript/asc';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The builds in the package, inlined and as files. */
export const shipped = ['simd', 'relaxed'];

export async function buildWasm() {
  process.chdir(root);
  await mkdir('build', { recursive: true });
  const names = await kernelNames();
  for (const target of ['checked', ...shipped]) {
    const { error, stderr } = await asc.main(['assembly/index.ts', '--target', target]);
    // Binaryen's remark on its own passes; the result is valid
    const text = stderr.toString().replace(/^Last converge was suboptimal\.\s*/gm, '');
    if (error || text) throw new Error(`asc ${target}: ${text || error.message}`);
    const binary = await readFile(`build/${target}.wasm`);
    const found = WebAssembly.Module.exports(await module(target, binary)).map((e) => e.name);
    same(`${target}: exports`, found.sort(), [...names].sort());
    if (shipped.includes(target)) check(target, binary, await readFile(`build/${target}.wat`, 'utf8'));
    await inline(`test/generated/${target}.ts`, binary);
    if (shipped.includes(target))
      await inline(`src/wasm/generated/${target}.ts`, deflateRawSync(binary, { level: 9 }));
  }
}

/** A module whose default export is the bytes in base64: in the declarations a string, not the text itself. */
async function inline(path, bytes) {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `export default '${bytes.toString('base64')}' as string;\n`);
}

async function kernelNames() {
  const source = await readFile('src/wasm/exports.ts', 'utf8');
  const list = source.slice(source.indexOf('['), source.indexOf('] as const'));
  return [...list.matchAll(/'(\w+)'/g)].map((m) => m[1]);
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
    /\(func \$assembly\/gemm\/(tile\w+)\/[\s\S]*?\(loop([\s\S]*?)\n \)/g,
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
