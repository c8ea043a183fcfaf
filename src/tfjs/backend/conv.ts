import { gemmWork } from '../../memory/workspace.ts';
import type { TensorInfo } from '../tf.ts';
import { withWork } from './matMul.ts';
import { floats, type OwnKernel } from './own.ts';
import { sizeOf } from './shape.ts';

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
  const reach = (K - 1) * dilation + 1;
  if (pad === 'same') {
    const N = Math.ceil(T / stride);
    const before = Math.floor(Math.max(0, (N - 1) * stride + reach - T) / 2);
    return { B, T, I, K, O, N, stride, dilation, before };
  }
  if (pad !== 'valid' || T < reach) return undefined;
  return { B, T, I, K, O, N: Math.floor((T - reach) / stride) + 1, stride, dilation, before: 0 };
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

function workOf({ N, I, O }: Geometry): number {
  return Math.max(gemmWork(N, O, I), gemmWork(N, I, O), gemmWork(I, O, N));
}

const forward: OwnKernel = ({ inputs, attrs, backend }) => {
  const { x, filter } = inputs as { x: TensorInfo; filter: TensorInfo };
  const geometry = attrs.dimRoundingMode ? undefined : geometryOf(x.shape, filter.shape, attrs);
  const [from, w] = floats(backend, x, filter) ?? [];
  if (!geometry || from === undefined || w === undefined) return undefined;
  const { B, N, I, O, stride } = geometry;
  const { ptr, info } = backend.make([B, 1, N, O]);
  backend.heap.clear(ptr, sizeOf(info.shape));
  withWork(backend, workOf(geometry), (work) => {
    forTaps(geometry, from, ptr, (n, xn, yn, k) => {
      backend.kernels.sgemm_nn(n, O, I, xn, stride * I, w + k * I * O * 4, O, 1, yn, O, work);
    });
  });
  return info;
};

const inputGradient: OwnKernel = ({ inputs, attrs, backend }) => {
  const { dy, filter } = inputs as { dy: TensorInfo; filter: TensorInfo };
  const geometry = geometryOf(attrs.inputShape, filter.shape, attrs);
  const [from, w] = floats(backend, dy, filter) ?? [];
  if (!geometry || from === undefined || w === undefined || dy.shape[2] !== geometry.N) return undefined;
  const { I, O, stride } = geometry;
  const { ptr, info } = backend.make([...attrs.inputShape]);
  backend.heap.clear(ptr, sizeOf(info.shape));
  withWork(backend, workOf(geometry), (work) => {
    forTaps(geometry, ptr, from, (n, xn, yn, k) => {
      backend.kernels.sgemm_nt(n, I, O, yn, O, w + k * I * O * 4, O, 1, xn, stride * I, work);
    });
  });
  return info;
};

const filterGradient: OwnKernel = ({ inputs, attrs, backend }) => {
  const { x, dy } = inputs as { x: TensorInfo; dy: TensorInfo };
  const geometry = geometryOf(x.shape, attrs.filterShape, attrs);
  const [from, dyAt] = floats(backend, x, dy) ?? [];
  if (!geometry || from === undefined || dyAt === undefined || dy.shape[2] !== geometry.N) return undefined;
  const { I, O, stride } = geometry;
  const { ptr, info } = backend.make([...attrs.filterShape]);
  backend.heap.clear(ptr, sizeOf(info.shape));
  withWork(backend, workOf(geometry), (work) => {
    forTaps(geometry, from, dyAt, (n, xn, yn, k) => {
      backend.kernels.sgemm_tn(I, O, n, xn, stride * I, yn, O, 1, ptr + k * I * O * 4, O, work);
    });
  });
  return info;
};

export const convolutions: Readonly<Record<string, OwnKernel>> = {
  Conv2D: forward,
  Conv2DBackpropFilter: filterGradient,
  Conv2DBackpropInput: inputGradient,
};
