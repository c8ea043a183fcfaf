import { describe, expect, test } from 'vitest';
import { KERNEL_NAMES } from '../../src/wasm/generated/kernelNames.ts';
import { wasmBytes } from './binaries.ts';
import { builds, Sandbox } from './sandbox.ts';

describe('exports', () => {
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
