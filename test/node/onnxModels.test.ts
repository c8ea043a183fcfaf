import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';

/** A folder of models: index.json lists them, with inputs and outputs of the file's own runtime. */
const folder = process.env.UNROLLED_MODELS;
if (!folder) console.warn('SKIPPED: ONNX models of others. UNROLLED_MODELS=FOLDER gives a folder of them.');

interface Entry {
  readonly path: string;
  readonly format: string;
  readonly oracle?: string;
}

interface Oracle {
  readonly inputs: readonly { name: string; dims: number[]; data: number[] }[];
  readonly outputs: readonly { name: string; dims: number[]; data: number[] }[];
}

/** Half a step of float32 below 1: runtimes compute 1/(1 + e^−x) as 0.5 + …, so that small results have this error. */
const ROUNDING = 2 ** -24;

const entries: Entry[] =
  folder && existsSync(join(folder, 'index.json'))
    ? JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')).filter((e: Entry) => e.format === 'onnx')
    : [];

describe.skipIf(!folder)('ONNX models of others', () => {
  beforeAll(async () => {
    await init();
  });

  test('there are some', () => {
    expect(entries.length).toBeGreaterThan(0);
  });

  test.each(entries.map((entry) => [entry.path, entry] as const))('%s', async (_, { path, oracle }) => {
    const session = await loadOnnx(readFileSync(join(folder!, path)));
    if (!oracle) return;
    const { inputs, outputs }: Oracle = JSON.parse(readFileSync(join(folder!, oracle), 'utf8'));
    const results = session.run(
      Object.fromEntries(
        inputs.map(({ name, dims, data }) => [name, { shape: dims, data: data.map(Number) }]),
      ),
    );
    for (const { name, dims, data } of outputs) {
      const got = results[name]!;
      expect(got.shape).toEqual(dims);
      const largest = Math.max(...data.map((v) => Math.abs(Number(v))));
      const worst = Math.max(...data.map((v, i) => Math.abs(Number(v) - Number(got.data[i]))));
      expect(worst).toBeLessThanOrEqual(1e-4 * largest + ROUNDING);
    }
    session.dispose();
  });
});
