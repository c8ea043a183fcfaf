// TypeScript checks a use of every entry point, and the declarations themselves, also without the library of pages: the
// current version, the oldest that is supported, and the last that knows moduleResolution node, by that.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run as exec } from '../lib/shell.mjs';
import { versionsOf } from '../lib/versions.mjs';

const RESOLUTIONS = { nodenext: 'nodenext', node16: 'node16', bundler: 'esnext', node: 'esnext' };

/** By version, as in the list of versions. */
const CHECKED = [['nodenext', 'node16', 'bundler'], ['node'], ['nodenext', 'bundler', 'node']];

export function variants() {
  return versionsOf('typescript').map((version, i) => ({
    title: `types, TypeScript ${version}`,
    packages: [`typescript@${version}`, '@types/node'],
    resolutions: CHECKED[i],
  }));
}

/** What is checked, by the libraries it is checked with. */
const FILES = { 'es2022,dom': 'use.ts', es2022: 'entries.ts', 'es2022,webworker': 'entries.ts' };

/** Imports each entry but those that need ioredis. */
function entries(project) {
  const { exports } = JSON.parse(readFileSync(join(project, 'node_modules/unrolled/package.json'), 'utf8'));
  const names = Object.keys(exports).filter((name) => exports[name].types && !name.includes('cluster'));
  return names.map((name) => `import 'unrolled${name.slice(1)}';\n`).join('');
}

export async function run({ project, note, resolutions }) {
  writeFileSync(join(project, 'entries.ts'), entries(project));
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipDefaultLibCheck'];
  strict.push('--target', 'es2022');
  for (const resolution of resolutions) {
    const how = ['--module', RESOLUTIONS[resolution], '--moduleResolution', resolution];
    for (const [lib, file] of Object.entries(FILES)) {
      const libraries = ['--lib', lib, '--types', 'node'];
      exec(process.execPath, [tsc, ...strict, ...libraries, ...how, file], { cwd: project });
    }
    note(`moduleResolution ${resolution}`);
  }
}
