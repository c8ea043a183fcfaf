import type { TensorInfo } from '../tf.ts';
import type { UnrolledBackend } from './backend.ts';

/** What a kernel of ours is called with. */
export interface OwnCall {
  readonly inputs: Readonly<Record<string, TensorInfo>>;
  // biome-ignore lint/suspicious/noExplicitAny: each kernel has attributes of its own
  readonly attrs: any;
  readonly backend: UnrolledBackend;
}

/** A kernel; undefined for what is left to the cpu backend: other types, rare shapes, and what it refuses. */
export type OwnKernel = (call: OwnCall) => TensorInfo | TensorInfo[] | undefined;

/** Pointers of tensors of one type; undefined if one is of another type. */
export function pointersOf(
  backend: UnrolledBackend,
  dtype: string,
  tensors: readonly TensorInfo[],
): number[] | undefined {
  const pointers = tensors.map((each) => backend.pointer(each, dtype));
  return pointers.includes(undefined) ? undefined : (pointers as number[]);
}

/** Of float32. */
export function floats(backend: UnrolledBackend, ...tensors: readonly TensorInfo[]): number[] | undefined {
  return pointersOf(backend, 'float32', tensors);
}

/** Another tensor of the same data. */
export function shared(backend: UnrolledBackend, { dataId, dtype, shape }: TensorInfo): TensorInfo {
  backend.incRef(dataId);
  return { dataId, dtype, shape: [...shape] };
}
