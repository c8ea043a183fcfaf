import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { probe } from '../../src/wasm/revectorize.ts';
import { instantiate } from '../../src/wasm/runtime.ts';
import { selectTiles } from '../../src/wasm/tiles.ts';

const run = promisify(execFile);
const major = Number.parseInt(process.versions.node, 10);

/** Trains a few steps in a process of its own, since the flag is one of the process; prints what came out. */
const script = (kernels: string, revectorize: boolean) => `
  import { createHash } from 'node:crypto';
  import { AdamW, crossEntropy, Embedding, GRU, init, Linear, LSTM, RNN, Sequential, Trainer } from './dist/index.js';
  const { revectorized } = await init({ kernels: '${kernels}', revectorize: ${revectorize} });
  const model = new Sequential([
    new Embedding(30, 24), new LSTM(24, 40), new GRU(40, 33), new RNN(33, 48), new Linear(48, 30),
  ], { seed: 5 });
  const trainer = new Trainer(model, { loss: crossEntropy, optimizer: new AdamW({ lr: 1e-2 }), clipNorm: 1 });
  const shape = [20, 13];
  const x = { data: Int32Array.from({ length: 260 }, (_, i) => (i * i) % 30), shape };
  const y = { data: x.data.map((v) => (v * 7 + 3) % 30), shape };
  for (let i = 0; i < 40; i++) trainer.step(x, y);
  const hash = createHash('sha256');
  for (const { data } of Object.values(model.stateDict())) hash.update(new Uint8Array(data.buffer));
  console.log(JSON.stringify({ revectorized, hash: hash.digest('hex') }));
`;

async function train(kernels: string, revectorize: boolean, flags: string[] = []) {
  const args = [...flags, '--input-type=module', '--eval', script(kernels, revectorize)];
  const { stdout, stderr } = await run(process.execPath, args);
  return { ...(JSON.parse(stdout) as { revectorized: boolean; hash: string }), stderr };
}

describe('init({ revectorize: true })', () => {
  const builds = major >= 22 ? ['simd', 'relaxed'] : ['simd'];
  test.each(builds)('%s: the same bits with and without', async (build) => {
    const plain = await train(build, false);
    const asked = await train(build, true);
    expect(plain.revectorized).toBe(false);
    expect(plain.stderr).toBe('');
    expect(asked.hash).toBe(plain.hash);
    // whether it is in effect is measured, in 250 ms: on a busy machine it may not show; then a warning says so
    expect(asked.stderr === '').toBe(asked.revectorized);
    if (!asked.revectorized) expect(asked.stderr).toContain('unrolled: no 256-bit code');
  });

  test('where clocks stand still, as in workerd, it is not in effect', async () => {
    const bytes = await readFile(new URL('../../dist/simd.wasm', import.meta.url));
    const module = await WebAssembly.compile(bytes);
    let calls = 0;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      if (++calls > 1000) throw new Error('measures for ever');
      return 5;
    });
    try {
      const found = probe(module, { instantiate, selectTiles });
      expect(found).toEqual({ wide: false, ratio: Number.NaN, agrees: true });
    } finally {
      clock.mockRestore();
    }
  });

  test('unrolled info says whether it is in effect, and marks one tile', async () => {
    const args = ['dist/cli/main.js', 'info', '--revectorize', '--tiles'];
    const { stdout, stderr } = await run(process.execPath, args);
    expect(stdout).toMatch(/^256-bit code +(not )?in effect/m);
    expect(stdout.match(/<-- used/g)).toHaveLength(1);
    // one warning where it is not
    expect(stderr.match(/^unrolled: /gm) ?? []).toHaveLength(/^256-bit code +not/m.test(stdout) ? 1 : 0);
  });
});
