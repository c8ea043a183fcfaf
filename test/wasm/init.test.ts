import { describe, expect, test } from 'vitest';
import * as core from '../../src/core.ts';
import { ArgumentError, FeatureError, type InitOptions, init, Linear, Sequential } from '../../src/index.ts';
import * as inference from '../../src/inference.ts';
import { expectWords, type Words } from '../errors.ts';
import { relaxedIsSupported, wasmBytes } from '../kernels/binaries.ts';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

function used(): string {
  return new Sequential([new Linear(1, 1)]).network.arena.build;
}

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  );
}

describe('init', () => {
  test('compiles a build once, whenever it is called', async () => {
    const first = await init({ kernels: 'simd' });
    expect(first.kernels).toBe('simd');
    expect(first.module).toBeInstanceOf(WebAssembly.Module);
    expect(await init({ kernels: 'simd' })).toBe(first);
    const [a, b] = await Promise.all([init(), init({ kernels: 'auto' })]);
    expect(a).toBe(b);
  });

  test('auto takes relaxed exactly where it validates', async () => {
    expect((await init()).kernels).toBe(relaxedIsSupported ? 'relaxed' : 'simd');
    expect(used()).toBe(relaxedIsSupported ? 'relaxed' : 'simd');
  });

  test.runIf(relaxedIsSupported)(
    'of two calls at once the last decides, and each gives what it was asked',
    async () => {
      for (const [one, two] of [
        ['simd', 'relaxed'],
        ['relaxed', 'simd'],
        ['auto', 'simd'],
      ] as const) {
        const [a, b] = await Promise.all([init({ kernels: one }), init({ kernels: two })]);
        expect(a.kernels).toBe(one === 'auto' ? 'relaxed' : one);
        expect(b.kernels).toBe(two);
        expect(used()).toBe(two);
      }
    },
  );

  test.runIf(relaxedIsSupported)('a call that takes longer does not undo a later one', async () => {
    let supply: (bytes: Uint8Array<ArrayBuffer>) => void = () => {};
    const slow = init({ wasm: new Promise((resolve) => (supply = resolve)) });
    await init({ kernels: 'relaxed' });
    supply(wasmBytes('simd'));
    expect((await slow).kernels).toBe('simd');
    expect(used()).toBe('relaxed');
  });

  test.runIf(relaxedIsSupported)('models made before keep their kernels', async () => {
    await init({ kernels: 'simd' });
    const model = new Sequential([new Linear(2, 2)], { seed: 1 });
    const before = model.forward([1, 2]);
    await init({ kernels: 'relaxed' });
    expect(model.network.arena.build).toBe('simd');
    expect(model.forward([1, 2])).toEqual(before);
  });

  test.runIf(!relaxedIsSupported)('relaxed, where the engine has it not: FeatureError', async () => {
    expect(await rejection(init({ kernels: 'relaxed' }))).toBeInstanceOf(FeatureError);
  });
});

describe('init({ wasm })', () => {
  const bytes = wasmBytes('simd');
  const shifted = new Uint8Array(bytes.length + 5);
  shifted.set(bytes, 5);
  const respond = () => new Response(bytes, { headers: { 'content-type': 'application/wasm' } });

  test.each<[string, () => NonNullable<InitOptions['wasm']>]>([
    ['a Uint8Array', () => bytes],
    ['an ArrayBuffer', () => bytes.buffer],
    ['a view inside a buffer', () => shifted.subarray(5)],
    ['a DataView', () => new DataView(shifted.buffer, 5)],
    ['a Module', () => new WebAssembly.Module(bytes)],
    ['a Response', respond],
    ['a Response of another type', () => new Response(bytes)],
    ['a promise of bytes', () => Promise.resolve(bytes)],
    ['a promise of a Response', async () => respond()],
    ['a promise of a Module', () => WebAssembly.compile(bytes)],
  ])('takes %s', async (_, wasm) => {
    const runtime = await init({ wasm: wasm() });
    expect(runtime.kernels).toBe('simd');
    expect(used()).toBe('simd');
    expect(new Sequential([new Linear(2, 3)]).forward([1, 2]).shape).toEqual([1, 1, 3]);
  });

  test.each(Object.entries({ unrolled: init, core: core.init, inference: inference.init }))(
    'finds out of a module what is known of an inlined one: %s',
    async (_, start) => {
      for (const kernels of relaxedIsSupported ? (['simd', 'relaxed'] as const) : (['simd'] as const)) {
        const known = await start({ kernels });
        expect(await start({ wasm: known.module })).toEqual(known);
      }
    },
  );

  test.runIf(relaxedIsSupported)('tells the builds apart', async () => {
    expect((await init({ wasm: wasmBytes('relaxed') })).kernels).toBe('relaxed');
    const error = await rejection(init({ wasm: wasmBytes('relaxed'), kernels: 'simd' }));
    expect(error).toBeInstanceOf(ArgumentError);
    expectWords(error, ['wasm', 'simd', 'relaxed']);
  });

  test.each<[string, unknown, Words]>([
    ['an unknown build', { kernels: 'fast' }, ['kernels', 'auto', 'simd', 'relaxed', '"fast"']],
    ['an unknown option', { kernel: 'simd' }, ['init: kernel']],
    ['no options', null, ['the options of init', 'null']],
    ['a path', { wasm: './simd.wasm' }, ['wasm', 'WebAssembly.Module', 'Response', '"./simd.wasm"']],
    ['nothing at last', { wasm: Promise.resolve(undefined) }, ['wasm', 'undefined']],
    ['null', { wasm: null }, ['wasm', 'null']],
    ['another module', { wasm: new Uint8Array(PREAMBLE) }, ['wasm', 'exports']],
    ['another Module', { wasm: new WebAssembly.Module(new Uint8Array(PREAMBLE)) }, ['wasm', 'exports']],
    [
      'no WebAssembly',
      { wasm: new TextEncoder().encode('<!doctype html>') },
      ['wasm', 'WebAssembly', 'Uint8Array(15)'],
    ],
    ['no bytes', { wasm: new ArrayBuffer(0) }, ['wasm', 'WebAssembly', 'ArrayBuffer']],
    [
      'a page that is not there',
      { wasm: new Response('gone', { status: 404 }) },
      ['wasm', 'Response', '404'],
    ],
  ])('refuses %s, and the kernels stay', async (_, options, message) => {
    const before = await init({ kernels: 'simd' });
    const error = await rejection(init(options as InitOptions));
    expect(error).toBeInstanceOf(ArgumentError);
    expectWords(error, message);
    expect(used()).toBe('simd');
    expect(await init({ kernels: 'simd' })).toBe(before);
  });

  test('a promise that fails fails as it did', async () => {
    const cause = new Error('offline');
    expect(await rejection(init({ wasm: Promise.reject(cause) }))).toBe(cause);
  });

  test('a binary that does not compile: FeatureError', async () => {
    const broken = bytes.slice(0, bytes.length - 100);
    expect(await rejection(init({ wasm: broken }))).toBeInstanceOf(FeatureError);
  });
});
