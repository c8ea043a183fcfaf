import { describe, expect, test } from 'vitest';
import { linearBackwardWork, linearWork } from '../../src/memory/workspace.ts';
import { generator, uniform } from '../reference/random.ts';
import { some } from '../thorough.ts';
import { type BuildName, variants as builds, type Placement, Sandbox } from './sandbox.ts';

const SEED = 99;
const { fround } = Math;

/** [m, n, k]: rows, outputs, inputs. Tails, zeros, one row, and both sides of 256 inputs and 120 rows. */
const shapes = some(
  [
    [0, 3, 4],
    [3, 0, 4],
    [3, 5, 0],
    [1, 1, 1],
    [1, 7, 3],
    [1, 32, 16],
    [1, 45, 300],
    [2, 3, 5],
    [3, 8, 8],
    [4, 9, 17],
    [5, 33, 31],
    [6, 16, 64],
    [7, 31, 257],
    [13, 12, 513],
    [121, 10, 6],
    [130, 3, 260],
  ] as const,
  2,
);

interface Case {
  m: number;
  n: number;
  k: number;
  x: Float32Array;
  w: Float32Array;
  b: Float32Array;
  dy: Float32Array;
  /** What the gradients hold before the call. */
  dw: Float32Array;
  db: Float32Array;
}

function make([m, n, k]: readonly [number, number, number]): Case {
  const next = generator(SEED + m + n + k);
  const draw = (length: number) => Float32Array.from(uniform(next, length));
  return {
    m,
    n,
    k,
    x: draw(m * k),
    w: draw(n * k),
    b: draw(n),
    dy: draw(m * n),
    dw: draw(n * k),
    db: draw(n),
  };
}

/** Sum of term(0), term(1), … and what a float32 sum of them may differ by; `ordered` is that sum in order from start. */
function sum(start: number, count: number, left: (i: number) => number, right: (i: number) => number) {
  let exact = start;
  let abs = Math.abs(start);
  let ordered = start;
  for (let i = 0; i < count; i++) {
    const product = left(i) * right(i);
    exact += product;
    abs += Math.abs(product);
    ordered = fround(ordered + fround(product));
  }
  return { exact, bound: (count + 2) * 2 ** -24 * abs, ordered };
}

function expectSums(
  build: BuildName,
  what: string,
  got: Float32Array,
  of: (i: number) => ReturnType<typeof sum>,
) {
  for (const [i, value] of got.entries()) {
    const { exact, bound, ordered } = of(i);
    if (!(Math.abs(value - exact) <= bound)) {
      throw new Error(
        `${build} ${what}[${i}] is ${value} instead of ${exact} (may differ by ${bound}), seed ${SEED}`,
      );
    }
    if (!build.startsWith('relaxed') && !Object.is(value, ordered)) {
      throw new Error(`${build} ${what}[${i}] is ${value}, summed in order ${ordered}, seed ${SEED}`);
    }
  }
}

function forward(build: BuildName, c: Case, bias: boolean, flush?: string) {
  const { m, n, k } = c;
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const bytes = (m * k + n * k + n + m * n) * 4 + linearWork(n, k);
  const sandbox = new Sandbox(build, bytes);
  const x = sandbox.input('x', c.x, place('x'));
  const w = sandbox.input('w', c.w, place('w'));
  const b = bias ? sandbox.input('b', c.b, place('b')) : 0;
  const y = sandbox.output('y', m * n, place('y'));
  const work = sandbox.work(linearWork(n, k), place('work'));
  sandbox.run((kernels) => kernels.linear_forward(m, n, k, x, w, b, y, 0, work));
  return { sandbox, y, work };
}

describe('linear_forward', () => {
  for (const shape of shapes) {
    const [m, n, k] = shape;
    for (const bias of [false, true]) {
      test(`linear_forward m=${m} n=${n} k=${k}, ${bias ? 'bias' : 'no bias'}: the float64 sums, in order`, () => {
        const c = make(shape);
        for (const build of builds) {
          const { sandbox, y } = forward(build, c, bias);
          expectSums(build, 'y', sandbox.read(y, m * n), (at) => {
            const i = Math.floor(at / n);
            const j = at % n;
            return sum(
              bias ? c.b[j]! : 0,
              k,
              (p) => c.x[i * k + p]!,
              (p) => c.w[j * k + p]!,
            );
          });
        }
      });
    }
  }

  test('linear_forward packed: other rows against the weights packed before have the same bits', () => {
    for (const shape of shapes) {
      const [m, n, k] = shape;
      const c = make(shape);
      for (const build of builds) {
        const { sandbox, work } = forward(build, c, true);
        for (const rows of [1, m]) {
          const other = { ...c, m: rows, x: c.x.map((v) => v * 0.75).subarray(0, rows * k) };
          if (rows > m) continue;
          const fresh = forward(build, other, true);
          const again = new Sandbox(build, (rows * (k + n) + n * k + n) * 4 + linearWork(n, k));
          const x = again.input('x', other.x);
          // the weights are not read any more
          const gone = again.output('w', n * k);
          const bias = again.input('b', c.b);
          const y = again.output('y', rows * n);
          const kept = again.work(linearWork(n, k));
          new Uint8Array(again.memory.buffer).set(
            new Uint8Array(sandbox.memory.buffer, work, linearWork(n, k)),
            kept,
          );
          again.run((kernels) => kernels.linear_forward(rows, n, k, x, gone, bias, y, 1, kept));
          expect(again.bits(y, rows * n), `${build} ${shape}`).toEqual(fresh.sandbox.bits(fresh.y, rows * n));
        }
      }
    }
  });

  for (const operand of ['x', 'w', 'b', 'y', 'work']) {
    test(`linear_forward flush: ${operand} ends on the last byte of the memory`, () => {
      for (const shape of shapes) {
        for (const build of builds) {
          const c = make(shape);
          const { sandbox, y } = forward(build, c, true, operand);
          const guarded = forward(build, c, true);
          const count = c.m * c.n;
          expect(sandbox.bits(y, count), `${build} ${shape}`).toEqual(guarded.sandbox.bits(guarded.y, count));
        }
      }
    });
  }

  test('linear_forward NaN: in a row of x reaches exactly that row of y', () => {
    for (const build of builds) {
      for (let row = 0; row < 7; row++) {
        const c = make([7, 11, 5]);
        c.x[row * 5 + 3] = Number.NaN;
        const { sandbox, y } = forward(build, c, true);
        const rows = [...sandbox.read(y, 77)].map((v, i) => (Number.isNaN(v) ? Math.floor(i / 11) : -1));
        expect(rows.filter((r) => r >= 0)).toEqual(new Array(11).fill(row));
      }
    }
  });
});

interface BackwardOptions {
  dx?: boolean;
  db?: boolean;
  flush?: string;
}

function backward(build: BuildName, c: Case, { dx = true, db = true, flush = '' }: BackwardOptions = {}) {
  const { m, n, k } = c;
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const size = linearBackwardWork(m, n, k);
  const sandbox = new Sandbox(build, (2 * m * k + 2 * n * k + m * n + n) * 4 + size);
  const at = {
    x: sandbox.input('x', c.x, place('x')),
    w: sandbox.input('w', c.w, place('w')),
    dy: sandbox.input('dy', c.dy, place('dy')),
    dx: dx ? sandbox.output('dx', m * k, place('dx')) : 0,
    dw: sandbox.output('dw', c.dw, place('dw')),
    db: db ? sandbox.output('db', c.db, place('db')) : 0,
    work: sandbox.work(size, place('work')),
  };
  const run = () =>
    sandbox.run((kernels) =>
      kernels.linear_backward(m, n, k, at.x, at.w, at.dy, at.dx, at.dw, at.db, at.work),
    );
  run();
  return {
    again: run,
    dx: () => sandbox.read(at.dx, m * k),
    dw: () => sandbox.read(at.dw, n * k),
    db: () => sandbox.read(at.db, n),
  };
}

function expectGradients(
  build: BuildName,
  c: Case,
  got: { dx?: Float32Array; dw: Float32Array; db?: Float32Array },
) {
  const { m, n, k } = c;
  if (got.dx) {
    expectSums(build, 'dx', got.dx, (at) => {
      const i = Math.floor(at / k);
      return sum(
        0,
        n,
        (j) => c.dy[i * n + j]!,
        (j) => c.w[j * k + (at % k)]!,
      );
    });
  }
  // dw and db from the last row to the first
  expectSums(build, 'dw', got.dw, (at) => {
    const j = Math.floor(at / k);
    return sum(
      c.dw[at]!,
      m,
      (i) => c.dy[(m - 1 - i) * n + j]!,
      (i) => c.x[(m - 1 - i) * k + (at % k)]!,
    );
  });
  if (got.db)
    expectSums(build, 'db', got.db, (j) =>
      sum(
        c.db[j]!,
        m,
        (i) => c.dy[(m - 1 - i) * n + j]!,
        () => 1,
      ),
    );
}

describe('linear_backward', () => {
  for (const shape of shapes) {
    test(`linear_backward m=${shape[0]} n=${shape[1]} k=${shape[2]}: dx written, dw and db added to`, () => {
      const c = make(shape);
      for (const build of builds) {
        const { dx, dw, db } = backward(build, c);
        expectGradients(build, c, { dx: dx(), dw: dw(), db: db() });
      }
    });
  }

  test('linear_backward options: without dx, without db, without both', () => {
    for (const shape of shapes) {
      const c = make(shape);
      for (const build of builds) {
        const noX = backward(build, c, { dx: false });
        expectGradients(build, c, { dw: noX.dw(), db: noX.db() });
        const noB = backward(build, c, { db: false });
        expectGradients(build, c, { dx: noB.dx(), dw: noB.dw() });
        expectGradients(build, c, { dw: backward(build, c, { dx: false, db: false }).dw() });
      }
    }
  });

  test('linear_backward twice: dx is the same, dw and db go on from what they hold', () => {
    for (const shape of shapes) {
      const c = make(shape);
      for (const build of builds) {
        const { again, dx, dw, db } = backward(build, c);
        const once = { ...c, dw: dw(), db: db() };
        const firstX = dx();
        again();
        expect(dx().every((v, i) => v === firstX[i])).toBe(true);
        expectGradients(build, once, { dw: dw(), db: db() });
      }
    }
  });

  for (const flush of ['x', 'w', 'dy', 'dx', 'dw', 'db', 'work']) {
    test(`linear_backward flush: ${flush} ends on the last byte of the memory`, () => {
      for (const shape of shapes) {
        const c = make(shape);
        for (const build of builds) {
          const { dx, dw, db } = backward(build, c, { flush });
          expectGradients(build, c, { dx: dx(), dw: dw(), db: db() });
        }
      }
    });
  }
});
