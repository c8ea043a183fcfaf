import { DTYPES } from '../../formats/onnx/schema.ts';
import type { Operator, Operators } from '../node.ts';
import { product } from '../strided.ts';
import { asTwo, windowsOf } from './windows.ts';

function pool(kind: 'max' | 'average' | 'lp'): Operator {
  return (node) => {
    const value = node.input(0);
    const sizes = value.shape.slice(2);
    const kernel = node.ints('kernel_shape') ?? node.fail('has no kernel_shape');
    if (sizes.length < 1 || sizes.length > 2)
      node.fail(`${sizes.length} spatial dimensions: 1 and 2 are supported`);
    const windows = windowsOf(node, sizes, kernel);
    const [a, b] = asTwo(windows);
    const shape = [...value.shape.slice(0, 2), ...windows.map(({ count }) => count)];
    node.output(shape);
    if (kind === 'max' && node.node.outputs[1]) {
      if (node.int('storage_order', 0)) node.fail('storage_order is not supported');
      node.output(shape, DTYPES.int64);
    }
    const planes = value.shape[0]! * value.shape[1]!;
    const padded = node.int('count_include_pad', 0);
    const p = node.int('p', 2);
    node.step(({ x, y }) => {
      const from = x[0]!;
      let o = 0;
      for (let n = 0; n < planes; n++) {
        const plane = n * a.size * b.size;
        for (let i = 0; i < a.count; i++) {
          for (let j = 0; j < b.count; j++, o++) {
            let result = kind === 'max' ? Number.NEGATIVE_INFINITY : 0;
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
                const v0 = from[at]!;
                if (kind === 'average') result += v0;
                else if (kind === 'lp') result += Math.abs(v0) ** p;
                else if (v0 > result || Number.isNaN(v0)) {
                  result = v0;
                  best = at;
                }
              }
            }
            y[0]![o] = kind === 'average' ? result / count : kind === 'lp' ? result ** (1 / p) : result;
            if (y[1]) y[1][o] = best;
          }
        }
      }
    });
  };
}

function globalPool(kind: 'max' | 'average'): Operator {
  return (node) => {
    const value = node.input(0);
    const size = product(value.shape.slice(2));
    const planes = value.shape[0]! * value.shape[1]!;
    node.output(value.shape.map((own, i) => (i < 2 ? own : 1)));
    node.step(({ x, y }) => {
      for (let n = 0; n < planes; n++) {
        let result = kind === 'max' ? Number.NEGATIVE_INFINITY : 0;
        for (let i = n * size; i < (n + 1) * size; i++) {
          result = kind === 'max' ? Math.max(result, x[0]![i]!) : result + x[0]![i]!;
        }
        y[0]![n] = kind === 'max' ? result : result / size;
      }
    });
  };
}

/** Pooling of one and two dimensions. */
export const POOLS: Operators = {
  MaxPool: pool('max'),
  AveragePool: pool('average'),
  LpPool: pool('lp'),
  GlobalMaxPool: globalPool('max'),
  GlobalAveragePool: globalPool('average'),
};
