import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw } from '../model/helpers.ts';
import { thorough } from '../thorough.ts';

const V = 6;
const HIDDEN = thorough ? 256 : 96;

function language(): u.Sequential {
  return new u.Sequential([new u.Embedding(V, 8), new u.LSTM(8, HIDDEN), new u.Linear(HIDDEN, V)], {
    seed: 1,
  });
}

function make(opts: Partial<u.TrainerOptions> = {}): u.Trainer {
  return new u.Trainer(language(), {
    loss: u.crossEntropy,
    optimizer: new u.SGD({ lr: 0.1 }),
    carryState: true,
    ...opts,
  });
}

function tokens(steps: number, batch: number) {
  return new Draw(steps + batch).indices(V, steps, batch);
}

beforeAll(async () => {
  await u.init({ kernels: 'simd' });
});

/** Bytes of the states h and c of `rows` rows. */
const states = (rows: number) => rows * 2 * HIDDEN * 4;

describe('memory is bounded by the largest call, not by how many different ones there were', () => {
  test.each<[string, Partial<u.TrainerOptions>, number, number]>([
    ['whole sequences', {}, 2, 1],
    ['truncation', { truncation: { k1: 1, k2: 2 } }, 3, 3],
    ['a memory budget', { memoryBudget: 2_000_000 }, 12, 6],
  ])('batches of 3 to 60 rows with states carried, %s', (_, opts, steps, sets) => {
    const [trainer, other] = [make(opts), make(opts)];
    const { bytes } = other.model.plan({ steps, batch: 60 });
    const rising = Array.from({ length: 20 }, (_, i) => 3 * (i + 1));
    const mixed = rising.map((_, i) => rising[(i * 7) % 20]!);
    for (const batch of [...rising, ...mixed]) {
      trainer.resetState();
      trainer.step(tokens(steps, batch), tokens(steps, batch));
    }
    // a room for each batch would take the states of 630 rows for each set
    expect(trainer.model.memoryBytes - bytes).toBeLessThan(states(4 * 60 * sets) + 2 ** 17);
    trainer.resetState();
    other.restore(trainer.save());
    for (const batch of [60, 7]) {
      for (let i = 0; i < 2; i++) {
        expect(trainer.step(tokens(steps, batch), tokens(steps, batch))).toEqual(
          other.step(tokens(steps, batch), tokens(steps, batch)),
        );
      }
      trainer.resetState();
      other.resetState();
    }
  });

  test('streams of 300 blocks, and of 100 batches', () => {
    const model = language();
    const largest = language();
    largest.stream({ block: 300 });
    largest.stream({ batch: 100 });
    const x = tokens(300, 1);
    const want = model.forward(x).data;
    for (let block = 1; block <= 300; block++) {
      using stream = model.stream({ block });
      if (block % 50 === 0)
        expectSame(stream.steps(x.data.subarray(0, block)), want.subarray(0, V * block), 'steps');
    }
    for (let batch = 1; batch <= 100; batch++) {
      using stream = model.stream({ batch });
      expectSame(
        stream.step(new Int32Array(batch).fill(x.data[0]!)).subarray(0, V),
        want.subarray(0, V),
        'step',
      );
    }
    expect(model.memoryBytes).toBeLessThan(10 * largest.memoryBytes);
    expectSame(model.forward(x).data, want, 'forward');
  });

  test('a stream in use stays as it is while others come and go', () => {
    const model = language();
    const kept = model.stream({ block: 4 });
    const twin = model.stream({ block: 4 });
    const alone = language().stream({ block: 4 });
    for (let i = 1; i <= 40; i++) {
      using stream = model.stream({ batch: 1 + (i % 5), block: i });
      stream.step(new Int32Array(stream.batch));
      const x = tokens(4, 1).data;
      const want = alone.steps(x).slice();
      expectSame(kept.steps(x), want, 'kept');
      expectSame(twin.steps(x), want, 'twin');
    }
  });
});
