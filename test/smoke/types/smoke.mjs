// TypeScript checks a use of every entry point, and the declarations themselves: the current version, the oldest that is
// supported, and the last that knows moduleResolution node, by that.
import { join } from 'node:path';
import { run as exec } from '../lib/shell.mjs';

const RESOLUTIONS = { nodenext: 'nodenext', node16: 'node16', bundler: 'esnext', node: 'esnext' };

export function variants() {
  const node = '@types/node@20';
  return [
    { title: 'types', packages: ['typescript', node], resolutions: ['nodenext', 'node16', 'bundler'] },
    { title: 'types, TypeScript 5.9', packages: ['typescript@5.9', node], resolutions: ['node'] },
    {
      title: 'types, TypeScript 5.2',
      packages: ['typescript@5.2', node],
      resolutions: ['nodenext', 'bundler', 'node'],
    },
  ];
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
