/// <reference types="vite/client" />
import { describe, expect, test } from 'vitest';
import { KERNEL_NAMES } from '../../src/wasm/generated/kernelNames.ts';
import { wasmBytes } from './binaries.ts';
import { builds, Sandbox } from './sandbox.ts';

const sources = Object.values(
  import.meta.glob<string>(
    // optimizers and losses are tested by what calls their kernels, row by row of their tables
    [
      './*.ts',
      '!./*.slow.test.ts',
      '!./exports.test.ts',
      '../../src/optim/**/*.ts',
      '../../src/losses/**/*.ts',
      '../../src/tfjs/optimizerRules.ts',
    ],
    { query: '?raw', import: 'default', eager: true },
  ),
).join('\n');

describe('exports', () => {
  for (const name of KERNEL_NAMES.filter((name) => name !== 'is_relaxed')) {
    test(`${name}: is called by a kernel test`, () => {
      // as a method, or by its name in a list of kernels
      expect(sources.includes(`.${name}(`) || sources.includes(`'${name}'`)).toBe(true);
    });
  }

  test('is_relaxed: 1 in the relaxed build alone', () => {
    for (const build of builds) {
      expect(new Sandbox(build, 0).kernels.is_relaxed(), build).toBe(build === 'relaxed' ? 1 : 0);
    }
  });

  for (const build of builds) {
    test(`${build}: exports exactly the kernels`, () => {
      const found = WebAssembly.Module.exports(new WebAssembly.Module(wasmBytes(build))).map((e) => e.name);
      expect(found.sort()).toEqual([...KERNEL_NAMES].sort());
    });
  }
});
