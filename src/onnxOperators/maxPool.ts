import { DTYPES } from '../formats/onnx/schema.ts';
import type { Operator, PlannedNode } from '../onnxSession/node.ts';
import { REDUCTIONS } from './reductions.ts';
import { asTwo, integersOf, windowsOf } from './windows.ts';

/** What a pooling makes of the values of a window. */
export interface Pooling {
  readonly start: number;
  readonly add: (result: number, value: number) => number;
  /** `count`: values, with those of the padding if the node asks for them. */
  readonly end?: (result: number, count: number) => number;
}

/** Pooling of one and two dimensions; the index of the value that was taken last is its second output. */
export function pool(node: PlannedNode, { start, add, end }: Pooling): void {
  const value = node.input(0);
  const sizes = value.shape.slice(2);
  if (!node.has('kernel_shape')) node.fail('has no kernel_shape');
  const kernel = integersOf(node, 'kernel_shape', sizes.length, 1);
  const windows = windowsOf(node, sizes, kernel);
  if (node.ints('pads')?.some((n, i) => n >= kernel[i % kernel.length]!))
    node.fail(`pads of the kernel [${kernel}] or more`);
  const [a, b] = asTwo(windows);
  const shape = [...value.shape.slice(0, 2), ...windows.map(({ count }) => count)];
  node.output(shape);
  if (node.node.outputs[1]) {
    if (node.int('storage_order', 0)) node.fail('storage_order is not supported');
    node.output(shape, DTYPES.int64);
  }
  const planes = value.shape[0]! * value.shape[1]!;
  const padded = node.int('count_include_pad', 0);
  node.step(({ x, y }) => {
    const from = x[0]!;
    let o = 0;
    for (let n = 0; n < planes; n++) {
      const plane = n * a.size * b.size;
      for (let i = 0; i < a.count; i++) {
        for (let j = 0; j < b.count; j++, o++) {
          let result = start;
          let best = 0;
          let count = 0;
          for (let u = 0; u < a.taps; u++) {
            const row = i * a.stride + u * a.dilation - a.before;
            if (row >= a.size + a.after) break;
            for (let v = 0; v < b.taps; v++) {
              const column = j * b.stride + v * b.dilation - b.before;
              if (column >= b.size + b.after) break;
              const inside = row >= 0 && row < a.size && column >= 0 && column < b.size;
              if (inside || padded) count++;
              if (!inside) continue;
              const at = plane + row * b.size + column;
              const next = add(result, from[at]!);
              if (!Object.is(next, result)) best = at;
              result = next;
            }
          }
          y[0]![o] = end ? end(result, count) : result;
          if (y[1]) y[1][o] = best;
        }
      }
    }
  });
}

export const maxPool: Operator = (node) => pool(node, REDUCTIONS.ReduceMax!);
