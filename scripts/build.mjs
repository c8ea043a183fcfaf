// Builds all that ships: the kernels, then dist/ from src/. Says nothing unless something is wrong.
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildInlined } from './build-inlined.mjs';
import { buildWasm, shipped } from './build-wasm.mjs';
import { buildBundles } from './bundles.mjs';
import { command, dist } from './dist.mjs';
import { node, root, tool } from './tools.mjs';

/** dist/ from src/, the kernels as they were built before. Gives the compiler's exit code. */
export async function buildDist() {
  const began = Date.now();
  await buildInlined();
  const code = node(tool('typescript', 'tsc'), ['-p', 'tsconfig.build.json']);
  if (code) return code;
  removeOlder(began);
  await buildBundles();
  for (const name of shipped) copyFileSync(join(root, `build/${name}.wasm`), join(dist, `${name}.wasm`));
  dropInlinedMaps();
  chmodSync(command, 0o755);
  utimesSync(command, new Date(), new Date());
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
  for (const room of ['wasm', 'worker', 'audio']) {
    const folder = join(dist, room, 'generated');
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.js'))) {
      rmSync(join(folder, `${name}.map`));
      const text = readFileSync(join(folder, name), 'utf8');
      writeFileSync(join(folder, name), text.replace(/\/\/# sourceMappingURL=.*\n?$/, ''));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildWasm();
  process.exitCode = await buildDist();
}
