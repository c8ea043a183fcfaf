import { known, type Operator } from '../onnxSession/node.ts';
import type { Value } from '../onnxSession/value.ts';
import type { Product } from './cell.ts';
import { centered, toUint8, uint8Range } from './quantize.ts';
import { lstmOf } from './recurrent.ts';

/** Quantizes x to eight bits. */
const quantizedProduct: Product = (
  { kernels, f32 },
  rows,
  G,
  columns,
  x,
  weights,
  b,
  y,
  ready,
  panels,
  scales,
  free,
) => {
  uint8Range(f32, x / 4, rows * columns, (scale, zero) => {
    for (let i = 0; i < rows * columns; i++) f32[free / 4 + i] = toUint8(f32[x / 4 + i]!, scale, zero);
    kernels.linear_forward(rows, G, columns, free, weights, 0, y, ready, panels);
    for (let i = 0; i < rows * G; i++) {
      const own = Math.fround(scale * f32[scales / 4 + (i % G)]!);
      f32[y / 4 + i] = f32[y / 4 + i]! * own + (b ? f32[b / 4 + (i % G)]! : 0);
    }
  });
};

const quantized = lstmOf(quantizedProduct);

/**
 * Weights of 8 bits [D, I, 4H], with scales and zero points of each direction or column; x and h are quantized in each
 * product.
 */
export const dynamicQuantizeLstm: Operator = (node) => {
  const inputs = Array.from({ length: 10 }, (_, i) => node.inputs[i]);
  for (const [k, i] of [1, 2].entries()) {
    const weights = node.input(i);
    const [D, , width] = weights.shape as [number, number, number];
    const [scale, zero] = [node.input(8 + 2 * k), node.inputs[9 + 2 * k]];
    const shaped = (list: Value) => {
      if (list.size !== D && list.size !== D * width)
        node.fail(`[${list.shape}] scales or zero points of weights [${weights.shape}]`);
      return { ...list, shape: [D, 1, list.size / D], of: list };
    };
    const floats = centered(node, weights, zero && shaped(zero), 0);
    inputs[i] = node.call('Transpose', [floats], { perm: [0, 2, 1] });
    inputs[8 + k] = node.call('Expand', [shaped(scale), known([D, 1, width])]);
  }
  const inner = node.withInputs(inputs);
  quantized(inner);
  node.outputs = inner.outputs;
};
