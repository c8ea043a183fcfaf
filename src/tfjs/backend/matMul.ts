import { gemmWork } from '../../memory/workspace.ts';
import type { TensorInfo } from '../tf.ts';
import type { Made, UnrolledBackend } from './backend.ts';
import { ACTIVATIONS, activate } from './elementwise.ts';
import { floats, type OwnKernel } from './own.ts';
import { broadcastShape, forOuter, repeatedAxes, sizeOf } from './shape.ts';

/** op(A)[…, m, k] · op(B)[…, k, n]. Batches are repeated as shapes require. */
function product(
  backend: UnrolledBackend,
  a: TensorInfo,
  b: TensorInfo,
  ta: boolean,
  tb: boolean,
): Made | undefined {
  const pointers = floats(backend, a, b);
  const [batchA, batchB] = [a, b].map(({ shape }) => shape.slice(0, -2)) as [number[], number[]];
  const batch = broadcastShape(batchA, batchB);
  if (!pointers || !batch || a.shape.length < 2 || b.shape.length < 2) return undefined;
  const [pa, pb] = pointers as [number, number];
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const [m, k] = ta ? [columnsA, rowsA] : [rowsA, columnsA];
  const [k2, n] = tb ? [columnsB, rowsB] : [rowsB, columnsB];
  if (k !== k2) return undefined;
  const made = backend.make([...batch, m, n]);
  const { kernels } = backend;
  const axes = repeatedAxes(batchA, batchB, batch);
  const bytes = Math.max(gemmWork(m, n, k), gemmWork(n, m, k));
  const multiply = ta ? 'sgemm_tn' : tb ? 'sgemm_nt' : 'sgemm_nn';
  backend.heap.withWork(bytes + (ta && tb ? m * n * 4 : 0), (work) => {
    forOuter(axes, 0, ([i, j, l]) => {
      const x = pa + i! * m * k * 4;
      const w = pb + j! * k * n * 4;
      const y = made.ptr + l! * m * n * 4;
      if (ta && tb) {
        // AᵀBᵀ = (BA)ᵀ
        const flipped = work + bytes;
        kernels.sgemm_nn(n, m, k, w, k, x, m, 0, flipped, m, work);
        kernels.transpose(n, m, flipped, m, y, n);
      } else kernels[multiply](m, n, k, x, ta ? m : k, w, tb ? k : n, 0, y, n, work);
    });
  });
  return made;
}

const batchMatMul: OwnKernel = ({ inputs, attrs, backend }) => {
  const { a, b } = inputs as { a: TensorInfo; b: TensorInfo };
  return product(backend, a, b, attrs.transposeA, attrs.transposeB)?.info;
};

const fusedMatMul: OwnKernel = ({ inputs, attrs, backend }) => {
  const { a, b, bias } = inputs as { a: TensorInfo; b: TensorInfo; bias?: TensorInfo };
  const linear = !attrs.activation || attrs.activation === 'linear';
  const name = Object.keys(ACTIVATIONS).find((each) => each.toLowerCase() === attrs.activation);
  const at = bias ? backend.pointer(bias, 'float32') : 0;
  const n = b.shape.at(attrs.transposeB ? -2 : -1)!;
  const fits = !bias || (sizeOf(bias.shape) === n && bias.shape.at(-1) === n);
  if ((!linear && !name) || at === undefined || !fits) return undefined;
  const made = product(backend, a, b, attrs.transposeA, attrs.transposeB);
  if (!made) return undefined;
  const { ptr, info } = made;
  const size = sizeOf(info.shape);
  if (bias && n > 0) backend.kernels.tensor_binary(0, size / n, n, ptr, n, 1, at, 0, 1, ptr);
  if (name) {
    const alpha = name === 'LeakyRelu' ? (attrs.leakyreluAlpha ?? 0.2) : undefined;
    activate(name)(backend, { alpha }, size, ptr, ptr);
  }
  return info;
};

export const products: Readonly<Record<string, OwnKernel>> = {
  BatchMatMul: batchMatMul,
  _FusedMatMul: fusedMatMul,
};
