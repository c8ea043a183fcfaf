import { expect, test } from 'vitest';
import { cli, oneLine, widest } from './helper.ts';

const ONLY = 'lstm-step,mingru-step,conv1d-k5-forward,attention-forward,tensor-sum,transpose';

test('bench: a row per work with its rate and the percent of the peak', async () => {
  const { code, out, err } = await cli('bench', '--only', ONLY, '--time', 1e-4, '--json');
  expect([code, err]).toEqual([0, '']);
  const { machine, node, rows } = JSON.parse(out);
  expect([typeof machine, node]).toEqual(['string', process.versions.node]);
  const works = rows.map(({ work }: { work: string }) => work);
  for (const work of ONLY.split(',')) expect(works).toContain(work);
  for (const { us, p25, p75, gflops, percent, engine, shape } of rows) {
    expect(engine).toMatch(/^unrolled-(simd|relaxed)$/);
    expect(Object.values(shape).every(Number.isInteger)).toBe(true);
    for (const number of [us, p25, p75, gflops, percent]) expect(number).toBeGreaterThan(0);
    expect(p25).toBeLessThanOrEqual(us);
    expect(us).toBeLessThanOrEqual(p75);
  }
});

test('bench: a table of at most 80 columns; names that there are not', async () => {
  const { out } = await cli('bench', '--only', 'exp,M64', '--time', 1e-4, '--kernels', 'simd');
  expect(out).toContain('peak of multiply and add: ');
  expect(out).toMatch(/^matmul +M64-N64-K64 +[\d.]+ µs +[\d.]+ GFLOP\/s +\d+ %$/m);
  expect(widest(out)).toBeLessThanOrEqual(80);
  const unknown = await cli('bench', '--only', 'fft');
  expect([unknown.code, oneLine(unknown)]).toEqual([2, expect.stringContaining("no 'fft'")]);
});

test('bench: int8 weights', async () => {
  const { code, out, err } = await cli('bench', '--only', 'int8', '--time', 1e-4, '--json');
  expect([code, err]).toEqual([0, '']);
  const works = JSON.parse(out).rows.map(({ work }: { work: string }) => work);
  expect(works).toEqual(['int8-matmul', 'int8-matmul', 'int8-lstm-step', 'int8-gru-step']);
});
