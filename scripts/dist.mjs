// What the build makes in dist/, and whether it is up to date.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tools.mjs';

export const dist = join(root, 'dist');
export const command = join(dist, 'cli/main.js');

const KERNELS = [
  'asconfig.json',
  'scripts/assembly.mjs',
  'scripts/build-wasm.mjs',
  'scripts/gemm-tiles.mjs',
  'scripts/signatures.mjs',
];
const OTHERS = ['package.json', 'tsconfig.json', 'tsconfig.build.json', 'scripts/build.mjs'];

/** Whether dist/, or the kernels in it, are missing or older than what they are built from. */
export function isStale() {
  const kernels = time(join(root, 'src/wasm/generated/simd.ts'));
  const sources = [...OTHERS.map((file) => join(root, file)), ...under('src')];
  const newer = (than) => (path) => time(path) > than;
  return (
    [...KERNELS.map((file) => join(root, file)), ...under('assembly')].some(newer(kernels)) ||
    sources.some(newer(time(command)))
  );
}

/** When a file changed; before all times if there is none. */
function time(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? -1;
}

/** Files below a folder. */
function under(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
