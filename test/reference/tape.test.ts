import { expect, test } from 'vitest';
import { numericGradient, relativeError } from './gradcheck.ts';
import { generator, uniform } from './random.ts';
import { type Node, Tape } from './tape.ts';

const A = [3, 4] as const;

const operations: [string, (readonly [number, number])[], (t: Tape, n: Node[]) => Node][] = [
  ['matmul', [A, [5, 4]], (t, [a, b]) => t.matmul(a!, b!)],
  ['add', [A, A], (t, [a, b]) => t.add(a!, b!)],
  ['add a row', [A, [1, 4]], (t, [a, b]) => t.add(a!, b!)],
  ['mul', [A, A], (t, [a, b]) => t.mul(a!, b!)],
  ['mul by a row', [A, [1, 4]], (t, [a, b]) => t.mul(a!, b!)],
  ['mul by itself', [A], (t, [a]) => t.mul(a!, a!)],
  ['activate', [A], (t, [a]) => t.activate(a!, 'softsign')],
  ['complement', [A], (t, [a]) => t.mul(t.complement(a!), a!)],
  ['clamp', [A], (t, [a]) => t.mul(t.clamp(a!, 0.5), a!)],
  ['columns', [A], (t, [a]) => t.columns(a!, 1, 2)],
  ['chunk', [A], (t, [a]) => t.mul(t.chunk(a!, 2)[0]!, t.chunk(a!, 2)[1]!)],
  ['rows', [A], (t, [a]) => t.rows(a!, [2, 0, 2])],
  ['concat', [A, [3, 2]], (t, [a, b]) => t.concat(a!, b!)],
  ['replaceRows', [A, [2, 4]], (t, [a, b]) => t.mul(t.replaceRows(a!, [2, 0], b!), a!)],
  ['blockDiagonal', [[8, 2]], (t, [a]) => t.blockDiagonal(a!, 4, 2)],
  ['layerNorm', [A, [1, 4], [1, 4]], (t, [a, b, c]) => t.layerNorm(a!, b!, c!)],
  ['clipGradient, no row over the bound', [A], (t, [a]) => t.clipGradient(a!, 100)],
];

test.each(operations)('%s: gradient by central differences', (_, shapes, operation) => {
  const next = generator(5);
  const leaves = shapes.map(([rows, cols]) => uniform(next, rows * cols));
  const run = () => {
    const tape = new Tape();
    const nodes = shapes.map(([rows, cols], i) => tape.leaf(leaves[i]!, rows, cols));
    return { tape, nodes, out: operation(tape, nodes) };
  };
  const { tape, nodes, out } = run();
  const seed = uniform(next, out.value.length);
  const loss = () => run().out.value.reduce((sum, x, i) => sum + x * seed[i]!, 0);
  for (let again = 0; again < 2; again++) {
    tape.backward([[out, seed]]);
    for (const [i, node] of nodes.entries()) {
      expect(relativeError(node.grad, numericGradient(loss, leaves[i]!), 1e-2)).toBeLessThan(1e-7);
    }
  }
});

test('values of the operations that move elements', () => {
  const tape = new Tape();
  const a = tape.leaf(Float64Array.of(1, 2, 3, 4, 5, 6), 2, 3);
  const b = tape.leaf(Float64Array.of(7, 8), 2, 1);
  const row = tape.leaf(Float64Array.of(9, 10, 11), 1, 3);
  expect([...tape.columns(a, 1, 2).value]).toEqual([2, 3, 5, 6]);
  expect([...tape.rows(a, [1]).value]).toEqual([4, 5, 6]);
  expect([...tape.concat(a, b).value]).toEqual([1, 2, 3, 7, 4, 5, 6, 8]);
  expect([...tape.replaceRows(a, [1], row).value]).toEqual([1, 2, 3, 9, 10, 11]);
  const blocks = tape.leaf(Float64Array.of(1, 2, 3, 4), 4, 1);
  expect([...tape.blockDiagonal(blocks, 2, 2).value]).toEqual([1, 0, 0, 2, 3, 0, 0, 4]);
  expect([...tape.clamp(a, 2.5).value]).toEqual([1, 2, 2.5, 2.5, 2.5, 2.5]);
  expect(() => tape.add(a, b)).toThrow('sizes 3 and 1 differ');
  expect(() => tape.matmul(a, b)).toThrow('sizes');
  expect(() => tape.leaf(new Float64Array(5), 2, 3)).toThrow('[2, 3]');
});

test('clipGradient scales the rows over the bound to it', () => {
  const tape = new Tape();
  const a = tape.leaf(new Float64Array(6), 3, 2);
  const out = tape.clipGradient(a, 2);
  const seed = Float64Array.of(3, 4, 0.3, 0.4, 0, 0);
  tape.backward([
    [out, seed],
    [out, seed],
  ]);
  expect([...out.grad]).toEqual([6, 8, 0.6, 0.8, 0, 0]);
  for (const [i, want] of [1.2, 1.6, 0.6, 0.8, 0, 0].entries()) expect(a.grad[i]).toBeCloseTo(want, 14);
});
