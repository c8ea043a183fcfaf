import type { Operator } from '../onnxSession/node.ts';
import { product } from '../onnxSession/strided.ts';

export const batchNormalization: Operator = (node) => {
  const value = node.input(0);
  if (node.int('training_mode', 0)) node.fail('training_mode is not supported');
  const eps = node.float('epsilon', 1e-5);
  const [N, C = 1] = value.shape;
  for (const i of [1, 2, 3, 4]) node.shaped(i, [C]);
  const size = product(value.shape.slice(2));
  const scale = new Float32Array(C);
  const shift = new Float32Array(C);
  node.output(value.shape);
  node.step(({ x, y }) => {
    const [from, weight, bias, mean, variance] = x as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    for (let c = 0; c < C; c++) {
      const s = weight[c]! / Math.sqrt(variance[c]! + eps);
      scale[c] = s;
      shift[c] = bias[c]! - mean[c]! * s;
    }
    let o = 0;
    for (let n = 0; n < N!; n++) {
      for (let c = 0; c < C; c++) {
        const [s, b] = [scale[c]!, shift[c]!];
        for (let i = 0; i < size; i++, o++) y[0]![o] = from[o]! * s + b;
      }
    }
  });
};
