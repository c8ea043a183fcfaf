import { describe, expect, test } from 'vitest';
import * as core from '../../src/core.ts';
import * as unrolled from '../../src/index.ts';
import * as slim from '../../src/slim.ts';
import { relaxedIsSupported, wasmBytes } from '../kernels/binaries.ts';

describe('unrolled/slim', () => {
  test('has the names of unrolled/core, and all but init are the same', () => {
    expect(Object.keys(slim).sort()).toEqual(Object.keys(core).sort());
    const full = new Map<string, unknown>(Object.entries(core));
    for (const [name, value] of Object.entries(slim)) {
      if (name !== 'init') expect(value, name).toBe(full.get(name));
    }
  });

  test('init without the kernels says what is missing', async () => {
    for (const opts of [undefined, {}, { kernels: 'simd' }]) {
      const error = await slim.init(opts as slim.InitOptions).catch((e) => e);
      expect(error).toBeInstanceOf(slim.ArgumentError);
      expect(error.message).toMatch(/^wasm: .*\bundefined\b/);
    }
  });

  test('init with them compiles them for models of either entry', async () => {
    const { kernels, module } = await slim.init({ wasm: wasmBytes('simd') });
    expect(kernels).toBe('simd');
    expect(unrolled.runtimeInfo().module).toBe(module);
    expect(new slim.Sequential([new slim.LSTM(2, 3)]).forward([1, 2, 3, 4]).shape).toEqual([2, 1, 3]);
  });

  test.runIf(relaxedIsSupported)('init refuses the other build than was asked for', async () => {
    const error = await slim.init({ wasm: wasmBytes('relaxed'), kernels: 'simd' }).catch((e) => e);
    expect(error).toBeInstanceOf(slim.ArgumentError);
  });
});
