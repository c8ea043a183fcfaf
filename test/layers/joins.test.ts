import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose, expectSame, rounded } from '../kernels/closeness.ts';
import { Draw, expectSameArray, thrown } from '../model/helpers.ts';
import { type AttentionCase, attention, attentionBackward } from '../reference/attention.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [Tq, Tv, B] = [5, 4, 3];
// longest first in the one is last in the other
const LENGTHS = { query: [1, 3, 5], value: [4, 2, 1] };
const draw = new Draw(11);

/** The steps of row b that count. */
function rowOf({ data, shape }: u.NDArray, b: number, length: number): Float64Array {
  const [, batch, n] = shape as [number, number, number];
  const steps = Array.from({ length }, (_, t) => data.subarray((t * batch + b) * n, (t * batch + b + 1) * n));
  return Float64Array.from(steps.flatMap((step) => [...step]));
}

describe.each([false, true])('with lengths: %s', (ragged) => {
  const opts = ragged ? { lengths: LENGTHS } : {};
  const lengthsOf = (side: 'query' | 'value', b: number) =>
    ragged ? LENGTHS[side][b]! : side === 'query' ? Tq : Tv;

  test.each([
    ['dot', undefined, false],
    ['dot', undefined, true],
    ['scaled', undefined, true],
    ['additive', undefined, false],
    ['additive', 6, false],
    ['additive', 6, true],
  ] as const)('Attention %s, units %s, a key apart: %s, against float64', (kind, units, apart) => {
    const d = units ? 3 : 4;
    const dv = apart ? 7 : 4;
    const query = u.input({ features: d });
    const value = u.input({ features: dv });
    const key = apart ? u.input({ features: 4 }, value) : undefined;
    const layer = new u.Attention({ kind, ...(units ? { units } : {}) });
    const model = new u.Model({
      inputs: { query, value, ...(key ? { key } : {}) },
      outputs: { out: layer.apply(query, value, key) },
    });
    const x = {
      query: draw.features(1, Tq, B, d),
      value: draw.features(1, Tv, B, dv),
      ...(apart ? { key: draw.features(1, Tv, B, 4) } : {}),
    } as { query: u.NDArray; value: u.NDArray; key?: u.NDArray };
    const dy = draw.features(1, Tq, B, dv);
    const { out } = model.forward(x as never, { ...opts, training: true } as never) as { out: u.NDArray };
    const back = model.backward({ out: dy } as never) as Record<string, u.NDArray>;
    const own = Object.fromEntries(
      Object.entries(model.stateDict()).map(([name, { data }]) => [name.slice(2), rounded(data)]),
    );
    const sums: Record<string, Float64Array> = {};
    const add = (name: string, by: Float64Array) => {
      sums[name] = by.map((v, i) => v + (sums[name]?.[i] ?? 0));
    };
    for (let b = 0; b < B; b++) {
      const [m, n] = [lengthsOf('query', b), lengthsOf('value', b)];
      const [q, v] = [rowOf(x.query, b, m), rowOf(x.value, b, n)];
      const k = x.key ? rowOf(x.key, b, n) : v;
      const size = units ?? d;
      const project = (rows: Float64Array, width: number, w: Float64Array | undefined) =>
        w ? product(rows, width, w, size) : rows;
      const c: AttentionCase = {
        ...{ d: size, dv, v, factor: kind === 'scaled' ? 1 / Math.sqrt(d) : 1, scale: own.scale },
        ...{ q: project(q, d, own.query_weight), k: project(k, 4, own.key_weight) },
      };
      expectClose(rowOf(out, b, m), attention(c).o, 2e-6, `row ${b}`);
      const { dQ, dK, dV, dScale } = attentionBackward(c, rowOf(dy, b, m));
      const dq = own.query_weight ? back2(dQ, size, own.query_weight, d) : dQ;
      const dk = own.key_weight ? back2(dK, size, own.key_weight, 4) : dK;
      expectClose(rowOf(back.query!, b, m), dq, 5e-6, `query ${b}`);
      if (apart) {
        expectClose(rowOf(back.value!, b, n), dV, 5e-6, `value ${b}`);
        expectClose(rowOf(back.key!, b, n), dk, 5e-6, `key ${b}`);
      } else
        expectClose(
          rowOf(back.value!, b, n),
          dV.map((g, i) => g + dk[i]!),
          5e-6,
          `value ${b}`,
        );
      if (own.scale) add('scale', dScale);
      if (!own.query_weight) continue;
      add('query_weight', outer(dQ, size, q, d));
      add('key_weight', outer(dK, size, k, 4));
    }
    for (const [name, { data }] of kind === 'additive' ? Object.entries(model.gradients()) : [])
      expectClose(data, sums[name.slice(2)]!, 5e-6, name);
    // inference and steps that do not count
    const inferred = model.forward(x as never, opts as never) as { out: u.NDArray };
    expectSameArray(inferred.out, out, 'inference');
    if (ragged) expect([...out.data.subarray(B * dv, (B + 1) * dv)]).toEqual(new Array(dv).fill(0));
  });

  test('Attention of a vector is that of a sequence of one step', () => {
    const vector = u.input({ features: 4, steps: false });
    const value = u.input({ features: 4 });
    const model = new u.Model({ inputs: { vector, value }, outputs: new u.Attention().apply(vector, value) });
    const x = {
      vector: { data: draw.features(1, 1, B, 4).data, shape: [B, 4] },
      value: draw.features(1, Tv, B, 4),
    };
    const out = model.forward(x, (ragged ? { lengths: { value: LENGTHS.value } } : {}) as never);
    expect(out.shape).toEqual([B, 4]);
    for (let b = 0; b < B; b++) {
      const q = rounded(x.vector.data.subarray(b * 4, b * 4 + 4));
      const v = rowOf(x.value, b, lengthsOf('value', b));
      const expected = attention({ d: 4, dv: 4, q, k: v, v, factor: 1 }).o;
      expectClose(out.data.subarray(b * 4, b * 4 + 4), expected, 2e-6, `row ${b}`);
    }
  });

  test('Concat, Add and Multiply of sequences, and their gradients', () => {
    const x = u.input({ features: 3 });
    const y = u.input({ features: 3 }, x);
    const outputs = {
      joined: new u.Concat().apply(x, y, x),
      sum: new u.Add().apply(x, y, x),
      product: new u.Multiply().apply(x, y, x),
    };
    const model = new u.Model({ inputs: { x, y }, outputs });
    const given = { x: draw.features(1, Tq, B, 3), y: draw.features(1, Tq, B, 3) };
    const lengths = ragged ? { lengths: { x: LENGTHS.query } } : {};
    const out = model.forward(given, { ...lengths, training: true } as never);
    const dy = {
      joined: draw.features(1, Tq, B, 9),
      sum: draw.features(1, Tq, B, 3),
      product: draw.features(1, Tq, B, 3),
    };
    const back = model.backward(dy) as Record<'x' | 'y', u.NDArray>;
    for (let i = 0; i < Tq * B * 3; i++) {
      const row = Math.floor(i / 3);
      const counts = !ragged || Math.floor(row / B) < LENGTHS.query[row % B]!;
      const [a, b] = [given.x.data[i]!, given.y.data[i]!];
      const of = (v: number) => (counts ? v : 0);
      const at = row * 9 + (i % 3);
      expect([0, 3, 6].map((k) => out.joined.data[at + k])).toEqual([a, b, a].map(of));
      expect(out.sum.data[i]).toBeCloseTo(of(a + b + a), 5);
      expect(out.product.data[i]).toBeCloseTo(of(a * b * a), 5);
      const g = [dy.joined.data[at]! + dy.joined.data[at + 6]!, dy.joined.data[at + 3]!] as const;
      const [s, p] = [dy.sum.data[i]!, dy.product.data[i]!];
      expect(back.x.data[i]).toBeCloseTo(of(g[0] + 2 * s + 2 * p * a * b), 4);
      expect(back.y.data[i]).toBeCloseTo(of(g[1] + s + p * a * a), 4);
    }
  });

  test('RepeatVector at the steps of a sequence', () => {
    const vector = u.input({ features: 3, steps: false });
    const like = u.input({ features: 2 });
    const outputs = new u.RepeatVector().apply(vector, like);
    const model = new u.Model({ inputs: { vector, like }, outputs });
    const given = {
      vector: { data: draw.features(1, 1, B, 3).data, shape: [B, 3] },
      like: draw.features(1, Tq, B, 2),
    };
    const out = model.forward(given, {
      ...(ragged ? { lengths: { like: LENGTHS.query } } : {}),
      training: true,
    } as never);
    const dy = draw.features(1, Tq, B, 3);
    const back = model.backward(dy) as Record<string, u.NDArray>;
    for (let b = 0; b < B; b++) {
      const length = lengthsOf('query', b);
      const own = [...given.vector.data.subarray(b * 3, b * 3 + 3)];
      expect([...rowOf(out, b, length)]).toEqual(Array.from({ length }, () => own).flat());
      const sum = [0, 1, 2].map((j) =>
        rowOf(dy, b, length).reduce((s, v, i) => s + (i % 3 === j ? v : 0), 0),
      );
      expectClose(back.vector!.data.subarray(b * 3, b * 3 + 3), sum, 1e-6, `row ${b}`);
    }
    expect(back.like!.data.every((v) => v === 0)).toBe(true);
  });
});

/** rows [m, width] · w [n, width]ᵀ. */
function product(rows: Float64Array, width: number, w: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: (rows.length / width) * n }, (_, k) => {
    const [i, j] = [Math.floor(k / n), k % n];
    let sum = 0;
    for (let l = 0; l < width; l++) sum += rows[i * width + l]! * w[j * width + l]!;
    return sum;
  });
}

/** d [m, n] · w [n, width]. */
function back2(d: Float64Array, n: number, w: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: (d.length / n) * width }, (_, k) => {
    const [i, l] = [Math.floor(k / width), k % width];
    let sum = 0;
    for (let j = 0; j < n; j++) sum += d[i * n + j]! * w[j * width + l]!;
    return sum;
  });
}

/** d [m, n]ᵀ · rows [m, width]. */
function outer(d: Float64Array, n: number, rows: Float64Array, width: number): Float64Array {
  return Float64Array.from({ length: n * width }, (_, k) => {
    const [j, l] = [Math.floor(k / width), k % width];
    let sum = 0;
    for (let i = 0; i < d.length / n; i++) sum += d[i * n + j]! * rows[i * width + l]!;
    return sum;
  });
}

test('an autoencoder: RepeatVector(n) makes a sequence of n steps', () => {
  const x = u.input({ features: 3 });
  const code = new u.LastStep().apply(new u.GRU(3, 4).apply(x));
  const again = new u.GRU(4, 5).apply(new u.RepeatVector(6).apply(code));
  const model = new u.Model({ inputs: x, outputs: new u.Linear(5, 3).apply(again) });
  const out = model.forward(draw.features(1, 6, B, 3), { training: true });
  expect(out.shape).toEqual([6, B, 3]);
  model.backward(out);
  expect(Object.values(model.gradients()).every(({ data }) => data.some((v) => v !== 0))).toBe(true);
});

test('self-attention: the gradients of query and value add up', () => {
  const x = u.input({ features: 4 });
  const model = new u.Model({ inputs: x, outputs: new u.Attention({ kind: 'scaled' }).apply(x, x) });
  const given = draw.features(1, Tq, 1, 4);
  const dy = draw.features(1, Tq, 1, 4);
  model.forward(given, { training: true });
  const back = model.backward(dy)!;
  const v = rounded(given.data);
  const c: AttentionCase = { d: 4, dv: 4, q: v, k: v, v, factor: 0.5 };
  const { dQ, dK, dV } = attentionBackward(c, rounded(dy.data));
  expectClose(
    back.data,
    dQ.map((g, i) => g + dK[i]! + dV[i]!),
    5e-6,
    'gradient',
  );
});

test('gradient descent on a model with attention fits a batch', () => {
  const query = u.input({ features: 4 });
  const value = u.input({ features: 4 });
  const context = new u.Attention({ kind: 'additive', units: 8 }).apply(query, value);
  const outputs = new u.Linear(8, 4).apply(new u.Concat().apply(query, context));
  const model = new u.Model({ inputs: { query, value }, outputs }, { seed: 2 });
  const x = { query: draw.features(1, Tq, B, 4), value: draw.features(1, Tv, B, 4) };
  const target = draw.features(1, Tq, B, 4);
  const losses: number[] = [];
  for (let i = 0; i < 300; i++) {
    const out = model.forward(x, { training: true, lengths: LENGTHS } as never);
    const difference = out.data.map((v, k) => (v === 0 ? 0 : v - target.data[k]!));
    losses.push(difference.reduce((sum, v) => sum + v * v, 0));
    model.zeroGradients();
    model.backward({ data: difference, shape: out.shape });
    const gradients = model.gradients();
    const next = Object.entries(model.stateDict()).map(([name, { data, shape }]) => {
      return [name, { data: data.map((v, k) => v - 0.02 * gradients[name]!.data[k]!), shape }] as const;
    });
    model.loadStateDict(Object.fromEntries(next));
  }
  expect(losses.at(-1)!).toBeLessThan(losses[0]! / 2);
});

describe('refused:', () => {
  const x = u.input({ features: 3 });
  const other = u.input({ features: 3 });
  const wide = u.input({ features: 4 }, x);
  const vector = u.input({ features: 3, steps: false });
  const ids = u.input({ indices: 3 });

  test.each<[string, () => u.GraphNode, typeof u.ArgumentError | typeof u.ShapeError, string]>([
    ['one node', () => new u.Concat().apply(x), u.ArgumentError, 'nodes'],
    ['no node', () => new u.Add().apply({} as never, x), u.ArgumentError, 'nodes[0]'],
    ['two time axes', () => new u.Concat().apply(x, other), u.ArgumentError, 'nodes[1]'],
    ['a vector with a sequence', () => new u.Multiply().apply(x, vector), u.ArgumentError, 'nodes[1]'],
    ['two sizes', () => new u.Add().apply(x, wide), u.ShapeError, 'nodes[1]'],
    ['indices', () => new u.Concat().apply(ids, ids), u.ArgumentError, 'nodes[0]'],
    ['a sequence to repeat', () => new u.RepeatVector(2).apply(x), u.ArgumentError, 'vector'],
    ['no n and no sequence', () => new u.RepeatVector().apply(vector), u.ArgumentError, 'like'],
    ['n and a sequence', () => new u.RepeatVector(2).apply(vector, x), u.ArgumentError, 'like'],
    ['n of 0', () => new u.RepeatVector(0).apply(vector), u.ArgumentError, 'n'],
    ['a vector as value', () => new u.Attention().apply(x, vector), u.ArgumentError, 'value'],
    ['a key on another axis', () => new u.Attention().apply(x, x, other), u.ArgumentError, 'key'],
    ['query and value of two sizes', () => new u.Attention().apply(x, wide), u.ShapeError, 'value'],
    ['query and key of two sizes', () => new u.Attention().apply(x, x, wide), u.ShapeError, 'key'],
    ['units of dot', () => new u.Attention({ units: 2 }).apply(x, x), u.ArgumentError, 'units'],
    ['a kind', () => new u.Attention({ kind: 'general' as never }).apply(x, x), u.ArgumentError, 'kind'],
  ])('%s', (_, call, type, argument) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ argument });
  });

  test('an additive Attention applied again to other sizes', () => {
    const layer = new u.Attention({ kind: 'additive' });
    layer.apply(x, x);
    expect(thrown(() => layer.apply(wide, wide))).toBeInstanceOf(u.ShapeError);
    expect(layer.parameters.map(({ shape }) => shape)).toEqual([[3]]);
  });
});

test('bits do not depend on the other rows', () => {
  const query = u.input({ features: 4 });
  const value = u.input({ features: 4 });
  const layer = new u.Attention({ kind: 'additive' });
  const model = new u.Model({ inputs: { query, value }, outputs: layer.apply(query, value) });
  const x = { query: draw.features(1, Tq, B, 4), value: draw.features(1, Tv, B, 4) };
  const all = model.forward(x, { lengths: LENGTHS } as never);
  for (let b = 0; b < B; b++) {
    const [m, n] = [LENGTHS.query[b]!, LENGTHS.value[b]!];
    const one = {
      query: { data: Float32Array.from(rowOf(x.query, b, m)), shape: [m, 1, 4] },
      value: { data: Float32Array.from(rowOf(x.value, b, n)), shape: [n, 1, 4] },
    };
    expectSame(model.forward(one).data, Float32Array.from(rowOf(all, b, m)), `row ${b}`);
  }
});
