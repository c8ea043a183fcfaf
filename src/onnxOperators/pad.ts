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
  const given = node.sizes('pads', 1) ?? node.ints('paddings') ?? node.fail('has no pads');
  const axes = (node.sizes('axes', 3) ?? value.shape.map((_, i) => i)).map((a) =>
    node.axis(a, value.shape.length),
  );
  if (given.length !== 2 * axes.length) node.fail(`pads [${given}] of axes [${axes}]`);
  const before = value.shape.map(() => 0);
  const shape = [...value.shape];
  // what negative pads leave is padded
  const left = [...shape];
  let skipped = 0;
  for (const [i, axis] of axes.entries()) {
    const [first, last] = [given[i]!, given[i + axes.length]!];
    const cut = Math.min(0, first);
    before[axis] = first - cut;
    skipped -= cut * stridesOf(value.shape)[axis]!;
    shape[axis]! += first + last;
    left[axis]! += cut + Math.min(0, last);
  }
  if (!given.some(Boolean)) return node.alias(value);
  const mode = node.oneOf('mode', Object.keys(SOURCES));
  if (mode !== 'constant' && Math.min(...left) < 1) node.fail(`mode ${mode} of [${left}]`);
  const fill = node.float('value', 0);
  node.output(shape);
  let table: Int32Array | undefined;
  let words: Int32Array | undefined;
  return node.step(
    ({ f32, x, y, px, py }) => {
      table ??= tableOf(shape, value.shape, (at, i) => SOURCES[mode]!(at - before[i]!, left[i]!));
      // floats and integers are copied as words: a loop over one kind of array takes an eighth of the time
      if (words?.buffer !== f32.buffer) words = new Int32Array(f32.buffer);
      const from = px[0]! / 4 + skipped;
      const to = py[0]! / 4;
      y[0]![0] = node.inputs[2] ? x[1]![0]! : fill;
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
