import type { TensorInfo } from '../tf.ts';
import type { UnrolledBackend } from './backend.ts';
import { TYPES, viewOf } from './data.ts';
import { type OwnKernel, reshaped } from './own.ts';
import { sizeOf } from './shape.ts';

function filled(
  backend: UnrolledBackend,
  shape: number[],
  value: number,
  dtype: string,
): TensorInfo | undefined {
  if (!TYPES.includes(dtype)) return undefined;
  const { ptr, info } = backend.make([...shape], dtype);
  viewOf(backend.heap, dtype, ptr, sizeOf(shape)).fill(value);
  return info;
}

const fill: OwnKernel = ({ attrs: { shape, value, dtype }, backend }) => {
  if (typeof value === 'string') return undefined;
  return filled(backend, shape, value, dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32'));
};

function constant(value: number): OwnKernel {
  return ({ inputs, backend }) => filled(backend, inputs.x!.shape, value, inputs.x!.dtype);
}

/** Between float32, int32 and bool. */
const cast: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const { dtype } = attrs;
  const from = TYPES.includes(x.dtype) && TYPES.includes(dtype) ? backend.pointer(x) : undefined;
  if (from === undefined) return undefined;
  if (x.dtype === dtype) return reshaped(backend, x, x.shape);
  const { ptr, info } = backend.make(x.shape, dtype);
  const n = sizeOf(x.shape);
  const values = viewOf(backend.heap, x.dtype, from, n);
  const to = viewOf(backend.heap, dtype, ptr, n);
  if (dtype !== 'bool') to.set(values);
  else for (const [i, value] of values.entries()) to[i] = value === 0 ? 0 : 1;
  return info;
};

export const creations: Readonly<Record<string, OwnKernel>> = {
  Cast: cast,
  Fill: fill,
  OnesLike: constant(1),
  ZerosLike: constant(0),
};
