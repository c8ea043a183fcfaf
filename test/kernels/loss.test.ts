import { describe, expect, test } from 'vitest';
import type { Loss } from '../../src/losses/loss.ts';
import { LOSSES } from '../../src/losses/table.ts';
import { type LossCase, lossCases } from '../every.ts';
import { bceWithLogits, crossEntropy } from '../reference/losses.ts';
import { generator, uniform } from '../reference/random.ts';
import { expectClose, expectSame, rounded } from './closeness.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';

const tails = [1, 2, 3, 4, 5, 6, 7, 8, 9, 17, 96];
const IGNORE = -100;

/** Where dx goes: nowhere (pointer 0), to a buffer of its own, over x. */
type Into = 'none' | 'apart' | 'in place';
const intos: Into[] = ['none', 'apart', 'in place'];

interface Found {
  value: number;
  dx: Float32Array | undefined;
}

/** Calls a kernel of x and dx; `flush` puts x, or the buffer at that name, at the end of memory. */
function run(
  build: BuildName,
  x: ArrayLike<number>,
  into: Into,
  flush: string,
  call: (sandbox: Sandbox, x: number, dx: number, place: (name: string) => Placement) => number,
): Found {
  const sandbox = new Sandbox(build, x.length * 16 + 256);
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const inPlace = into === 'in place';
  const at = inPlace ? sandbox.output('x', x, place('x')) : sandbox.input('x', x, place('x'));
  const dx = into === 'none' ? 0 : inPlace ? at : sandbox.output('dx', x.length, place('dx'));
  const value = call(sandbox, at, dx, place);
  return { value, dx: dx ? sandbox.read(dx, x.length) : undefined };
}

function crossEntropyOf(
  build: BuildName,
  logits: ArrayLike<number>,
  targets: number[],
  { scale = 1, into = 'apart' as Into, flush = '' } = {},
): Found {
  const m = targets.length;
  return run(build, logits, into, flush, (sandbox, x, dx, place) => {
    const t = sandbox.indices('target', targets, place('target'));
    return sandbox.run((k) => k.cross_entropy(m, logits.length / m, x, t, IGNORE, scale, dx));
  });
}

/** A loss of features, its gradient that of the mean over `count`. */
function featureLoss(
  loss: Loss,
  build: BuildName,
  x: ArrayLike<number>,
  y: ArrayLike<number>,
  { count = x.length, size = 1, into = 'apart' as Into, flush = '' } = {},
): Found {
  return run(build, x, into, flush, (sandbox, output, gradient, place) => {
    const targets = sandbox.input('y', y, place('y'));
    const own = loss.constants?.(size);
    const constants = own ? sandbox.input('constants', own, place('constants')) : 0;
    const args = { rows: x.length / size, size, output, targets, gradient, count, constants };
    return sandbox.run((k) => loss.run(k, args));
  });
}

/** |got − expected| <= 1e-6·(|expected| + terms·2^-24). */
function expectValue(got: number, expected: number, terms: number, label: string): void {
  const error = Math.abs(got - expected) / (Math.abs(expected) + terms * 2 ** -24);
  expect(error, `${label}: ${got} for ${expected}`).toBeLessThanOrEqual(1e-6);
}

describe('cross_entropy', () => {
  test.each(tails)('%i classes: value, gradient, ignored rows', (n) => {
    const m = 6;
    const next = generator(n);
    const logits = rounded(uniform(next, m * n, 4));
    const targets = Array.from({ length: m }, (_, i) => (i % 3 === 1 ? IGNORE : Math.floor(next() * n)));
    const { value, grad } = crossEntropy(logits, Int32Array.from(targets), IGNORE);
    const count = targets.filter((t) => t !== IGNORE).length;
    const scale = Math.fround(1 / count);
    const found = new Map<string, Found>();
    for (const build of builds) {
      for (const into of intos) {
        for (const flush of ['', 'x', 'target', ...(into === 'apart' ? ['dx'] : [])]) {
          const label = `${build}, seed ${n}, dx ${into}, ${flush || 'none'} last`;
          const got = crossEntropyOf(build, logits, targets, { scale, into, flush });
          // one class: ln 1 = 0 is exact; else the sum of exponentials is rounded to f32
          expect(Math.abs(got.value - value * count), label).toBeLessThanOrEqual(n === 1 ? 0 : 1e-6 * count);
          if (got.dx) {
            const error = got.dx.reduce((w, g, i) => Math.max(w, Math.abs(g - grad[i]!)), 0);
            expect(error, `${label}: gradient`).toBeLessThanOrEqual(1e-6 * scale);
            for (let i = 0; i < m; i++) {
              if (targets[i] !== IGNORE) continue;
              expectSame(got.dx.subarray(i * n, (i + 1) * n), new Float32Array(n), `${label}: row ${i}`);
            }
            found.set(`${build} ${into}`, got);
          }
          found.set(build, got);
        }
      }
    }
    expect(found.get('checked')!.value).toBe(found.get('simd')!.value);
    for (const into of ['apart', 'in place']) {
      expectSame(found.get(`checked ${into}`)!.dx!, found.get(`simd ${into}`)!.dx!, `checked, ${into}`);
    }
    expectSame(found.get('simd in place')!.dx!, found.get('simd apart')!.dx!, 'in place');
  });

  test.each(builds)('%s: large logits', (build) => {
    const logits = [1e4, -1e4, 0, 9999, -1e4, -1e4, -1e4, 1e4, 1e4, 1e4];
    const { value, dx } = crossEntropyOf(build, logits, [1, 2]);
    const reference = crossEntropy(Float64Array.from(logits), Int32Array.of(1, 2));
    expectValue(value, reference.value * 2, 2, build);
    expectClose(
      dx!,
      reference.grad.map((g) => g * 2),
      1e-6,
      build,
    );
  });

  test.each(builds)('%s: equal logits give ln n', (build) => {
    const { value, dx } = crossEntropyOf(build, new Float32Array(8).fill(3), [5]);
    expect(value).toBeCloseTo(Math.log(8), 14);
    expect([...dx!]).toEqual([0.125, 0.125, 0.125, 0.125, 0.125, -0.875, 0.125, 0.125]);
  });

  test.each(builds)('%s: −Inf is a class that cannot be', (build) => {
    const masked = Number.NEGATIVE_INFINITY;
    const { value, dx } = crossEntropyOf(build, [masked, 1, masked, 1, masked], [3]);
    expect(value).toBeCloseTo(Math.LN2, 14);
    expect([...dx!]).toEqual([0, 0.5, 0, -0.5, 0]);
    expect(crossEntropyOf(build, [masked, 1, masked, 1, masked], [0]).value).toBe(Number.POSITIVE_INFINITY);
  });

  test.each(builds)('%s: a NaN anywhere in a row makes the loss NaN', (build) => {
    for (const n of [1, 3, 4, 5, 9]) {
      for (let at = 0; at < n; at++) {
        const logits = new Float32Array(2 * n);
        logits[n + at] = Number.NaN;
        const { value, dx } = crossEntropyOf(build, logits, [0, n - 1]);
        expect(value, `class ${at} of ${n}`).toBeNaN();
        expect(dx!.subarray(0, n).some(Number.isNaN), 'the other row').toBe(false);
        expect(dx!.subarray(n).every(Number.isNaN), 'the row').toBe(true);
        expect(crossEntropyOf(build, logits, [0, IGNORE]).value, 'ignored').not.toBeNaN();
      }
    }
  });

  test.each(builds)('%s: no rows', (build) => {
    const sandbox = new Sandbox(build, 64);
    expect(sandbox.run((k) => k.cross_entropy(0, 5, 0, 0, IGNORE, 1, 0))).toBe(0);
  });
});

describe('weighted_cross_entropy', () => {
  test.each(tails)('%i classes: value, gradient, ignored rows', (n) => {
    const m = 7;
    const next = generator(n);
    const logits = rounded(uniform(next, m * n, 4));
    const weight = rounded(uniform(next, n).map((w) => (w < -0.6 ? 0 : w + 1)));
    const targets = Array.from({ length: m }, (_, i) => (i % 3 === 1 ? IGNORE : Math.floor(next() * n)));
    weight[targets[0]!] = 1.5;
    for (const options of [
      { weight },
      { labelSmoothing: 0.2 },
      { weight, labelSmoothing: 0.35 },
      { labelSmoothing: 1 },
    ]) {
      const loss = LOSSES.crossEntropy(options);
      const count = loss.count(m, n, targets, 0);
      const { value, grad } = crossEntropy(logits, Int32Array.from(targets), options);
      const found = builds.map((build) => {
        for (const into of intos) {
          for (const flush of ['', 'x', 'target', 'constants', ...(into === 'apart' ? ['dx'] : [])]) {
            const label = `${build}, ${JSON.stringify(options)}, dx ${into}, ${flush || 'none'} last`;
            const got = run(build, logits, into, flush, (sandbox, output, gradient, place) => {
              const at = sandbox.indices('target', targets, place('target'));
              const own = loss.constants?.(n);
              const constants = own ? sandbox.input('constants', own, place('constants')) : 0;
              const args = { rows: m, size: n, output, targets: at, gradient, count, constants };
              return sandbox.run((k) => loss.run(k, args));
            });
            expect(Math.abs(got.value / count - value), label).toBeLessThanOrEqual(2e-6);
            // relative to the largest weight over the divisor, since the exact gradient may be 0
            const error = got.dx?.reduce((worst, g, i) => Math.max(worst, Math.abs(g - grad[i]!)), 0) ?? 0;
            expect(error, `${label}: gradient`).toBeLessThanOrEqual(2e-6 / count);
          }
        }
        return run(build, logits, 'none', '', (sandbox, output) => {
          const at = sandbox.indices('target', targets);
          const own = loss.constants?.(n);
          const constants = own ? sandbox.input('constants', own) : 0;
          return sandbox.run((k) =>
            loss.run(k, { rows: m, size: n, output, targets: at, gradient: 0, count, constants }),
          );
        }).value;
      });
      expect(found[builds.indexOf('checked')]).toBe(found[builds.indexOf('simd')]);
    }
  });

  test.each(builds)('%s: −Inf is a class that cannot be, a NaN stays', (build) => {
    const loss = LOSSES.crossEntropy({ weight: [1, 2, 3] });
    const of = (logits: number[], target: number) =>
      run(build, logits, 'apart', '', (sandbox, output, gradient) => {
        const targets = sandbox.indices('target', [target]);
        const constants = sandbox.input('constants', loss.constants!(3));
        return sandbox.run((k) =>
          loss.run(k, { rows: 1, size: 3, output, targets, gradient, count: 1, constants }),
        );
      });
    const { value, dx } = of([Number.NEGATIVE_INFINITY, 1, 1], 1);
    expect(value).toBeCloseTo(2 * Math.LN2, 12);
    expect([...dx!]).toEqual([0, -1, 1]);
    expect(of([1, Number.NaN, 1], 0).value).toBeNaN();
    expect([...of([1, Number.NaN, 1], 0).dx!].every(Number.isNaN)).toBe(true);
  });
});

describe('softmax_rows', () => {
  function softmax(x: Float64Array, n: number, inverse: number): Float64Array {
    const y = new Float64Array(x.length);
    for (let at = 0; at < x.length; at += n) {
      const row = x.subarray(at, at + n).map((v) => v * inverse);
      const largest = Math.max(...row);
      const terms = row.map((v) => Math.exp(v - largest));
      const sum = terms.reduce((a, b) => a + b, 0);
      for (let j = 0; j < n; j++) y[at + j] = terms[j]! / sum;
    }
    return y;
  }

  function softmaxOf(
    build: BuildName,
    x: ArrayLike<number>,
    n: number,
    inverse: number,
    into: Into,
    flush: string,
  ): Float32Array {
    return run(build, x, into, flush, (sandbox, at, to) => {
      sandbox.run((k) => k.softmax_rows(x.length / n, n, inverse, at, to));
      return 0;
    }).dx!;
  }

  test.each(tails)('%i columns', (n) => {
    const m = 3;
    const x = rounded(uniform(generator(n), m * n, 5));
    for (const inverse of [1, 0.25, 10, 1000]) {
      const expected = softmax(x, n, inverse);
      const found = builds.map((build) => {
        for (const into of ['apart', 'in place'] as const) {
          for (const flush of into === 'apart' ? ['', 'x', 'dx'] : ['', 'x']) {
            const y = softmaxOf(build, x, n, inverse, into, flush);
            const label = `${build}, seed ${n}, ${inverse}, ${into}, ${flush || 'none'} last`;
            // a rounding of x·inverse is that of the argument of e^x
            expectClose(y, expected, 1e-6 + 5 * inverse * 2 ** -23, label);
            for (let i = 0; i < m; i++) {
              const sum = y.subarray(i * n, (i + 1) * n).reduce((a, b) => a + b, 0);
              expect(Math.abs(sum - 1), `${label}: sum of row ${i}`).toBeLessThan(1e-5);
            }
          }
        }
        return softmaxOf(build, x, n, inverse, 'apart', '');
      });
      expectSame(found[builds.indexOf('checked')]!, found[builds.indexOf('simd')]!, `checked, ${inverse}`);
    }
  });
});

describe('log_sum_exp', () => {
  const of = (build: BuildName, x: ArrayLike<number>, flush = '') =>
    run(build, x, 'none', flush, (sandbox, at) => sandbox.run((k) => k.log_sum_exp(x.length, at))).value;

  test.each(tails)('%i terms', (n) => {
    const x = rounded(uniform(generator(n), n, 8));
    const largest = Math.max(...x);
    const expected = largest + Math.log(x.reduce((sum, v) => sum + Math.exp(v - largest), 0));
    const found = builds.map((build) => {
      for (const flush of ['', 'x']) {
        // one term: ln 1 = 0 is exact; else the sum of exponentials is rounded to f32
        const error = Math.abs(of(build, x, flush) - expected);
        expect(error, `${build}, ${flush || 'none'} last`).toBeLessThanOrEqual(n === 1 ? 0 : 1e-6);
      }
      return of(build, x);
    });
    expect(found[builds.indexOf('checked')]).toBe(found[builds.indexOf('simd')]);
  });

  test.each(builds)('%s: large terms, −Inf, NaN', (build) => {
    expect(of(build, [1e30, -1e30, 5])).toBe(Math.fround(1e30));
    expect(of(build, [-1e30, -1e30])).toBeCloseTo(Math.fround(-1e30), 6);
    expect(of(build, [Number.NEGATIVE_INFINITY, 3, 3])).toBeCloseTo(3 + Math.LN2, 14);
    for (const n of [1, 3, 4, 5, 9]) {
      for (let at = 0; at < n; at++) {
        const x = new Float32Array(n);
        x[at] = Number.NaN;
        expect(of(build, x), `term ${at} of ${n}`).toBeNaN();
      }
    }
  });
});

const ofFeatures = lossCases.filter((row) => row.make().targets === 'features');

describe.each<LossCase>(ofFeatures)('$label', ({ make, reference, range, size, target }) => {
  test.each(tails)('n %i: value and gradient', (n) => {
    const next = generator(n);
    const loss = make();
    const x = rounded(uniform(next, n * size, range));
    const y = rounded(uniform(next, n * (loss.targetSize?.(size) ?? size)).map(target));
    const { value, grad } = reference(x, y);
    const found = new Map<string, Found>();
    for (const build of builds) {
      for (const into of intos) {
        for (const flush of ['', 'x', 'y', 'constants', ...(into === 'apart' ? ['dx'] : [])]) {
          const label = `${build}, seed ${n}, dx ${into}, ${flush || 'none'} last`;
          const got = featureLoss(loss, build, x, y, { size, into, flush });
          expectValue(got.value, value * x.length, x.length, label);
          if (got.dx) {
            expectClose(got.dx, grad, 1e-6, `${label}: gradient`);
            found.set(build, got);
          }
        }
      }
    }
    expect(found.get('checked')!.value).toBe(found.get('simd')!.value);
    expectSame(found.get('checked')!.dx!, found.get('simd')!.dx!, 'checked');
  });

  test.each(builds)('%s: NaN', (build) => {
    const x = new Float32Array(5 * size).fill(1);
    x[size] = Number.NaN;
    const { value, dx } = featureLoss(make(), build, x, new Float32Array(x.length), { size });
    expect(value).toBeNaN();
    expect([...dx!].map(Number.isNaN)).toEqual([...x].map(Number.isNaN));
  });
});

test.each(builds)('bce_with_logits %s: large logits', (build) => {
  for (const [x, y] of [
    [100, 1],
    [100, 0],
    [-100, 0],
    [-100, 1],
    [1e4, 0.25],
    [-1e4, 0.25],
    [15, 1],
    [-15, 0],
    [88.5, 1],
    [0, 0.5],
  ] as const) {
    const { value, grad } = bceWithLogits(Float64Array.of(x), Float64Array.of(y));
    const got = featureLoss(LOSSES.bceWithLogits(), build, [x], [y]);
    // 1 + e^−|x| is an f64
    expect(Math.abs(got.value - value), `${x}, ${y}`).toBeLessThanOrEqual(1e-6 * value + 2 ** -52);
    expect(Math.abs(got.dx![0]! - grad[0]!), `${x}, ${y}: gradient`).toBeLessThanOrEqual(1e-6);
  }
});

describe('sample_index', () => {
  function sample(build: BuildName, weights: number[], us: number[], place: Placement = 'guarded'): number[] {
    const sandbox = new Sandbox(build, 256);
    const p = sandbox.input('p', weights, place);
    const found: number[] = [];
    sandbox.run((k) => found.push(...us.map((u) => k.sample_index(weights.length, p, u))));
    return found;
  }
  const below1 = 1 - 2 ** -53;

  test.each(builds)('%s: exact cases', (build) => {
    const us = [0, 0.2499, 0.25, 0.4999, 0.5, 0.75, below1];
    expect(sample(build, [1, 1, 2], us, 'flush')).toEqual([0, 0, 1, 1, 2, 2, 2]);
    expect(sample(build, [0, 3, 0, 0, 1, 0], [0, 0.5, 0.7499, 0.75, below1])).toEqual([1, 1, 1, 4, 4]);
    expect(sample(build, [7], [0, 0.5, below1])).toEqual([0, 0, 0]);
    expect(sample(build, [0, 1e-30, 0], [0, below1])).toEqual([1, 1]);
  });

  test.each(builds)('%s: frequencies are the weights', (build) => {
    const weights = rounded(uniform(generator(3), 9).map(Math.abs));
    weights[4] = 0;
    const total = weights.reduce((a, b) => a + b, 0);
    const draws = 4000;
    const us = Array.from({ length: draws }, (_, i) => (i + 0.5) / draws);
    const counts = new Array(weights.length).fill(0);
    for (const i of sample(build, [...weights], us)) counts[i]++;
    for (const [i, w] of weights.entries()) {
      expect(Math.abs(counts[i] - (w / total) * draws), `index ${i}`).toBeLessThanOrEqual(w === 0 ? 0 : 1);
    }
  });
});

test.each(builds)('index_of_max %s', (build) => {
  const { NaN: nan, NEGATIVE_INFINITY: low, POSITIVE_INFINITY: high } = Number;
  for (const [x, expected] of [
    [[3], 0],
    [[1, 2, 2, 1], 1],
    [[-3, -2, -1], 2],
    [[-0, 0], 0],
    [[nan, -5, nan, -4, nan], 3],
    [[0, high, nan, high], 1],
    [[low, low], 0],
    [[nan, nan], 0],
  ] as [number[], number][]) {
    const sandbox = new Sandbox(build, 64);
    const at = sandbox.input('x', x, 'flush');
    expect(
      sandbox.run((k) => k.index_of_max(x.length, at)),
      `${x}`,
    ).toBe(expected);
  }
});
