import { beforeAll, describe, expect, test } from 'vitest';
import { Embedding, Generator, init, LastStep, Linear, LSTM, Sequential } from '../../src/index.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw, kernelBuilds, stepsOf } from './helpers.ts';
import { language, stepwise, V } from './stream-layers.ts';

const T = 23;
const CUTS = [0, 5, 6, 8, 15, 20, 23];

for (const kernels of kernelBuilds) {
  describe(`${kernels}: blocks of steps equal forward and single steps, to the bit`, () => {
    beforeAll(() => init({ kernels }));

    for (const batch of [1, 5]) {
      test.each(stepwise)(`features, %s, batch ${batch}`, (_, layers) => {
        using model = new Sequential([...layers(4), new Linear(11, 3)], { seed: 1 });
        const x = new Draw(2).features(1, T, batch, 4);
        const expected = model.forward(x);
        using stream = model.stream({ batch, block: 7 });
        using single = model.stream({ batch });
        for (const [i, from] of CUTS.slice(0, -1).entries()) {
          const to = CUTS[i + 1]!;
          const part = stepsOf(expected, from, to).data;
          expectSame(stream.steps(stepsOf(x, from, to).data), part, `steps ${from} to ${to}`);
          for (let t = from; t < to; t++) {
            expectSame(single.step(stepsOf(x, t, t + 1).data), stepsOf(expected, t, t + 1).data, `step ${t}`);
          }
        }
      });

      test.each(stepwise)(`indices, %s, batch ${batch}, steps and blocks by turns`, (_, layers) => {
        using model = new Sequential([new Embedding(V, 6), ...layers(6), new Linear(11, V)], { seed: 1 });
        const x = new Draw(2).indices(V, T, batch);
        const expected = model.forward(x);
        using stream = model.stream({ batch, block: 7 });
        for (const [i, from] of CUTS.slice(0, -1).entries()) {
          const to = CUTS[i + 1]!;
          if (i % 2) {
            expectSame(
              stream.steps(stepsOf(x, from, to).data),
              stepsOf(expected, from, to).data,
              `from ${from}`,
            );
          }
          for (let t = from; i % 2 === 0 && t < to; t++) {
            expectSame(stream.step(stepsOf(x, t, t + 1).data), stepsOf(expected, t, t + 1).data, `step ${t}`);
          }
        }
      });
    }
  });
}

describe('steps', () => {
  beforeAll(() => init());

  test('of one length give the same view, until the memory grows', () => {
    const model = language();
    const stream = model.stream({ block: 4 });
    const view = stream.steps([1, 2, 3]);
    expect(stream.steps([4, 5, 6])).toBe(view);
    expect(stream.steps([4, 5])).not.toBe(view);
    expect(stream.steps([4, 5, 6])).toBe(view);
    const before = model.memoryBytes;
    model.forward(new Draw(1).indices(V, 3000, 8));
    expect(model.memoryBytes).toBeGreaterThan(before);
    expect(stream.steps([4, 5, 6]).length).toBe(3 * V);
    expect(view.length).toBe(0);
  });

  test('sample and probabilities are of the last step', () => {
    const stream = language().stream({ batch: 2, block: 4 });
    const output = stream.steps([1, 4, 2, 5, 3, 6]).slice();
    for (const row of [0, 1]) {
      const logits = [...output.subarray((4 + row) * V, (5 + row) * V)];
      expect(stream.sample(new Generator(1), 0, row)).toBe(logits.indexOf(Math.max(...logits)));
      const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
      expect(stream.probabilities(row)[3]).toBeCloseTo(Math.exp(logits[3]!) / total, 6);
    }
  });

  test('streams of one shape share their packed weights, and see an update of them', () => {
    const model = new Sequential([new LSTM(64, 128), new Linear(128, 4)], { seed: 1 });
    const x = new Draw(1).features(1, 64);
    const first = model.stream();
    first.step(x.data);
    const before = model.memoryBytes;
    const streams = Array.from({ length: 40 }, () => model.stream());
    // 40 times the 388 KiB of packed weights would be 15 MiB
    expect(model.memoryBytes - before).toBeLessThan(2 ** 18);
    first.reset();
    const expected = first.step(x.data).slice();
    for (const stream of streams) expectSame(stream.step(x.data), expected, 'output');
    const other = new Sequential([new LSTM(64, 128), new Linear(128, 4)], { seed: 2 });
    model.loadStateDict(other.stateDict());
    const changed = other.forward({ data: x.data, shape: [1, 1, 64] }).data;
    expect(changed).not.toEqual(expected);
    for (const stream of streams) {
      stream.reset();
      expectSame(stream.step(x.data), changed, 'output of other weights');
    }
  });

  test('a LastStep gives each step as the last one so far', () => {
    const model = new Sequential([new LSTM(2, 5), new LastStep(), new Linear(5, 3)], { seed: 1 });
    const x = new Draw(1).features(1, 6, 1, 2);
    const stream = model.stream({ block: 3 });
    const got = [...stream.step(stepsOf(x, 0, 1).data), ...stream.steps(stepsOf(x, 1, 4).data)];
    for (let t = 0; t < 4; t++) {
      expectSame(got.slice(t * 3, t * 3 + 3), model.forward(stepsOf(x, 0, t + 1)).data, `step ${t}`);
    }
  });
});
