// What the build makes in dist/, and whether it is up to date.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { filesBelow } from './assembly.mjs';
import { hashOf, isFresh, keep } from './fresh.mjs';
import { root } from './tools.mjs';

export const dist = join(root, 'dist');
export const command = join(dist, 'cli/main.js');

/** What the build can make: all of dist/, or only the program in it, for `npm start`. */
const OUTPUTS = {
  dist: ['dist/index.js', 'dist/cli/main.js', 'dist/cli/run.js'],
  program: ['dist/cli/main.js', 'dist/cli/run.js'],
};

/** Whether `dist` or `program` is missing, or was made from other sources. */
export function isStale(what = 'dist') {
  // all of dist/ has the program, too
  const made = what === 'dist' ? ['dist'] : ['dist', 'program'];
  const hash = hashOfSources();
  return !made.some((name) => isFresh(name, hash, OUTPUTS[name]));
}

/** Notes that it was made from the sources as they are. */
export function keepMade(what) {
  keep(what, hashOfSources());
}

function hashOfSources() {
  const scripts = readdirSync(join(root, 'scripts')).filter((name) =>
    /^(assembly|b|compile|gemm|sig)/.test(name),
  );
  return hashOf([
    ...['asconfig.json', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'],
    ...scripts.map((name) => `scripts/${name}`),
    ...filesBelow('assembly'),
    ...filesBelow('src'),
  ]);
}
