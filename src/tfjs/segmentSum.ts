import { areSizes, isSame, sizeOf } from './backend/shape.ts';
import type { Installation } from './installation.ts';
import type { Kernel, KernelCall, TensorInfo } from './tf.ts';
import { valuesOf } from './values.ts';

const NAME = 'UnsortedSegmentSum';

interface Attributes {
  readonly numSegments: number;
}

/**
 * Registers UnsortedSegmentSum, the gradient of an embedding: the wasm backend lacks it, and that of cpu passes over all
 * rows once per segment.
 */
export function registerSegmentSum({ tf, patches }: Installation): (() => void) | undefined {
  const cpu = tf.getKernel(NAME, 'cpu');
  if (cpu) {
    patches.replace(
      cpu,
      'kernelFunc',
      (original) => (call) => (isSegmented(call) ? segmentSum(call) : original(call)),
    );
  }
  if (tf.getKernel(NAME, 'wasm')) return undefined;
  // wasm may be imported later
  const wasm: Kernel = { kernelName: NAME, backendName: 'wasm', kernelFunc: segmentSum };
  tf.registerKernel(wasm);
  return () => {
    if (tf.getKernel(NAME, 'wasm') === wasm) tf.unregisterKernel(NAME, 'wasm');
  };
}

/** Whether there is an id for each row of x: TF.js repeats others, or refuses them. */
export function isSegmented({ inputs: { x, segmentIds }, attrs }: KernelCall): boolean {
  const { shape } = segmentIds!;
  return isSame(x!.shape.slice(0, shape.length), shape) && areSizes((attrs as Attributes).numSegments);
}

/**
 * Of x [N, …] and N segment ids, y [S, …] has the sums of the rows of each segment. Ids outside of 0 … S − 1 are left
 * out.
 */
export function segmentSum({ inputs, attrs, backend }: KernelCall): TensorInfo {
  const x = inputs.x!;
  const segmentIds = inputs.segmentIds!;
  const { numSegments } = attrs as Attributes;
  const rest = x.shape.slice(segmentIds.shape.length);
  const width = sizeOf(rest);
  const values = valuesOf(backend, x);
  // as TF.js, whose sums are of doubles
  const sums = new Float64Array(numSegments * width);
  for (const [n, id] of valuesOf(backend, segmentIds).entries()) {
    if (id < 0 || id >= numSegments) continue;
    for (let i = 0; i < width; i++) sums[id * width + i]! += values[n * width + i]!;
  }
  const shape = [numSegments, ...rest];
  const dtype = 'float32';
  return { dataId: backend.write(new Float32Array(sums), shape, dtype), shape, dtype };
}
