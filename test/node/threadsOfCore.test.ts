import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { init, LSTM, runtimeInfo, Sequential } from '../../src/index.ts';

test.each(['core', 'inference'])(
  'threads with the kernels of unrolled/%s: one thread, said by a warning',
  async (of) => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const wasm = readFileSync(new URL(`../../dist/simd-${of}.wasm`, import.meta.url));
      await init({ wasm, threads: 2 });
      expect(runtimeInfo().threads ?? 1).toBe(1);
      const model = new Sequential([new LSTM(16, 48)], { seed: 1 });
      const x = { data: new Float32Array(40 * 16 * 16).fill(0.1), shape: [40, 16, 16] };
      for (let i = 0; i < 40; i++) expect(model.forward(x).data.every(Number.isFinite)).toBe(true);
      const said = "unrolled: one thread: the given kernels are not those of 'unrolled'";
      if (of === 'core') expect(warn.mock.calls).toEqual([[said]]);
    } finally {
      warn.mockRestore();
    }
  },
);
