// Builds all that ships: the kernels, then dist/ from src/. Says nothing unless something is wrong.
import { chmodSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildWasm } from './build-wasm.mjs';
import { command, dist } from './dist.mjs';
import { node, tool } from './tools.mjs';

/** dist/ from src/, the kernels as they were built before. Gives the compiler's exit code. */
export function buildDist() {
  const began = Date.now();
  const code = node(tool('typescript', 'tsc'), ['-p', 'tsconfig.build.json']);
  if (code) return code;
  removeOlder(began);
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildWasm();
  process.exitCode = buildDist();
}
