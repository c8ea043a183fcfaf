import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw, kernelBuilds, stepsOf } from './helpers.ts';
import { language, V } from './stream-layers.ts';

const T = 12;

const recurrent: [string, (size: number) => u.Layer[]][] = [
  ['rnn', (size) => [new u.RNN(size, 11)]],
  ['relu rnn', (size) => [new u.RNN(size, 11, { nonlinearity: 'relu' })]],
  ['lstm', (size) => [new u.LSTM(size, 11)]],
  ['gru', (size) => [new u.GRU(size, 11)]],
  ['stacked lstm', (size) => [new u.LSTM(size, 11, { numLayers: 3 })]],
  ['stacked gru without biases', (size) => [new u.GRU(size, 11, { numLayers: 2, bias: false })]],
  ['one of each', (size) => [new u.RNN(size, 7), new u.LSTM(7, 6), new u.GRU(6, 11)]],
];

for (const kernels of kernelBuilds) {
  describe(`${kernels}: steps of a stream equal forward over the same steps, to the bit`, () => {
    beforeAll(() => u.init({ kernels }));

    for (const batch of [1, 5]) {
      test.each(recurrent)(`features, %s, batch ${batch}`, (_, layers) => {
        using model = new u.Sequential([...layers(4), new u.Linear(11, 3)], { seed: 1 });
        const x = new Draw(2).features(1, T, batch, 4);
        const expected = model.forward(x);
        using stream = model.stream({ batch });
        for (let t = 0; t < T; t++) {
          expectSame(stream.step(stepsOf(x, t, t + 1).data), stepsOf(expected, t, t + 1).data, `step ${t}`);
        }
      });

      test.each(recurrent)(`indices, %s, batch ${batch}`, (_, layers) => {
        using model = new u.Sequential([new u.Embedding(V, 6), ...layers(6), new u.Linear(11, V)], {
          seed: 1,
        });
        const x = new Draw(2).indices(V, T, batch);
        const expected = model.forward(x);
        using stream = model.stream({ batch });
        for (let t = 0; t < T; t++) {
          const row = stepsOf(x, t, t + 1).data;
          const got = stream.step(batch === 1 && t % 2 ? row[0]! : row);
          expectSame(got, stepsOf(expected, t, t + 1).data, `step ${t}`);
        }
      });
    }
  });
}

describe('Stream', () => {
  beforeAll(() => u.init());

  const tokens = [1, 5, 2, 8, 0, 3];
  const walk = (stream: { step(x: number): Float32Array }) =>
    tokens.map((token) => stream.step(token).slice());

  test('rows keep their own states: each gives what it gives alone', () => {
    const model = language();
    const x = new Draw(4).indices(V, 6, 3);
    const together = model.stream({ batch: 3 });
    const alone = [0, 1, 2].map(() => model.stream());
    for (let t = 0; t < 6; t++) {
      const all = together.step(stepsOf(x, t, t + 1).data).slice();
      for (const [row, stream] of alone.entries()) {
        expectSame(all.subarray(row * V, row * V + V), stream.step(x.data[t * 3 + row]!), `row ${row}`);
      }
    }
  });

  test('two streams at once, training in between and longer inference do not disturb each other', () => {
    const model = language();
    const expected = walk(model.stream());
    const [a, b] = [model.stream(), model.stream({ batch: 2 })];
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0 }) });
    for (const [t, token] of tokens.entries()) {
      expectSame(a.step(token), expected[t]!, `a, step ${t}`);
      expectSame(b.step([token, 0]).slice(0, V), expected[t]!, `b, step ${t}`);
      trainer.step(tokens, tokens);
      model.forward(new Draw(t).indices(V, 50 * (t + 1), 4));
    }
  });

  test('after an update of the weights the next step uses the new ones', () => {
    const [model, other] = [language(), language()];
    const [stream, fresh] = [model.stream(), other.stream()];
    const before = stream.step(1).slice();
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.SGD({ lr: 0.5 }) });
    trainer.step(tokens, tokens);
    stream.reset();
    const after = stream.step(1).slice();
    other.loadStateDict(model.stateDict());
    expectSame(after, fresh.step(1), 'after training');
    expect(after).not.toEqual(before);
    model.loadStateDict(language().stateDict());
    stream.reset();
    expectSame(stream.step(1), before, 'after loadStateDict');
  });

  test('reset starts over', () => {
    const stream = language().stream();
    const first = walk(stream);
    expect(walk(stream)[0]).not.toEqual(first[0]);
    stream.reset();
    expect(walk(stream)).toEqual(first);
  });

  test('many streams made and disposed keep memory flat, and start from zeros', () => {
    const model = language();
    const first = model.stream();
    const expected = walk(first);
    first.dispose();
    const bytes = model.memoryBytes;
    for (let i = 0; i < 300; i++) {
      using stream = model.stream();
      if (i % 50 === 0) expect(walk(stream)).toEqual(expected);
      else stream.step(i % V);
    }
    expect(model.memoryBytes).toBe(bytes);
  });

  test('a stream disposed twice gives its memory once', () => {
    const model = language();
    const stream = model.stream();
    stream.dispose();
    stream.dispose();
    const [a, b] = [model.stream(), model.stream()];
    const expected = walk(a);
    a.reset();
    for (const [t, token] of tokens.entries()) {
      b.step(V - 1);
      expectSame(a.step(token), expected[t]!, `step ${t}`);
    }
  });

  test('a step takes the output of the one before', () => {
    const model = new u.Sequential([new u.GRU(3, 3)], { seed: 1 });
    const [a, b] = [model.stream(), model.stream()];
    let y = a.step([1, 2, 3]);
    let copy = Array.from(b.step([1, 2, 3]));
    for (let t = 0; t < 5; t++) {
      y = a.step(y);
      copy = Array.from(b.step(copy));
      expectSame(y, copy, `step ${t}`);
    }
  });

  test('a single number is the input of a batch of one with one feature', () => {
    const model = new u.Sequential([new u.RNN(1, 3)], { seed: 1 });
    expectSame(model.stream().step(0.7), model.stream().step([0.7]), 'output');
  });
});

describe('sample', () => {
  beforeAll(() => u.init());

  test('the same generator draws the same indices', () => {
    const draw = (seed: number) => {
      const stream = language().stream();
      const generator = new u.Generator(seed);
      stream.step(1);
      return Array.from({ length: 40 }, () => stream.sample(generator, 0.9));
    };
    expect(draw(5)).toEqual(draw(5));
    expect(draw(5)).not.toEqual(draw(6));
  });

  test('draws follow softmax(output / temperature)', () => {
    const stream = language().stream({ batch: 2 });
    const logits = stream.step([1, 4]).slice(V);
    const weights = Array.from(logits, (v) => Math.exp(v / 0.2));
    const total = weights.reduce((a, b) => a + b);
    const generator = new u.Generator(1);
    const counts = new Array(V).fill(0);
    const N = 20_000;
    for (let i = 0; i < N; i++) counts[stream.sample(generator, 0.2, 1)]++;
    for (const [i, weight] of weights.entries()) {
      const p = weight / total;
      expect(Math.abs(counts[i] / N - p), `index ${i}`).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / N));
    }
  });

  test('temperature 0 takes the largest and draws nothing', () => {
    const stream = language().stream({ batch: 3 });
    const generator = new u.Generator(1);
    const state = generator.state;
    for (const row of [0, 1, 2]) {
      const logits = Array.from(stream.step([1, 2, 3]).slice(row * V, row * V + V));
      expect(stream.sample(generator, 0, row)).toBe(logits.indexOf(Math.max(...logits)));
    }
    expect(generator.state).toEqual(state);
  });

  test('a temperature near 0 takes the largest', () => {
    const stream = language().stream();
    stream.step(1);
    const largest = stream.sample(new u.Generator(1), 0);
    for (const temperature of [1e-6, 1e-20, 1e-37, 1e-40, Number.MIN_VALUE]) {
      for (let i = 0; i < 5; i++) {
        expect(stream.sample(new u.Generator(i), temperature), `${temperature}`).toBe(largest);
      }
    }
  });
});

describe('probabilities', () => {
  test('are softmax of the last output, row by row', () => {
    const stream = language().stream({ batch: 2 });
    const output = stream.step([1, 4]).slice();
    for (const row of [0, 1]) {
      const logits = output.subarray(row * V, (row + 1) * V);
      const powers = Array.from(logits, (z) => Math.exp(z));
      const sum = powers.reduce((a, b) => a + b, 0);
      const got = stream.probabilities(row);
      for (const [i, p] of powers.entries()) expect(got[i]).toBeCloseTo(p / sum, 6);
    }
  });

  test('need a step, and a row of the batch', () => {
    const stream = language().stream();
    expectThrows(() => stream.probabilities(), ['step'], u.StateError);
    stream.step(1);
    expectThrows(() => stream.probabilities(1), ['row', '1']);
  });
});
