import { DTYPES } from '../../formats/onnx/schema.ts';
import { isFloat, type TensorData } from '../../formats/onnx/tensor.ts';
import { gemmWork, linearWork } from '../../memory/forwardWorkspace.ts';
import { known, type Operator, type Operators, type PlannedNode } from '../node.ts';
import { broadcastShape, broadcastStrides, product, rowsOf } from '../strided.ts';
import { rootOf, type Value } from '../value.ts';

/** B[k, n] as [n, k]. */
export function transposed(b: TensorData, k: number, n: number): TensorData {
  const t = new Float32Array(b.length);
  for (let j = 0; j < n; j++) for (let i = 0; i < k; i++) t[j * k + i] = b[i * n + j]!;
  return t;
}

/**
 * Adds the step y[m, n] = x[m, k]·w[n, k]ᵀ + bias, w and bias constants: w is packed once. x is `inputs`' first.
 */
export function linear(
  node: PlannedNode,
  m: number,
  n: number,
  k: number,
  x: Value,
  w: Value,
  bias?: Value,
): void {
  const slot = node.planning.memory.keep([rootOf(w).data!], `linear ${n} ${k}`, linearWork(n, k));
  node.step(
    ({ kernels, px, py }) => {
      kernels.linear_forward(m, n, k, px[0]!, px[1]!, px[2] ?? 0, py[0]!, slot.ready, slot.ptr);
      slot.ready = 1;
    },
    { inputs: bias ? [x, w, bias] : [x, w], kept: [slot] },
  );
}

const matMul: Operator = (node) => {
  const [a, b] = [node.input(0), node.input(1)];
  if (!isFloat(a.dtype)) node.fail('expected floats');
  const left = a.shape.length === 1 ? [1, ...a.shape] : a.shape;
  const right = b.shape.length === 1 ? [...b.shape, 1] : b.shape;
  const [m, k] = left.slice(-2) as [number, number];
  const [depth, n] = right.slice(-2) as [number, number];
  const [outer, inner] = [left.slice(0, -2), right.slice(0, -2)];
  const batch =
    (k === depth && left.length && broadcastShape([outer, inner])) ||
    node.fail(`[${a.shape}] times [${b.shape}]`);
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  node.output(shape);
  const w =
    product(inner) === 1 && node.derived(b, `transposed ${k} ${n}`, [n, k], (data) => transposed(data, k, n));
  if (w && k && n) return linear(node, product(outer) * m, n, k, a, w);
  const at: number[] = [];
  const strides = [outer, inner].map((own) => [...broadcastStrides(own, batch), 0]);
  rowsOf({ shape: [...batch, 1], strides })((i, j) => void at.push(4 * i * m * k, 4 * j * k * n));
  return node.step(
    ({ kernels, px, py, work }) => {
      let y = py[0]!;
      for (let r = 0; r < at.length; r += 2, y += 4 * m * n)
        kernels.sgemm_nn(m, n, k, px[0]! + at[r]!, k, px[1]! + at[r + 1]!, n, 0, y, n, work);
    },
    { scratch: gemmWork(m, n, k) },
  );
};

const gemm: Operator = (node) => {
  const c = node.inputs[2];
  const [alpha, beta] = [node.float('alpha', 1), node.float('beta', 1)];
  // before opset 7 a matrix of more dimensions is flattened, as Caffe does
  const flat = (v: Value): Value => {
    const shape = [v.shape[0] ?? 1, product(v.shape.slice(1))];
    return v.shape.length === 2 ? v : { ...v, shape, of: v };
  };
  const turned = (v: Value, by: number) => (by ? node.call('Transpose', [v]) : v);
  const a = turned(flat(node.input(0)), node.int('transA', 0));
  const given = flat(node.input(1));
  const transB = node.int('transB', 0);
  const [m, k] = a.shape as [number, number];
  const [n, depth] = (transB ? given.shape : [...given.shape].reverse()) as [number, number];
  if (k !== depth) node.fail(`[${a.shape}] times [${given.shape}]`);
  if (
    alpha === 1 &&
    k &&
    n &&
    (!c || (beta === 1 && c.size === n && c.shape.at(-1) === n && rootOf(c).data))
  ) {
    const w = transB
      ? rootOf(given).data && given
      : node.derived(given, `transposed ${k} ${n}`, [n, k], (d) => transposed(d, k, n));
    if (w) {
      node.output([m, n], a.dtype);
      return linear(node, m, n, k, a, w, c);
    }
  }
  const scaled = (v: Value, by: number) =>
    by === 1 ? v : node.call('Mul', [v, known([by], DTYPES.float32, [])]);
  const y = scaled(node.call('MatMul', [a, turned(given, transB)]), alpha);
  node.alias(c && beta ? node.call('Add', [y, scaled(c, beta)]) : y, [m, n]);
};

/** Products of matrices. */
export const PRODUCTS: Operators = { MatMul: matMul, Gemm: gemm };
