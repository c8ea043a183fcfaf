// Builds all that ships: the kernels, then dist/ from src/. With --program only what `npm start` runs. Says nothing unless
// something is wrong.
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rewriteDeclarations } from './build-declarations.mjs';
import { buildInlined } from './build-inlined.mjs';
import { buildWasm, shipped } from './build-wasm.mjs';
import { buildBundles, buildProgram } from './bundles.mjs';
import { command, dist, keepMade } from './dist.mjs';
import { node, root, tool } from './tools.mjs';

/** dist/ from src/, the kernels as they were built before. Gives the compiler's exit code. */
async function buildDist() {
  const began = Date.now();
  await buildInlined();
  const code = node(tool('typescript', 'tsc'), ['-p', 'tsconfig.build.json']);
  if (code) return code;
  removeOlder(began);
  rewriteDeclarations(dist);
  await buildBundles();
  for (const name of shipped) copyFileSync(join(root, `build/${name}.wasm`), join(dist, `${name}.wasm`));
  dropInlinedMaps();
  chmodSync(command, 0o755);
  keepMade('dist');
  return 0;
}

/** What the compiler did not write just now has lost its source. */
function removeOlder(time) {
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    // file systems round times
    if (entry.isFile() && statSync(path).mtimeMs < time - 2000) rmSync(path);
  }
}

/** A source map of a module that is one base64 text would hold that text again. */
function dropInlinedMaps() {
  for (const room of ['wasm', 'wasm/threads', 'worker', 'audio']) {
    const folder = join(dist, room, 'generated');
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
      rmSync(join(folder, `${name}.map`));
      const text = readFileSync(join(folder, name), 'utf8');
      writeFileSync(join(folder, name), text.replace(/\/\/# sourceMappingURL=.*\n?$/, ''));
    }
  }
}

/** A module with one relaxed instruction, i8x16.relaxed_swizzle. */
const RELAXED = Uint8Array.from([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0],
  ...[65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
]);

if (process.argv.includes('--program')) {
  // the other build gives its results, too
  const [runs, other] = WebAssembly.validate(RELAXED) ? ['relaxed', 'simd'] : ['simd', 'relaxed'];
  await Promise.all([buildWasm([runs], { level: 'fast' }), buildWasm([other], { level: 'quick' })]);
  await buildProgram();
  keepMade('program');
} else {
  await buildWasm();
  process.exitCode = await buildDist();
}
