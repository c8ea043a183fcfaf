import { describe, expect, test } from 'vitest';
import { POOL_MAX, POOL_MEAN } from '../../src/wasm/generated/constants.ts';
import * as reference from '../reference/pool.ts';
import { generator, uniform } from '../reference/random.ts';
import type { WindowShape } from '../reference/windows.ts';
import { type BuildName, builds, type Placement, Sandbox } from './sandbox.ts';
import { PackedWindows } from './windowTester.ts';

const KINDS = { max: POOL_MAX, mean: POOL_MEAN } as const;

const shapes: [WindowShape, number[]][] = [
  [{ size: 1, stride: 1, dilation: 1, padding: 'valid' }, [3]],
  [{ size: 2, stride: 2, dilation: 1, padding: 'valid' }, [7, 7, 7]],
  [{ size: 3, stride: 1, dilation: 1, padding: 1 }, [6, 4, 1, 0]],
  [{ size: 4, stride: 3, dilation: 1, padding: 'same' }, [8, 7, 6, 5, 4, 3, 2, 1]],
  [{ size: 3, stride: 2, dilation: 2, padding: 'valid' }, [9, 5, 4]],
];
const CHANNELS = [1, 2, 3, 4, 5, 7, 8, 9, 17];

interface Drawn {
  readonly windows: PackedWindows;
  readonly C: number;
  readonly x: Float32Array;
  readonly dy: Float32Array;
}

function draw([shape, lengths]: (typeof shapes)[number], C: number): Drawn {
  const next = generator(C);
  const windows = new PackedWindows(shape, lengths);
  // few values, so that some are equal
  const x = Float32Array.from({ length: windows.rows * C }, () => Math.round(next() * 8) / 4 - 1);
  return { windows, C, x, dy: Float32Array.from(uniform(next, windows.outRows * C)) };
}

function run(build: BuildName, kind: number, { windows, C, x, dy }: Drawn, flush?: string) {
  const place = (name: string): Placement => (name === flush ? 'flush' : 'guarded');
  const sandbox = new Sandbox(build, 4 * (2 * x.length + 3 * dy.length + C + windows.words));
  const table = windows.write(sandbox);
  const px = sandbox.input('x', x, place('x'));
  const pdy = sandbox.input('dy', dy, place('dy'));
  const y = sandbox.output('y', dy.length, place('y'));
  const dx = sandbox.output('dx', x.length, place('dx'));
  const index = kind === POOL_MAX ? sandbox.output('index', dy.length, place('index')) : 0;
  const row = sandbox.work(C * 4, place('row'));
  sandbox.run((k) => k.pool1d_forward(table, kind, C, px, y, index));
  sandbox.run((k) => k.pool1d_backward(table, kind, C, pdy, dx, index, row));
  const trained = sandbox.read(y, dy.length);
  // inference, without an index
  sandbox.run((k) => k.pool1d_forward(table, kind, C, px, y, 0));
  expect(sandbox.read(y, dy.length)).toEqual(trained);
  return { y: trained, dx: sandbox.read(dx, x.length) };
}

describe.each(['max', 'mean'] as const)('pool1d %s', (kind) => {
  test.each(shapes)('%o over rows of %o steps, every tail: the float64 reference', (shape, lengths) => {
    for (const C of CHANNELS) {
      const drawn = draw([shape, lengths], C);
      for (const build of builds) {
        const { y, dx } = run(build, KINDS[kind], drawn);
        for (let b = 0; b < lengths.length; b++) {
          const row = drawn.windows.row(drawn.x, b, C);
          const expected = reference.forward(kind, shape, row, C).y;
          const dY = drawn.windows.row(drawn.dy, b, C, 'out');
          const got = [drawn.windows.row(y, b, C, 'out'), drawn.windows.row(dx, b, C)] as const;
          const label = `${build} row ${b}, ${C} channels`;
          expectNear(got[0], expected, `${label}: y`);
          expectNear(got[1], reference.backward(kind, shape, row, C, dY), `${label}: dx`);
        }
      }
    }
  });

  test.each(['x', 'dy', 'y', 'dx', 'index', 'row'])('flush: %s', (flush) => {
    for (const C of CHANNELS) {
      const drawn = draw(shapes[3]!, C);
      for (const build of builds)
        expect(run(build, KINDS[kind], drawn, flush)).toEqual(run(build, KINDS[kind], drawn));
    }
  });

  test('NaN reaches the windows that see it, and no others', () => {
    const drawn = draw(shapes[2]!, 5);
    drawn.x.fill(0);
    drawn.x[(2 * 3 + 1 - 0) * 5 + 2] = Number.NaN;
    for (const build of builds) {
      const { y } = run(build, KINDS[kind], drawn);
      const bad = [...y].flatMap((v, i) => (Number.isNaN(v) ? [i % 5] : []));
      expect(bad).toEqual([2, 2, 2]);
    }
  });
});

test('pool1d max: of equal ones the first receives the gradient', () => {
  const windows = new PackedWindows({ size: 3, stride: 3, dilation: 1, padding: 'valid' }, [3]);
  const x = Float32Array.of(1, 5, 2, 5, 2, 0);
  const dy = Float32Array.of(1, 2);
  for (const build of builds) {
    expect([...run(build, POOL_MAX, { windows, C: 2, x, dy }).dx]).toEqual([0, 2, 1, 0, 0, 0]);
  }
});

function expectNear(got: Float64Array, expected: Float64Array, label: string): void {
  expect(got.length, label).toBe(expected.length);
  for (const [i, v] of got.entries()) expect(Math.abs(v - expected[i]!), `${label}[${i}]`).toBeLessThan(2e-6);
}
