import { afterEach, describe, expect, test, vi } from 'vitest';
import * as core from '../../src/core.ts';
import { FeatureError, init, Linear, Sequential, StateError } from '../../src/index.ts';
import * as inference from '../../src/inference.ts';
import { thrown } from '../model/helpers.ts';

const { Module } = WebAssembly;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  WebAssembly.Module = Module;
});

async function rejection(promise: Promise<unknown>): Promise<Error> {
  return promise.then(
    () => expect.fail('nothing was thrown'),
    (error) => error,
  );
}

/** Makes modules by `make`, which is told of each binary. */
function compiling(make: (bytes: BufferSource) => WebAssembly.Module) {
  const told = vi.fn(make);
  WebAssembly.Module = new Proxy(Module, { construct: (_, [bytes]) => told(bytes) });
  return told;
}

/** An engine that refuses the first `count` binaries that it is given. */
function refusing(count: number) {
  const { validate } = WebAssembly;
  let [compiled, validated] = [0, 0];
  vi.spyOn(WebAssembly, 'validate').mockImplementation((bytes) => validated++ >= count && validate(bytes));
  return compiling((bytes) => {
    if (compiled++ < count) throw new WebAssembly.CompileError('invalid numeric opcode');
    return new Module(bytes);
  });
}

/** What engines lack comes first: once compiled, a build stays. */
describe('an engine', () => {
  test.each([undefined, { kernels: 'auto' }, { kernels: 'simd' }, { kernels: 'relaxed' }] as const)(
    'without SIMD: FeatureError, %o',
    async (options) => {
      refusing(Infinity);
      const error = await rejection(init(options));
      expect(error).toBeInstanceOf(FeatureError);
      expect(error.message).toMatch(options?.kernels === 'relaxed' ? /relaxed SIMD/ : /WebAssembly SIMD/);
      expect(thrown(() => new Sequential([new Linear(1, 1)]))).toBeInstanceOf(StateError);
    },
  );

  test('without WebAssembly: FeatureError', async () => {
    vi.stubGlobal('WebAssembly', undefined);
    const error = await rejection(init());
    expect(error).toBeInstanceOf(FeatureError);
    expect(error.message).toContain('WebAssembly');
  });

  test('that forbids compiling (Content-Security-Policy): FeatureError with the reason', async () => {
    const cause = new WebAssembly.CompileError(
      "violates the Content Security Policy directive: 'unsafe-eval'",
    );
    compiling(() => {
      throw cause;
    });
    for (const kernels of ['auto', 'simd'] as const) {
      const error = await rejection(init({ kernels }));
      expect(error).toBeInstanceOf(FeatureError);
      expect(error.message).toMatch(/Content Security Policy/);
      expect(error.cause).toBe(cause);
    }
  });

  test('with SIMD but not relaxed SIMD: auto takes simd', async () => {
    const compile = refusing(1);
    expect((await init()).kernels).toBe('simd');
    expect(compile).toHaveBeenCalledTimes(2);
  });

  test('that has what is needed: nothing is validated twice', async () => {
    const compile = refusing(0);
    expect((await core.init({ kernels: 'simd' })).kernels).toBe('simd');
    expect(compile).toHaveBeenCalledTimes(1);
    expect(WebAssembly.validate).not.toHaveBeenCalled();
  });

  test('that compiles few bytes at once on the main thread: the kernels are compiled on another', async () => {
    compiling(() => {
      throw new RangeError('WebAssembly.Module is disallowed on the main thread, if the buffer is larger');
    });
    const compile = vi.spyOn(WebAssembly, 'compile');
    expect((await inference.init({ kernels: 'simd' })).kernels).toBe('simd');
    expect(compile).toHaveBeenCalledTimes(1);
  });

  test('that has learnt it: a later init() succeeds', async () => {
    await init({ kernels: 'simd' });
    expect(new Sequential([new Linear(1, 1)]).parameterCount).toBe(2);
  });
});
