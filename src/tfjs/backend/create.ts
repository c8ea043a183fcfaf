import type { TensorInfo } from '../tf.ts';
import type { UnrolledBackend } from './backend.ts';
import { TYPES, viewOf } from './data.ts';
import { type OwnKernel, shared } from './own.ts';
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

const fill: OwnKernel = ({ attrs: { shape, value, dtype }, backend }) => filled(backend, shape, value, dtype);

function constant(value: number): OwnKernel {
  return ({ inputs, backend }) => filled(backend, inputs.x!.shape, value, inputs.x!.dtype);
}

/** Between float32, int32 and bool. */
const cast: OwnKernel = ({ inputs, attrs, backend }) => {
  const x = inputs.x!;
  const { dtype } = attrs;
  const from = TYPES.includes(x.dtype) && TYPES.includes(dtype) ? backend.pointer(x) : undefined;
  if (from === undefined) return undefined;
  if (x.dtype === dtype) return shared(backend, x);
  const { ptr, info } = backend.make(x.shape, dtype);
  const n = sizeOf(x.shape);
  const values = viewOf(backend.heap, x.dtype, from, n);
  viewOf(backend.heap, dtype, ptr, n).set(dtype === 'bool' ? values.map((value) => +(value !== 0)) : values);
  return info;
};

export const creations: Readonly<Record<string, OwnKernel>> = {
  Cast: cast,
  Fill: fill,
  OnesLike: constant(1),
  ZerosLike: constant(0),
};
