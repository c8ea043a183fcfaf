// TypeScript checks a use of every entry point, and the declarations themselves.
import { join } from 'node:path';
import { run as exec } from '../lib/shell.mjs';

export const packages = ['typescript', '@types/node@20'];

export async function run({ project, note }) {
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  const strict = [
    '--noEmit',
    '--strict',
    '--exactOptionalPropertyTypes',
    '--target',
    'es2022',
    '--types',
    'node',
  ];
  const libraries = ['--lib', 'es2022,dom'];
  for (const [module, resolution] of [
    ['nodenext', 'nodenext'],
    ['esnext', 'bundler'],
  ]) {
    const how = ['--module', module, '--moduleResolution', resolution];
    exec(process.execPath, [tsc, ...strict, ...libraries, ...how, 'use.ts'], { cwd: project });
    note(`moduleResolution ${resolution}`);
  }
}
