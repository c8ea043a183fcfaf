import type { Operator, Operators } from '../onnxSession/node.ts';
import { around } from '../onnxSession/ops/softmax.ts';
import { product } from '../onnxSession/strided.ts';

/** Rows [outer] of `size` with their mean and variance in float64; weight and bias of channel `channel(row)`, or each element. */
function normalize(
  x: ArrayLike<number>,
  y: { [i: number]: number },
  rows: number,
  size: number,
  eps: number,
  scaled: (v: number, row: number, i: number) => number,
  stats?: {
    mean: { [i: number]: number } | undefined;
    rstd: { [i: number]: number } | undefined;
    centered: boolean;
  },
): void {
  for (let r = 0; r < rows; r++) {
    let mean = 0;
    if (stats?.centered !== false) {
      for (let i = r * size; i < (r + 1) * size; i++) mean += x[i]!;
      mean /= size;
    }
    let variance = 0;
    for (let i = r * size; i < (r + 1) * size; i++) variance += (x[i]! - mean) ** 2;
    const rstd = 1 / Math.sqrt(variance / size + eps);
    if (stats?.mean) stats.mean[r] = mean;
    if (stats?.rstd) stats.rstd[r] = rstd;
    for (let i = 0; i < size; i++) y[r * size + i] = scaled((x[r * size + i]! - mean) * rstd, r, i);
  }
}

const instanceNormalization: Operator = (node) => {
  const value = node.input(0);
  const eps = node.float('epsilon', 1e-5);
  const [N = 1, C = 1] = value.shape;
  const size = product(value.shape.slice(2));
  for (const i of [1, 2]) node.shaped(i, [C]);
  node.output(value.shape);
  node.step(({ x, y }) => {
    normalize(x[0]!, y[0]!, N * C, size, eps, (v, row) => v * x[1]![row % C]! + x[2]![row % C]!);
  });
};

/** Weight and bias by channel since opset 21, by group before it. */
const groupNormalization: Operator = (node) => {
  const value = node.input(0);
  const eps = node.float('epsilon', 1e-5);
  const groups = node.int('num_groups', 1);
  const [N = 1, C = 1] = value.shape;
  if (!(groups > 0) || C % groups) node.fail(`${C} channels in ${groups} groups`);
  const plane = product(value.shape.slice(2));
  const size = (C / groups) * plane;
  const byGroup = node.opset < 21;
  for (const i of [1, 2]) node.shaped(i, [byGroup ? groups : C]);
  node.output(value.shape);
  node.step(({ x, y }) => {
    normalize(x[0]!, y[0]!, N * groups, size, eps, (v, row, i) => {
      const at = byGroup ? row % groups : (row % groups) * (C / groups) + Math.floor(i / plane);
      return v * x[1]![at]! + x[2]![at]!;
    });
  });
};

function layerNormalization(centered: boolean): Operator {
  return (node) => {
    const value = node.input(0);
    const eps = node.float('epsilon', 1e-5);
    const axis = node.axis(node.int('axis', -1), value.shape.length);
    const [outer] = around(value.shape, axis);
    const size = product(value.shape.slice(axis));
    const small = value.shape.map((own, i) => (i < axis ? own : 1));
    node.output(value.shape);
    if (centered && node.node.outputs.length > 1) {
      node.output(small);
      node.output(small);
    }
    const [w, bias] = [node.input(1), centered ? node.inputs[2] : undefined];
    if (w.size !== size || (bias && bias.size !== size)) node.fail('a weight of another size');
    const fast = centered && node.outputs.length === 1;
    node.step(({ kernels, x, y, px, py }) => {
      if (fast) {
        return void kernels.layer_norm(
          outer,
          size,
          px[0]!,
          size,
          px[1]!,
          bias ? px[2]! : 0,
          py[0]!,
          size,
          0,
          0,
          0,
          eps,
        );
      }
      const weight = x[1]!;
      normalize(x[0]!, y[0]!, outer, size, eps, (v, _, i) => v * weight[i]! + (bias ? x[2]![i]! : 0), {
        mean: y[1],
        rstd: y[2],
        centered,
      });
    });
  };
}

const lpNormalization: Operator = (node) => {
  const value = node.input(0);
  const axis = node.axis(node.int('axis', -1), value.shape.length);
  const p = node.int('p', 2);
  if (p !== 1 && p !== 2) node.fail(`p ${p}: expected 1 or 2`);
  const [outer, size, inner] = around(value.shape, axis);
  node.output(value.shape);
  node.step(({ x, y }) => {
    for (let i = 0; i < outer * inner; i++) {
      const at = Math.floor(i / inner) * size * inner + (i % inner);
      let sum = 0;
      for (let k = 0; k < size; k++) sum += Math.abs(x[0]![at + k * inner]!) ** p;
      const norm = sum ** (1 / p) || 1;
      for (let k = 0; k < size; k++) y[0]![at + k * inner] = x[0]![at + k * inner]! / norm;
    }
  });
};

/** Normalizations in inference. */
export const NORMS: Operators = {
  InstanceNormalization: instanceNormalization,
  GroupNormalization: groupNormalization,
  LayerNormalization: layerNormalization(true),
  RMSNormalization: layerNormalization(false),
  LpNormalization: lpNormalization,
};
