import type { UnrolledBackend } from './backend/backend.ts';
import { each, elementwise } from './backend/elementwise.ts';
import { copy } from './backend/move.ts';
import { floats } from './backend/own.ts';
import { axesOf, isSame, repeatedStrides, sizeOf, stridesOf } from './backend/shape.ts';
import type { Installation } from './installation.ts';
import type { Gradient, LazyGradients, Tensor, TensorInfo } from './tf.ts';

interface Attributes {
  readonly axis: number | number[];
  readonly reps: readonly number[];
  readonly clipValueMin: number;
  readonly clipValueMax: number;
}

/** The gradient of an input, which reads x of the saved ones; undefined for what TF.js's operations are to compute. */
type Ours = (
  backend: UnrolledBackend,
  dy: Tensor,
  x: Tensor,
  attributes: Attributes,
  saved: readonly Tensor[],
) => TensorInfo | undefined;

/** TF.js multiplies dy by an array of ones; here it is repeated. */
function reduced(isMean: boolean): Ours {
  return (backend, dy, { shape }, { axis }) => {
    const axes = axesOf(axis, shape.length)!;
    const { size } = dy;
    const { ptr, info } = backend.make(shape);
    const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n));
    backend.heap.withWork((size + 1) * 4, (work) => {
      const { kernels, heap } = backend;
      heap.arena.f32[work / 4] = isMean ? sizeOf(shape) / size : 1;
      kernels.tensor_binary(3, 1, size, backend.pointer(dy)!, 0, 1, work, 0, 0, work + 4);
      copy(backend, 4, shape, work + 4, repeatedStrides(kept, shape), ptr, stridesOf(shape));
    });
    return info;
  };
}

/** dy times the other factor, where both have one shape. */
const product: Ours = (backend, dy, x, attrs, saved) =>
  saved.every(({ shape }) => isSame(shape, dy.shape))
    ? (elementwise.Multiply!({ inputs: { a: dy, b: x }, attrs, backend }) as TensorInfo | undefined)
    : undefined;

/** y = x clipped; to = from where that does not change x, else 0. n values; flags: n bytes. */
export function clip(
  { kernels, heap }: UnrolledBackend,
  n: number,
  least: number,
  most: number,
  x: number,
  y: number,
  from: number,
  to: number,
  flags: number,
): void {
  // ClipByValue and Equal, in the order of assembly/tensor/unary.ts and compare.ts
  kernels.tensor_unary(10, least, most, n, x, y);
  kernels.tensor_compare(0, 0, 1, n, x, 0, 1, y, 0, 1, flags);
  heap.clear(to, n);
  kernels.tensor_select(n, flags, from, to, to);
}

/** dy where x is within the limits, which then do not change it, else 0. */
const clipped: Ours = (backend, dy, x, { clipValueMin, clipValueMax }) => {
  const { shape, size } = dy;
  const [from, dyAt] = floats(backend, x, dy) as [number, number];
  const { ptr, info } = backend.make(shape);
  backend.heap.withWork(size * 5, (work) =>
    clip(backend, size, clipValueMin, clipValueMax, from, work, dyAt, ptr, work + size * 4),
  );
  return info;
};

/** The sum of the parts of dy that repeat x along one axis, by one addition after the other as in TF.js. */
const repeated: Ours = (backend, dy, { shape, size }, { reps }) => {
  const axis = reps.findIndex((times) => times > 1);
  const times = dy.size / size;
  if (times !== reps[axis]) return undefined;
  const { ptr, info } = backend.make(shape);
  const { kernels, heap } = backend;
  heap.clear(ptr, size);
  const n = sizeOf(shape.slice(axis));
  for (let i = 0; i < times; i++) {
    kernels.tensor_binary(0, size / n, n, ptr, n, 1, backend.pointer(dy)! + i * n * 4, times * n, 1, ptr);
  }
  return info;
};

const GRADIENTS: Readonly<Record<string, Ours>> = {
  ClipByValue: clipped,
  Mean: reduced(true),
  Multiply: product,
  Sum: reduced(false),
  Tile: repeated,
};

/**
 * Replaces gradients that TF.js computes by several operations on our backend. Values have the same bits. Gradients of gradients
 * keep TF.js's operations.
 */
export function patchGradients({ tf, patches, heap }: Installation): undefined {
  for (const [name, ours] of Object.entries(GRADIENTS)) {
    patches.replace(tf.getGradient(name), 'gradFunc', (original) => {
      const gradient = (dy: Tensor, saved: Tensor[], attributes: never): LazyGradients => {
        const engine = tf.engine();
        const backend = engine.backend as UnrolledBackend;
        const theirs = () => (original as unknown as Gradient['gradFunc'])(dy, saved, attributes);
        if (backend.heap !== heap || engine.state.gradientDepth) return theirs();
        if (!heap.attempt(() => floats(backend, dy, ...saved))) return theirs();
        const names = saved[1] ? ['b', 'a'] : ['x'];
        return each(names, (i, name) => () => {
          const info = heap.attempt(() => ours(backend, dy, saved[i]!, attributes, saved));
          return info ? engine.makeTensorFromTensorInfo(info) : theirs()[name]!();
        });
      };
      return gradient as unknown as typeof original;
    });
  }
}
