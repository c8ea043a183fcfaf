import { beforeAll, describe, expect, test } from 'vitest';
import { ArgumentError, init, initSync, Linear, runtimeInfo, Sequential } from '../../src/index.ts';
import { expectWords, type Words } from '../errors.ts';
import { wasmBytes } from '../kernels/binaries.ts';
import { builds } from '../kernels/sandbox.ts';
import { thrown } from '../model/helpers.ts';

describe('initSync', () => {
  let module: WebAssembly.Module;
  beforeAll(async () => {
    ({ module } = await init({ kernels: 'simd' }));
  });

  test.each(builds.filter((build) => build !== 'checked'))('takes the %s kernels at once', (build) => {
    const runtime = initSync({ module: new WebAssembly.Module(wasmBytes(build)) });
    expect(runtime.kernels).toBe(build);
    expect(runtimeInfo()).toBe(runtime);
    expect(new Sequential([new Linear(1, 1)]).network.arena.build).toBe(build);
  });

  test('takes the module of a runtime as postMessage carries it', () => {
    const model = new Sequential([new Linear(2, 3)], { seed: 5 });
    const expected = model.forward([1, 2]);
    initSync({ module: structuredClone(module) });
    expect(new Sequential([new Linear(2, 3)], { seed: 5 }).forward([1, 2])).toEqual(expected);
  });

  test('decides, whatever an init before it is waiting for', async () => {
    const slow = init({ wasm: Promise.resolve(wasmBytes('simd')) });
    const runtime = initSync({ module });
    await slow;
    expect(runtimeInfo()).toBe(runtime);
  });

  test.each<[string, unknown, Words]>([
    ['bytes', { module: wasmBytes('simd') }, ['module', 'WebAssembly.Module', 'Uint8Array']],
    ['nothing', undefined, ['module', 'WebAssembly.Module', 'undefined']],
    ['another name', { wasm: 1 }, ['initSync: wasm']],
    [
      'a module of another kind',
      { module: new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0)) },
      ['module', 'exports', 'Module'],
    ],
  ])('refuses %s', (_, opts, message) => {
    const error = thrown(() => initSync(opts as never));
    expect(error).toBeInstanceOf(ArgumentError);
    expectWords(error, message);
  });
});
