import * as u from 'unrolled';
import { beforeAll, describe, expect, test } from 'vitest';
import { Draw } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [S, T, B, F] = [7, 5, 3, 4];

type Build = (a: u.GraphNode, b: u.GraphNode) => u.GraphNode;

/** Graphs of a sequence `a` and another one `b`. */
const graphs: readonly (readonly [string, Build, boolean])[] = [
  [
    'a residual block of a convolution and BatchNorm',
    (a, b) => {
      const block = new u.BatchNorm(F).apply(new u.Conv1d(F, F, 3, { padding: 'same' }).apply(a));
      const sum = new u.Add().apply(a, block);
      return new u.Attention().apply(b, sum);
    },
    true,
  ],
  [
    'attention over a convolution with stride 2',
    (a, b) => {
      const keys = new u.Conv1d(F, F, 3, { stride: 2, padding: 'same', activation: 'tanh' }).apply(a);
      return new u.Attention({ kind: 'additive', units: 3 }).apply(new u.GRU(F, F).apply(b), keys);
    },
    true,
  ],
  [
    'pooled vectors of both, and states from a pooled one',
    (a, b) => {
      const mean = new u.Pool({ kind: 'mean' }).apply(new u.MaxPool1d(2).apply(new u.Linear(F, F).apply(a)));
      const decoded = new u.GRU(F, F).apply(b, { h0: mean });
      return new u.Multiply().apply(decoded, new u.RepeatVector().apply(mean, b));
    },
    true,
  ],
  [
    'both directions by Reverse, and a causal convolution',
    (a, b) => {
      const back = new u.Reverse().apply(new u.GRU(F, 3).apply(new u.Reverse().apply(a)));
      const both = new u.Concat().apply(back, new u.Conv1d(F, 2, 2, { padding: 'causal' }).apply(a));
      return new u.Attention({ kind: 'scaled' }).apply(b, new u.Linear(5, F).apply(both));
    },
    true,
  ],
  [
    'Flatten, repeated at the steps of the other',
    (a, b) => {
      const vector = new u.Linear(S * F, F).apply(
        new u.Flatten({ steps: S }).apply(new u.GRU(F, F).apply(a)),
      );
      return new u.Add().apply(b, new u.RepeatVector().apply(vector, b));
    },
    false,
  ],
];

describe.each(graphs)('gradients are those of differences: %s', (_, build, hasLengths) => {
  const all = [undefined, ...(hasLengths ? [{ a: [4, 7, 6], b: [5, 2, 3] }] : [])];

  test.each(all.map((lengths) => [lengths]))('lengths %j', (lengths) => {
    const [a, b] = [u.input({ features: F }), u.input({ features: F })];
    const model = new u.Model({ inputs: { a, b }, outputs: { y: build(a, b) } }, { seed: 6 });
    const draw = new Draw(12);
    const x = { a: draw.features(1, S, B, F), b: draw.features(1, T, B, F) };
    const opts = { training: true, ...(lengths ? { lengths } : {}) };
    const { shape } = model.forward(x, opts).y;
    const dy = draw.features(1, ...shape);
    const dx = model.backward({ y: dy });
    const gradients = model.gradients();
    // model.forward in training updates the running statistics of BatchNorm only
    const loss = () => model.forward(x, opts).y.data.reduce((sum, v, i) => sum + v * dy.data[i]!, 0);
    // small, so that hardly a maximum changes places
    const step = 1e-3;
    const difference = (set: (by: number) => void) => {
      set(step);
      const above = loss();
      set(-step);
      const below = loss();
      set(0);
      return (above - below) / (2 * step);
    };
    const close = (
      name: string,
      got: ArrayLike<number>,
      wanted: readonly number[],
      at: readonly number[],
    ) => {
      const most = Math.max(...wanted.map(Math.abs), 0.5);
      for (const [k, i] of at.entries())
        expect(Math.abs(got[i]! - wanted[k]!) / most, `${name}[${i}]`).toBeLessThan(0.01);
    };
    const some = (length: number) =>
      Array.from({ length: Math.min(length, 6) }, (_, k) => Math.floor((k * length) / 6));
    for (const name of ['a', 'b'] as const) {
      const { data } = x[name];
      const at = data.length < 6 ? [] : some(data.length);
      const wanted = at.map((i) => {
        const v = data[i]!;
        return difference((by) => {
          data[i] = v + by;
        });
      });
      close(name, dx[name]!.data, wanted, at);
    }
    const start = model.stateDict();
    for (const [name, { data }] of Object.entries(gradients)) {
      const at = [...new Set(some(data.length))];
      const wanted = at.map((i) =>
        difference((by) => {
          const moved = start[name]!.data.slice();
          moved[i]! += by;
          model.loadStateDict({ ...start, [name]: { ...start[name]!, data: moved } });
        }),
      );
      close(name, data, wanted, at);
    }
  });
});
