import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { init, LSTM, runtimeInfo, Sequential } from '../../src/index.ts';
import { Rule } from '../../src/wasm/threads/rule.ts';

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

test('what is measured of a kernel holds for all models of an init', async () => {
  const { times } = Rule.prototype;
  const rules = new Set<Rule>();
  const spy = vi.spyOn(Rule.prototype, 'times').mockImplementation(function (this: Rule, ...args) {
    rules.add(this);
    return times.apply(this, args);
  });
  try {
    await init({ kernels: 'simd', threads: 2 });
    const x = { data: new Float32Array(40 * 16 * 16), shape: [40, 16, 16] };
    for (const seed of [1, 2]) new Sequential([new LSTM(16, 48)], { seed }).forward(x);
    expect(spy.mock.calls.length).toBeGreaterThan(1);
    expect(rules.size).toBe(1);
  } finally {
    spy.mockRestore();
    await init({ kernels: 'simd' });
  }
});
