// What the build makes in dist/, and whether it is up to date.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './tools.mjs';

export const dist = join(root, 'dist');
export const command = join(dist, 'cli/main.js');

const FILES = ['asconfig.json', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];
const SCRIPTS = ['build.mjs', 'build-wasm.mjs'].map((name) => `scripts/${name}`);

/** Whether dist/ is missing or older than what it is built from. */
export function isStale() {
  const built = statSync(command, { throwIfNoEntry: false })?.mtimeMs;
  if (built === undefined) return true;
  const sources = [
    ...[...FILES, ...SCRIPTS].map((file) => join(root, file)),
    ...under('assembly'),
    ...under('src'),
  ];
  return sources.some((path) => statSync(path).mtimeMs > built);
}

/** Sources below a folder, without those that the build writes. */
function under(folder) {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths.filter((path) => !/[\\/]generated[\\/]/.test(path));
}
