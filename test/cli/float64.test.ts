import { writeFileSync } from 'node:fs';
import { beforeAll, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { readKeras } from '../../src/keras/index.ts';
import { inFloat64 } from '../../src/modelFiles/float64.ts';
import type { Value } from '../../src/modelFiles/opened.ts';
import { kerasCases } from '../fixtures/keras/read.ts';
import { Draw } from '../model/helpers.ts';
import { cli, folder } from './helper.ts';

beforeAll(() => init({ kernels: 'simd' }));

test('models one layer after the other give in float64 what Keras gives', async () => {
  let count = 0;
  for (const { name, file, inputs, outputs } of await kerasCases()) {
    const given = inputs.map(({ shape, ...rest }) => ({ ...rest, type: 'float32', dims: shape }));
    const found = inFloat64(readKeras(file), given);
    if (!found) continue;
    count++;
    const [{ shape, data }] = outputs as [(typeof outputs)[number]];
    expect(found[0]!.dims, name).toEqual(shape);
    for (const [i, value] of data.entries())
      expect(Math.abs(Number(found[0]!.data[i]) - value), `${name} ${i}`).toBeLessThan(1e-5);
  }
  expect(count).toBeGreaterThan(9);
});

/** A recurrent layer of large weights, which amplifies rounding at each of many steps. */
function amplifying() {
  const [T, H] = [300, 24];
  const draw = new Draw(3);
  const shapes = { kernel: [2, H], recurrent_kernel: [H, H], bias: [H] };
  const scales = { kernel: 0.5, recurrent_kernel: 1, bias: 0.1 };
  const weights = Object.entries(shapes).map(([name, shape]) => {
    const scale = scales[name as keyof typeof scales];
    const length = shape.reduce((a, b) => a * b, 1);
    return {
      name: `rnn/${name}`,
      shape,
      data: Float32Array.from({ length }, () => scale * (2 * draw.next() - 1)),
    };
  });
  const config = { name: 'rnn', units: H, activation: 'tanh', batch_input_shape: [null, T, 2] };
  const layers = [{ class_name: 'SimpleRNN', config }];
  const model = {
    modelTopology: { class_name: 'Sequential', config: { name: 'm', layers } },
    weightsManifest: [
      {
        paths: ['shard.bin'],
        weights: weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' })),
      },
    ],
  };
  const bytes = new Float32Array(weights.flatMap(({ data }) => [...data]));
  const x: Value = {
    name: 'x',
    type: 'float32',
    dims: [1, T, 2],
    data: Array.from({ length: 2 * T }, () => 2 * draw.next() - 1),
  };
  return { model: JSON.stringify(model), shard: new Uint8Array(bytes.buffer), x };
}

test('float64 decides where float32 is too far from an oracle, and says so', async () => {
  const { model, shard, x } = amplifying();
  const path = folder();
  writeFileSync(path('model.json'), model);
  writeFileSync(path('shard.bin'), shard);
  const files = { 'model.json': new TextEncoder().encode(model), 'shard.bin': shard };
  const [exact] = inFloat64(readKeras(files), [x])!;
  const run = async (data: readonly number[]) => {
    const oracle = { inputs: [x], outputs: [{ ...exact!, data }] };
    writeFileSync(path('oracle.json'), JSON.stringify(oracle));
    return cli('run', path('model.json'), '--oracle', path('oracle.json'));
  };
  const data = Array.from(exact!.data, Number);
  const good = await run(data);
  expect(good.code).toBe(0);
  expect(good.out).toMatch(/in float64 \(float32: .*\)\n1 passed, 0 failed/);
  const bad = await run(data.map((value, i) => (i ? value : value + 0.01)));
  expect(bad.code).toBe(1);
  expect(bad.out).not.toMatch(/float64/);
});
