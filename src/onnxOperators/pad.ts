import type { Operator } from '../onnxSession/node.ts';
import { stridesOf } from '../onnxSession/strided.ts';

/** Where an element comes from in one dimension; −1: it is filled. */
const SOURCES: Readonly<Record<string, (at: number, size: number) => number>> = {
  constant: (at, size) => (at < 0 || at >= size ? -1 : at),
  edge: (at, size) => Math.max(0, Math.min(size - 1, at)),
  reflect: (at, size) => {
    const period = Math.max(1, 2 * size - 2);
    const k = ((at % period) + period) % period;
    return k < size ? k : period - k;
  },
  wrap: (at, size) => ((at % size) + size) % size,
};

/** Pad, of all modes. */
export const pad: Operator = (node) => {
  const value = node.input(0);
  const rank = value.shape.length;
  const given = node.sizes('pads', 1) ?? node.ints('paddings') ?? node.fail('has no pads');
  const axes = node.inputs[3]
    ? Array.from(node.constant(3)!, (a) => node.axis(a, rank))
    : value.shape.map((_, i) => i);
  const before = new Array<number>(rank).fill(0);
  const shape = [...value.shape];
  for (const [i, axis] of axes.entries()) {
    before[axis] = given[i] ?? 0;
    shape[axis]! += (given[i] ?? 0) + (given[i + axes.length] ?? 0);
  }
  if (shape.every((size, i) => size === value.shape[i])) return node.alias(value);
  const mode = node.text('mode', 'constant');
  const source = SOURCES[mode] ?? node.fail(`mode ${mode}`);
  const fill = node.float('value', 0);
  const filled = Boolean(node.inputs[2]);
  node.output(shape);
  let table: Int32Array | undefined;
  let words: Int32Array | undefined;
  return node.step(
    ({ f32, x, y, px, py }) => {
      table ??= tableOf(shape, value.shape, (at, i) => source(at - before[i]!, value.shape[i]!));
      // floats and integers are copied as words: a loop over one kind of array takes an eighth of the time
      if (words?.buffer !== f32.buffer) words = new Int32Array(f32.buffer);
      if (!table.length) return;
      const from = px[0]! / 4;
      const to = py[0]! / 4;
      y[0]![0] = filled ? x[1]![0]! : fill;
      const empty = words[to]!;
      for (let k = 0; k < table.length; k++) words[to + k] = table[k]! < 0 ? empty : words[from + table[k]!]!;
    },
    { inputs: [value, node.inputs[2]] },
  );
};

/** For each element of an output, the index of the one it is copied from, or −1. */
export function tableOf(
  shape: readonly number[],
  from: readonly number[],
  source: (at: number, dimension: number) => number,
): Int32Array {
  const strides = stridesOf(from);
  let table = Int32Array.of(0);
  for (const [i, size] of shape.entries()) {
    const next = new Int32Array(table.length * size);
    for (let a = 0, o = 0; a < table.length; a++) {
      for (let k = 0; k < size; k++, o++) {
        const at = source(k, i);
        next[o] = at < 0 || table[a]! < 0 ? -1 : table[a]! + at * strides[i]!;
      }
    }
    table = next;
  }
  return table;
}
