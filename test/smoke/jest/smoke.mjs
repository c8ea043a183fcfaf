// Jest of two majors with its default transform, in Node and in jsdom, configured as docs/guides/where-it-runs.md says.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileOf } from '../lib/documents.mjs';
import { run as exec } from '../lib/shell.mjs';
import { versionsOf } from '../lib/versions.mjs';

export function variants() {
  return versionsOf('jest').map((version) => ({
    title: `jest ${version}`,
    packages: [`jest@${version}`, `jest-environment-jsdom@${version}`, '@babel/preset-env'],
  }));
}

export async function run({ project, note, expected }) {
  const guide = readFileSync(join(project, 'node_modules/unrolled/docs/guides/where-it-runs.md'), 'utf8');
  for (const name of ['jest.config.js', 'babel.config.js'])
    writeFileSync(join(project, name), fileOf(guide, name));
  // a project of CommonJS, as Jest's are
  writeFileSync(join(project, 'package.json'), '{ "private": true }\n');
  renameSync(join(project, 'train.mjs'), join(project, 'train.js'));
  rmSync(join(project, 'smoke.mjs'));
  const test = readFileSync(join(project, 'unrolled.js'), 'utf8').replace('EXPECTED', expected);
  for (const environment of ['node', 'jsdom']) {
    writeFileSync(
      join(project, `${environment}.test.js`),
      `/** @jest-environment ${environment} */\n${test}`,
    );
    exec(process.execPath, [join(project, 'node_modules/jest/bin/jest.js'), environment], { cwd: project });
    note(environment);
  }
}
