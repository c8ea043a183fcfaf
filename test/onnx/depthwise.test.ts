import { beforeAll, describe, expect, test } from 'vitest';
import { init } from '../../src/index.ts';
import { model, port } from './encode.ts';
import { sessionOf } from './sessionOf.ts';

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

interface Case {
  readonly N: number;
  readonly C: number;
  readonly size: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly pads: readonly number[];
  readonly dilations: readonly number[];
  readonly bias: boolean;
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1);

/** Numbers around 0 that differ. */
const numbers = (n: number, seed: number) =>
  Float32Array.from({ length: n }, (_, i) => Math.sin(12.9898 * (i + 1) + 78.233 * seed));

/** y of x[N, C, h, w] and a kernel per channel, in float64; one dimension has h = 1. */
function reference(own: Case, x: Float32Array, w: Float32Array, b: Float32Array): number[] {
  const two = (list: readonly number[], fill: number) => (list.length === 1 ? [fill, list[0]!] : list);
  const [[H, W], [kh, kw], [sh, sw], [dh, dw]] = [
    two(own.size, 1),
    two(own.kernel, 1),
    two(own.strides, 1),
    two(own.dilations, 1),
  ] as [number, number][] as [[number, number], [number, number], [number, number], [number, number]];
  const rank = own.size.length;
  const [top, left] = two(own.pads.slice(0, rank), 0) as [number, number];
  const [bottom, right] = two(own.pads.slice(rank), 0) as [number, number];
  const rows = Math.floor((H + top + bottom - (kh - 1) * dh - 1) / sh) + 1;
  const columns = Math.floor((W + left + right - (kw - 1) * dw - 1) / sw) + 1;
  const y: number[] = [];
  for (let n = 0; n < own.N * own.C; n++) {
    const c = n % own.C;
    for (let p = 0; p < rows; p++) {
      for (let q = 0; q < columns; q++) {
        let sum = own.bias ? b[c]! : 0;
        for (let i = 0; i < kh; i++) {
          for (let j = 0; j < kw; j++) {
            const [r, s] = [p * sh - top + i * dh, q * sw - left + j * dw];
            if (r < 0 || r >= H || s < 0 || s >= W) continue;
            sum += w[(c * kh + i) * kw + j]! * x[(n * H + r) * W + s]!;
          }
        }
        y.push(sum);
      }
    }
  }
  return y;
}

function* cases(): Generator<Case> {
  const lines = [
    { size: [8], kernel: [5], strides: [1], pads: [2, 2], dilations: [1] },
    { size: [1], kernel: [5], strides: [1], pads: [2, 2], dilations: [1] },
    { size: [17], kernel: [3], strides: [2], pads: [0, 1], dilations: [2] },
    { size: [6], kernel: [3], strides: [4], pads: [5, 5], dilations: [3] },
    { size: [5, 7], kernel: [3, 3], strides: [1, 1], pads: [1, 1, 1, 1], dilations: [1, 1] },
    { size: [4, 9], kernel: [2, 3], strides: [2, 3], pads: [3, 0, 0, 4], dilations: [1, 2] },
    { size: [1, 6], kernel: [3, 1], strides: [1, 2], pads: [2, 0, 0, 0], dilations: [2, 1] },
  ];
  for (const line of lines)
    for (const C of [2, 3, 5, 258])
      for (const N of [1, 2]) for (const bias of [true, false]) yield { ...line, N, C, bias };
}

describe('a convolution of one channel per group', () => {
  test.each([...cases()].map((own) => [JSON.stringify(own), own] as const))('%s', (_, own) => {
    const { N, C, size, kernel, strides, pads, dilations, bias } = own;
    const shape = [N, C, ...size];
    const x = numbers(product(shape), 1);
    const w = numbers(C * product(kernel), 2);
    const b = numbers(C, 3);
    const constant = (name: string, dims: number[], data: Float32Array) => ({
      name,
      dims,
      dataType: 1,
      floatData: [...data],
    });
    const ints = (name: string, list: readonly number[]) => ({ name, type: 7, ints: [...list] });
    const session = sessionOf(
      model({
        node: [
          // what is alive around the convolution stays as it is
          { opType: 'Neg', input: ['x'], output: ['before'] },
          {
            opType: 'Conv',
            input: bias ? ['x', 'w', 'b'] : ['x', 'w'],
            output: ['y'],
            attribute: [
              ints('strides', strides),
              ints('pads', pads),
              ints('dilations', dilations),
              { name: 'group', type: 2, i: C },
            ],
          },
          { opType: 'Add', input: ['x', 'before'], output: ['zero'] },
        ],
        initializer: [constant('w', [C, 1, ...kernel], w), constant('b', [C], b)],
        input: [port('x', shape)],
        output: [port('y'), port('before'), port('zero')],
      }),
    );
    const expected = reference(own, x, w, b);
    for (let run = 0; run < 2; run++) {
      const { y, before, zero } = session.run({ x });
      expect(y!.data.length).toBe(expected.length);
      let worst = 0;
      for (const [i, v] of expected.entries()) worst = Math.max(worst, Math.abs(Number(y!.data[i]) - v));
      expect(worst).toBeLessThan(2e-6);
      expect(Array.from(before!.data as Float32Array, (v) => -v)).toEqual([...x]);
      expect((zero!.data as Float32Array).every((v) => v === 0)).toBe(true);
    }
  });

  test('what lies outside adds nothing, even where the edge is infinite', () => {
    const session = sessionOf(
      model({
        node: [
          {
            opType: 'Conv',
            input: ['x', 'w'],
            output: ['y'],
            attribute: [
              { name: 'pads', type: 7, ints: [1, 1] },
              { name: 'group', type: 2, i: 2 },
            ],
          },
        ],
        initializer: [{ name: 'w', dims: [2, 1, 3], dataType: 1, floatData: [1, 2, 3, 4, 5, 6] }],
        input: [port('x', [1, 2, 3])],
        output: [port('y')],
      }),
    );
    const x = [Number.POSITIVE_INFINITY, 1, 1, 1, 1, 1];
    expect([...session.run({ x }).y!.data]).toEqual([Infinity, Infinity, 3, 11, 15, 9]);
  });
});

test('Pad copies integers bit by bit, also those that would be signalling NaNs as floats', () => {
  const session = sessionOf(
    model({
      node: [{ opType: 'Pad', input: ['x', 'pads', 'fill'], output: ['y'] }],
      initializer: [
        { name: 'pads', dims: [2], dataType: 7, int64Data: [1, 2] },
        { name: 'fill', dims: [], dataType: 6, int32Data: [0x7fa00001] },
      ],
      input: [{ name: 'x', type: { tensorType: { elemType: 6, shape: { dim: [{ dimValue: 2 }] } } } }],
      output: [{ name: 'y', type: { tensorType: { elemType: 6 } } }],
    }),
  );
  const x = Int32Array.of(0x7f800001, -0x007ffffe);
  const fill = 0x7fa00001;
  expect([...session.run({ x }).y!.data]).toEqual([fill, 0x7f800001, -0x007ffffe, fill, fill]);
});
