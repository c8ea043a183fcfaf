// TypeScript checks a use of every entry point, and the declarations themselves: the current version, the oldest that is
// supported, and the last that knows moduleResolution node, by that.
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

export async function run({ project, note, resolutions }) {
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  const strict = ['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipDefaultLibCheck'];
  strict.push('--target', 'es2022');
  const libraries = ['--lib', 'es2022,dom', '--types', 'node'];
  for (const resolution of resolutions) {
    const how = ['--module', RESOLUTIONS[resolution], '--moduleResolution', resolution];
    exec(process.execPath, [tsc, ...strict, ...libraries, ...how, 'use.ts'], { cwd: project });
    note(`moduleResolution ${resolution}`);
  }
}
