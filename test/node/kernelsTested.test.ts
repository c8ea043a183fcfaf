import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { KERNEL_NAMES } from '../../src/wasm/generated/kernelNames.ts';

const below = (folder: string) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`);
const tests = below('test/kernels').filter((file) => !/(?:\.slow|\/exports)\.test\.ts$/.test(file));
// optimizers and losses are tested by what calls their kernels, row by row of their tables
const tables = [...below('src/optim'), ...below('src/losses'), 'src/tfjs/optimizerRules.ts'];
const sources = [...tests, ...tables]
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

describe('kernels that tests call', () => {
  for (const name of KERNEL_NAMES.filter((name) => name !== 'is_relaxed')) {
    test(`${name}: is called by a kernel test`, () => {
      // as a method, or by its name in a list of kernels
      expect(sources.includes(`.${name}(`) || sources.includes(`'${name}'`)).toBe(true);
    });
  }
});
