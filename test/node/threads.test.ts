import { expect, test, vi } from 'vitest';
import { SPAWNS } from '../../src/wasm/threads/spawn.ts';
import { SPAWNS as WORKERS } from '../../src/worker/spawn.ts';
import { expectSameBits } from './threads/helpers.ts';

test('threads end in the middle of a kernel: the same bits, or an error and then the same bits', () => {
  expectSameBits([5]);
});

test('in Deno, workers are threads of Node, which let its process end', async () => {
  vi.stubGlobal('Deno', {});
  vi.stubGlobal('Worker', class {});
  try {
    for (const spawn of [...SPAWNS, ...WORKERS]) {
      const worker = await spawn();
      if (!('unref' in worker)) throw new Error('a Web Worker');
      // there is no script where the sources are
      worker.on('error', () => {});
      expect(await worker.terminate()).toBeTypeOf('number');
    }
  } finally {
    vi.unstubAllGlobals();
  }
});
