import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const PROGRAM = `
import * as tf from '@tensorflow/tfjs';
import * as core from '@tensorflow/tfjs-core';
import * as layers from '@tensorflow/tfjs-layers';
import { explain, install } from '${process.cwd()}/src/tfjs/index.ts';

const uninstall = await install(tf, { clipNorm: 1 });
explain(tf.sequential());
uninstall();
await install({ ...core, ...layers });
// @ts-expect-error: not TF.js
await install({});
`;

const OPTIONS = {
  ...{ target: 'es2022', module: 'nodenext', strict: true, exactOptionalPropertyTypes: true },
  ...{ skipLibCheck: true, noEmit: true, allowImportingTsExtensions: true, types: [] },
  lib: ['es2023', 'dom', 'esnext.disposable'],
};

test('install accepts the types of TF.js', () => {
  const folder = mkdtempSync(join(tmpdir(), 'unrolled-types-'));
  try {
    symlinkSync(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
    writeFileSync(join(folder, 'program.mts'), PROGRAM);
    const config = { compilerOptions: OPTIONS, files: ['program.mts'] };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
    const tsc = 'node_modules/typescript/bin/tsc';
    const { stdout, status } = spawnSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(status).toBe(0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
