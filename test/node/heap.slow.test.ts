import { describe, expect, test } from 'vitest';
import { BlockStream } from '../../src/audio/blockStream.ts';
import * as u from '../../src/index.ts';
import { FLAT, garbage, growth, language, measured, OBJECT, V } from './heap.ts';

measured();

describe('the JavaScript heap stays flat', () => {
  test('over 10,000 steps of a stream', () => {
    const model = language();
    const stream = model.stream();
    const generator = new u.Generator(1);
    let token = 0;
    const step = () => {
      stream.step(token);
      token = stream.sample(generator);
    };
    const bytes = model.memoryBytes;
    expect(growth(10_000, step)).toBeLessThan(FLAT);
    expect(model.memoryBytes).toBe(bytes);
  });

  test('over 1000 streams made and disposed', () => {
    const model = language();
    const visit = (i: number) => {
      using stream = model.stream({ batch: 1 + (i % 3) });
      stream.step(new Array(1 + (i % 3)).fill(i % V));
    };
    expect(growth(1000, visit)).toBeLessThan(FLAT);
  });

  test('over 1000 shapes', () => {
    const model = language();
    model.forward(new Array(100).fill(1));
    const forward = (i: number) =>
      model.forward({ data: new Int32Array(1 + (i % 100)), shape: [1 + (i % 100), 1] });
    expect(growth(1000, forward)).toBeLessThan(FLAT);
  });
});

describe('100,000 steps leave no garbage', () => {
  const stepping: [string, () => (i: number) => void][] = [
    [
      'of a stream with features, every one taken from the last',
      () => {
        const stream = new u.Sequential([new u.GRU(6, 6), new u.Linear(6, 6)]).stream({ batch: 2 });
        let y = stream.step(new Float32Array(12).fill(0.5));
        return () => {
          y = stream.step(y);
        };
      },
    ],
    [
      'of a stream of layers with options',
      () => {
        const stream = new u.Sequential([
          new u.Embedding(V, 4),
          new u.LSTM(4, 6, { layerNorm: true, zoneout: 0.1, projSize: 3 }),
          new u.GRU(3, 4, { resetAfter: false }),
        ]).stream();
        return (i) => stream.step(i % V);
      },
    ],
    [
      'of a stream of convolutions',
      () => {
        const causal = { padding: 'causal', dilation: 2, activation: 'relu' } as const;
        const stream = new u.Sequential([
          new u.Conv1d(2, 3, 3, causal),
          new u.Conv1d(3, 2, 2, causal),
        ]).stream();
        const x = new Float32Array(2).fill(0.5);
        return () => stream.step(x);
      },
    ],
    [
      'in blocks of one to four',
      () => {
        const stream = language().stream({ batch: 2, block: 4 });
        const blocks = [1, 2, 3, 4].map((steps) => Int32Array.from({ length: 2 * steps }, (_, i) => i % V));
        return (i) => stream.steps(blocks[i % 4]!);
      },
    ],
    [
      'of a pool, in changing company',
      () => {
        const pool = language().streams({ capacity: 5 });
        const [a, b, c, d] = [pool.open(), pool.open(), pool.open(), pool.open()];
        const groups = [[a, b], [c, d], [d], [b, c, a], [a, b, c, d]];
        const tokens = groups.map((group) => group.map((_, i) => i));
        return (i) => pool.step(groups[i % 5]!, tokens[i % 5]!);
      },
    ],
  ];

  test.each(stepping)('%s', (_, make) => {
    expect(garbage(10, 100_000, make())).toBeLessThan(OBJECT / 2);
  });

  test.each([1, 2])('of %d rows of samples, in blocks of 128', (batch) => {
    const sound = u.input({ features: 1 });
    const wet = new u.Linear(8, 1).apply(new u.GRU(1, 8).apply(sound).output);
    const graph = new u.Model({ inputs: sound, outputs: new u.Add().apply(wet, sound) });
    for (const model of [new u.Sequential([new u.GRU(1, 8), new u.Linear(8, 1)]), graph]) {
      const blocks = new BlockStream(model, { batch });
      const [from, to] = [0, 1].map(() =>
        Array.from({ length: batch }, () => new Float32Array(128).fill(0.5)),
      );
      expect(garbage(20, 800, () => blocks.process(from!, to!))).toBeLessThan(OBJECT / 2);
    }
  });
});

/** Its result and numbers passed to kernels are 170 to 510 bytes; as much again, since that differs between versions of V8. */
const MOST = 1000;

describe(`a training step leaves less than ${MOST} bytes of garbage`, () => {
  const frames = (steps: number, batch: number, features: number) => ({
    data: new Float32Array(steps * batch * features).fill(0.1),
    shape: [steps, batch, features],
  });

  const translation = (): u.Model => {
    const source = u.input({ indices: V });
    const target = u.input({ features: 3 });
    const encoder = new u.LSTM(4, 5).apply(new u.Embedding(V, 4).apply(source));
    const decoder = new u.LSTM(3, 5).apply(target, { h0: encoder.hN, c0: encoder.cN });
    const context = new u.Attention().apply(decoder.output, encoder.output);
    const next = new u.Linear(10, 3).apply(new u.Concat().apply(decoder.output, context));
    return new u.Model({ inputs: { source, target }, outputs: { next } });
  };
  const sentences = { source: { data: new Int32Array(14), shape: [7, 2] }, target: frames(5, 2, 3) };

  const steps: [string, () => () => void][] = [
    [
      'of a chain',
      () => {
        const trainer = new u.Trainer(language(), {
          loss: u.crossEntropy,
          optimizer: new u.AdamW(),
          carryState: true,
        });
        const x = { data: Int32Array.from({ length: 32 }, (_, i) => i % V), shape: [8, 4] };
        return () => trainer.step(x, x);
      },
    ],
    [
      'of a chain with lengths',
      () => {
        const trainer = new u.Trainer(language(), { loss: u.crossEntropy, optimizer: new u.AdamW() });
        const x = { data: Int32Array.from({ length: 32 }, (_, i) => i % V), shape: [8, 4] };
        const steps = { lengths: Int32Array.of(3, 8, 0, 5) };
        return () => trainer.step(x, x, steps);
      },
    ],
    [
      'of convolutions and pooling',
      () => {
        const layers = [new u.Conv1d(3, 4, 3, { stride: 2 }), new u.MaxPool1d(2), new u.LSTM(4, 4)];
        const trainer = new u.Trainer(new u.Sequential(layers), { loss: u.mse, optimizer: new u.AdamW() });
        const [x, y] = [frames(9, 4, 3), frames(2, 4, 4)];
        return () => trainer.step(x, y);
      },
    ],
    [
      'of a graph with attention',
      () => {
        const trainer = new u.Trainer(translation(), { loss: { next: u.mse }, optimizer: new u.AdamW() });
        const y = { next: frames(5, 2, 3) };
        return () => trainer.step(sentences, y);
      },
    ],
    [
      'of a graph with lengths of two inputs',
      () => {
        const trainer = new u.Trainer(translation(), { loss: { next: u.mse }, optimizer: new u.AdamW() });
        const y = { next: frames(5, 2, 3) };
        const steps = { lengths: { source: Int32Array.of(7, 4), target: Int32Array.of(3, 5) } };
        return () => trainer.step(sentences, y, steps);
      },
    ],
    [
      'of a graph with a mask, a vector and two outputs',
      () => {
        const x = u.input({ features: 3 });
        const about = u.input({ features: 2, steps: false });
        const state = new u.GRU(2, 4).apply(new u.RepeatVector().apply(about, x));
        const all = new u.GRU(7, 4).apply(new u.Concat().apply(x, state));
        const model = new u.Model({
          inputs: { x, about },
          outputs: { each: new u.Linear(4, 3).apply(all), class: new u.Linear(4, V).apply(all.hN) },
        });
        const trainer = new u.Trainer(model, {
          loss: { each: u.mse, class: u.crossEntropy },
          optimizer: new u.AdamW(),
          clipNorm: 1,
        });
        const given = { x: frames(4, 2, 3), about: { data: new Float32Array(4), shape: [2, 2] } };
        const wanted = { each: frames(4, 2, 3), class: Int32Array.of(1, 2) };
        const steps = { mask: Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 0) };
        return () => trainer.step(given, wanted, steps);
      },
    ],
  ];

  test.each(steps)('%s', (_, make) => {
    expect(garbage(40, 1000, make())).toBeLessThan(MOST);
  });
});
