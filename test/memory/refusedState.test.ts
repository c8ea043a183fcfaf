import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import * as u from '../../src/index.ts';
import { Draw, thrown } from '../model/helpers.ts';

const V = 6;

const ways: Record<string, Partial<u.TrainerOptions>> = {
  'whole sequences': {},
  truncation: { truncation: { k1: 2, k2: 4 } },
  'a memory budget': { memoryBudget: 300_000 },
};

function make(opts: Partial<u.TrainerOptions>): u.Trainer {
  const layers = [new u.Embedding(V, 4), new u.Dropout(0.2), new u.LSTM(4, 8), new u.Linear(8, V)];
  return new u.Trainer(new u.Sequential(layers, { seed: 1 }), {
    loss: u.crossEntropy,
    optimizer: new u.SGD({ lr: 0.1, momentum: 0.9 }),
    carryState: true,
    ...opts,
  });
}

function tokens(steps: number, batch: number) {
  const draw = new Draw(steps + batch);
  return [draw.indices(V, steps, batch), draw.indices(V, steps, batch)] as const;
}

beforeAll(async () => {
  await u.init();
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Refuses the n-th growth of a memory from now on, and all after it. */
function refuseGrowth(from: number): void {
  const { grow } = WebAssembly.Memory.prototype;
  let count = 0;
  vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(function refuse(
    this: WebAssembly.Memory,
    pages: number,
  ) {
    if (count++ >= from) throw new RangeError('no memory');
    return grow.call(this, pages);
  });
}

describe('a step that gets no memory', () => {
  for (const [name, opts] of Object.entries(ways)) {
    test.each([0, 1, 2])(
      `${name}, growth %i refused: carries nothing, draws nothing, and may be made again`,
      (n) => {
        const [trainer, other] = [make(opts), make(opts)];
        refuseGrowth(n);
        const made: number[] = [];
        // each step grows the memory for carried states, states inside the sequence and the plan
        const error = thrown(() => {
          for (let rows = 300; rows < 3000; rows += 300) {
            trainer.resetState();
            trainer.step(...tokens(40, rows));
            made.push(rows);
          }
        });
        expect(error).toBeInstanceOf(u.MemoryError);
        vi.restoreAllMocks();
        for (const rows of made) {
          other.resetState();
          other.step(...tokens(40, rows));
        }
        // another batch than that of the refused step, whose states are not carried
        other.resetState();
        expect(trainer.step(...tokens(5, 3))).toEqual(other.step(...tokens(5, 3)));
        trainer.resetState();
        other.resetState();
        expect(trainer.step(...tokens(6, 2))).toEqual(other.step(...tokens(6, 2)));
        expect(trainer.step(...tokens(7, 2))).toEqual(other.step(...tokens(7, 2)));
        expect(trainer.save()).toEqual(other.save());
      },
    );
  }
});
