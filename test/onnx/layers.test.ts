import { beforeAll, describe, expect, test } from 'vitest';
import { Adam, init, mse, Trainer } from '../../src/index.ts';
import { toModel } from '../../src/onnxModel/index.ts';
import { errorOf, readCases, runCase } from './cases.ts';
import { sessionOf } from './sessionOf.ts';

beforeAll(async () => {
  await init();
});

/** Layers that each export becomes. */
const LAYERS: Readonly<Record<string, string>> = {
  convolution: 'Conv1d Activation MaxPool1d GRU Pool Pool Concat Linear',
  stacked: 'GRU GRU Linear',
  'both-at-last': 'LSTM LastStep Linear',
  normalized: 'LSTM Add LayerNorm Activation',
  'normalized-before-17': 'LSTM Add LayerNorm Activation',
  flipped: 'Reverse LSTM Reverse',
};

/** [A, B, n] as [B, A, n]. */
function swapped(data: ArrayLike<number | bigint>, A: number, B: number): Float32Array {
  const n = data.length / (A * B);
  return Float32Array.from({ length: data.length }, (_, i) => {
    const [b, a, k] = [Math.floor(i / (A * n)), Math.floor(i / n) % A, i % n];
    return Number(data[(a * B + b) * n + k]);
  });
}

describe('exports of layers', async () => {
  const cases = await readCases('layers');

  test('are those that are listed', () => {
    expect(cases.map(({ name }) => name)).toEqual(Object.keys(LAYERS));
  });

  test.each(cases.map((own) => [own.name, own] as const))(
    '%s runs, becomes a model and trains',
    (name, own) => {
      const session = sessionOf(own.model);
      const [output] = own.outputs as [(typeof own.outputs)[number]];
      expect(errorOf(runCase(session, own).y!.data, output)).toBeLessThan(1e-5);
      const model = toModel(session);
      expect(model.layers.map(({ type }) => type).join(' ')).toBe(LAYERS[name]);
      const x = { data: swapped(own.inputs[0]!.data, 2, 6), shape: [6, 2, 3] };
      const y = model.forward({ x }).y!;
      const expected = output.shape.length === 3 ? swapped(output.data, 2, 6) : output.data;
      expect(errorOf(y.data, { ...output, data: expected })).toBeLessThan(1e-5);
      const trainer = new Trainer(model, { loss: { y: mse }, optimizer: new Adam({ lr: 0.02 }) });
      const target = { y: { data: new Float32Array(y.data.length).fill(0.3), shape: y.shape } };
      const first = trainer.step({ x }, target).loss;
      let last = first;
      for (let i = 0; i < 40; i++) last = trainer.step({ x }, target).loss;
      expect(last).toBeLessThan(first);
      session.dispose();
    },
  );
});
