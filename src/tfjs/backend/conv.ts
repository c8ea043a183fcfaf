import { gemmWork } from '../../memory/workspace.ts';
import type { TensorInfo } from '../tf.ts';
import { floats, type OwnKernel } from './own.ts';
import { areSizes, isSame, sizeOf } from './shape.ts';

/** A convolution over steps: x[B, T, I], filter[K, I, O], y[B, N, O]. */
interface Geometry {
  readonly B: number;
  readonly T: number;
  readonly I: number;
  readonly K: number;
  readonly O: number;
  readonly N: number;
  readonly stride: number;
  readonly dilation: number;
  /** Steps of zeros before x. */
  readonly before: number;
}

/** The last one or two of what TF.js has as a number or a list. */
function along(given: number | readonly number[] | undefined): number {
  return typeof given === 'number' ? given : (given?.at(-1) ?? 1);
}

/** Of a Conv2D of height 1 on [B, 1, T, I]; undefined for another one. */
function geometryOf(
  x: readonly number[],
  filter: readonly number[],
  attrs: { strides: number | number[]; pad: unknown; dataFormat?: string; dilations?: number | number[] },
): Geometry | undefined {
  const [B, height, T, I] = x as [number, number, number, number];
  const [rows, K, depth, O] = filter as [number, number, number, number];
  const { pad, dataFormat = 'NHWC' } = attrs;
  if (x.length !== 4 || height !== 1 || rows !== 1 || depth !== I || dataFormat !== 'NHWC') return undefined;
  const stride = along(attrs.strides);
  const dilation = along(attrs.dilations);
  if (!areSizes(stride, dilation)) return undefined;
  const reach = (K - 1) * dilation + 1;
  const isSame = pad === 'same';
  if (!isSame && (pad !== 'valid' || T < reach)) return undefined;
  const N = Math.ceil((isSame ? T : T - reach + 1) / stride);
  const before = isSame ? Math.floor(Math.max(0, (N - 1) * stride + reach - T) / 2) : 0;
  return { B, T, I, K, O, N, stride, dilation, before };
}

/**
 * Calls f for each sequence and tap k with the steps of y that see x through it: n of them, the first at y, theirs in x `stride`
 * steps apart from x on; pointers.
 */
function forTaps(
  { B, T, I, K, O, N, stride, dilation, before }: Geometry,
  x: number,
  y: number,
  f: (n: number, x: number, y: number, k: number) => void,
): void {
  for (let k = 0; k < K; k++) {
    const shift = k * dilation - before;
    const first = Math.max(0, Math.ceil(-shift / stride));
    const end = Math.min(N, Math.floor((T - 1 - shift) / stride) + 1);
    for (let b = 0; end > first && b < B; b++) {
      f(end - first, x + (b * T + first * stride + shift) * I * 4, y + (b * N + first) * O * 4, k);
    }
  }
}

/** Of x, filter and the output (dy, its gradient), two are given: the third one is computed, each tap of it by one product. */
const conv: OwnKernel = ({ inputs, attrs, backend }) => {
  const { x, filter, dy } = inputs as { x?: TensorInfo; filter?: TensorInfo; dy?: TensorInfo };
  const geometry = geometryOf(x?.shape ?? attrs.inputShape, filter?.shape ?? attrs.filterShape, attrs);
  if (!geometry || attrs.dimRoundingMode || !floats(backend, ...Object.values(inputs))) return undefined;
  const { B, N, I, O, stride } = geometry;
  const shape = [B, 1, N, O];
  if (dy && !isSame(dy.shape, shape)) return undefined;
  const { ptr, info } = backend.make(!dy ? shape : [...(x ? attrs.filterShape : attrs.inputShape)]);
  const at = (tensor: TensorInfo | undefined) => (tensor ? backend.pointer(tensor)! : ptr);
  const { kernels, heap } = backend;
  heap.clear(ptr, sizeOf(info.shape));
  const bytes = Math.max(gemmWork(N, O, I), gemmWork(N, I, O), gemmWork(I, O, N));
  const ldx = stride * I;
  heap.withWork(bytes, (work) => {
    forTaps(geometry, at(x), at(dy), (n, xn, yn, k) => {
      const w = at(filter) + k * I * O * 4;
      if (!dy) kernels.sgemm_nn(n, O, I, xn, ldx, w, O, 1, yn, O, work);
      else if (!x) kernels.sgemm_nt(n, I, O, yn, O, w, O, 1, xn, ldx, work);
      else kernels.sgemm_tn(I, O, n, xn, ldx, yn, O, 1, w, O, work);
    });
  });
  return info;
};

export const convolutions: Readonly<Record<string, OwnKernel>> = {
  Conv2D: conv,
  Conv2DBackpropFilter: conv,
  Conv2DBackpropInput: conv,
};
