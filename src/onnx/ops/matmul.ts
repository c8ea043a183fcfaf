import { isFloat, type TensorData } from '../../formats/onnx/tensor.ts';
import { gemmWork, linearWork } from '../../memory/workspace.ts';
import type { Operator, Operators, PlannedNode } from '../node.ts';
import { broadcastShape, broadcastStrides, product, rowsOf, stridesOf, walk } from '../strided.ts';
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
  const slot = node.planning.keep([rootOf(w).data!], `linear ${n} ${k}`, linearWork(n, k));
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
  if (k !== depth || !left.length) node.fail(`[${a.shape}] times [${b.shape}]`);
  const [outer, inner] = [left.slice(0, -2), right.slice(0, -2)];
  const batch = broadcastShape([outer, inner]) ?? node.fail(`[${a.shape}] times [${b.shape}]`);
  const shape = [...batch, ...(a.shape.length === 1 ? [] : [m]), ...(b.shape.length === 1 ? [] : [n])];
  node.output(shape);
  const w =
    product(inner) === 1 && node.derived(b, `transposed ${k} ${n}`, [n, k], (data) => transposed(data, k, n));
  if (w && k && n) return linear(node, product(outer) * m, n, k, a, w);
  const way = walk(batch, [
    broadcastStrides(outer, batch).map((s) => s * m * k),
    broadcastStrides(inner, batch).map((s) => s * k * n),
    stridesOf(batch).map((s) => s * m * n),
  ]);
  const each = rowsOf(way);
  const count = way.shape.at(-1)!;
  const [da, db, dc] = way.strides.map((s) => s.at(-1)!) as [number, number, number];
  return node.step(
    ({ kernels, px, py, work }) => {
      each((i, j, o) => {
        for (let r = 0; r < count; r++) {
          kernels.sgemm_nn(
            m,
            n,
            k,
            px[0]! + 4 * (i + r * da),
            k,
            px[1]! + 4 * (j + r * db),
            n,
            0,
            py[0]! + 4 * (o + r * dc),
            n,
            work,
          );
        }
      });
    },
    { scratch: gemmWork(m, n, k) },
  );
};

const gemm: Operator = (node) => {
  const [a, b] = [node.input(0), node.input(1)];
  const c = node.inputs[2];
  const [alpha, beta] = [node.float('alpha', 1), c ? node.float('beta', 1) : 0];
  const [ta, tb] = [node.int('transA', 0), node.int('transB', 0)];
  // before opset 7 a matrix of more dimensions is flattened, as Caffe does
  const flat = (v: Value) => (v.shape.length === 2 ? v.shape : [v.shape[0] ?? 1, product(v.shape.slice(1))]);
  const [left, right] = [flat(a), flat(b)];
  const [m, k] = ta ? [left[1]!, left[0]!] : [left[0]!, left[1]!];
  const [n, depth] = tb ? [right[0]!, right[1]!] : [right[1]!, right[0]!];
  if (k !== depth) node.fail(`[${a.shape}] times [${b.shape}]`);
  const out = node.output([m, n]);
  const rows = c?.size === n && c.shape.at(-1) === n;
  if (!ta && alpha === 1 && k && n && (!c || (rows && beta === 1 && rootOf(c).data))) {
    const w = tb
      ? rootOf(b).data && b
      : node.derived(b, `transposed ${k} ${n}`, [n, k], (d) => transposed(d, k, n));
    if (w) return linear(node, m, n, k, a, w, c);
  }
  const way = c && walk([m, n], [broadcastStrides(c.shape, [m, n])]);
  const each = way && rowsOf(way);
  const length = way?.shape.at(-1) ?? 0;
  const step = way?.strides[0]?.at(-1) ?? 0;
  const bytes = ta && tb ? 4 * m * k : 0;
  return node.step(
    ({ kernels, x, y, px, py, work }) => {
      const at = work + bytes;
      if (ta && tb) {
        // A is turned first: no kernel takes both turned
        kernels.transpose(k, m, px[0]!, m, work, k);
        kernels.sgemm_nt(m, n, k, work, k, px[1]!, k, 0, py[0]!, n, at);
      } else if (ta) kernels.sgemm_tn(m, n, k, px[0]!, m, px[1]!, n, 0, py[0]!, n, at);
      else if (tb) kernels.sgemm_nt(m, n, k, px[0]!, k, px[1]!, k, 0, py[0]!, n, at);
      else kernels.sgemm_nn(m, n, k, px[0]!, k, px[1]!, n, 0, py[0]!, n, at);
      if (alpha !== 1) kernels.vec_scale(out.size, alpha, py[0]!);
      if (!each) return;
      let o = 0;
      each((from) => {
        for (let i = 0, p = from; i < length; i++, p += step) y[0]![o++]! += beta * x[2]![p]!;
      });
    },
    { scratch: 64 * Math.ceil(bytes / 64) + gemmWork(m, n, k), inputs: [a, b, c] },
  );
};

/** Products of matrices. */
export const PRODUCTS: Operators = { MatMul: matMul, Gemm: gemm };
