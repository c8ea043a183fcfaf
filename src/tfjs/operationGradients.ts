import type { UnrolledBackend } from './backend/backend.ts';
import { elementwise } from './backend/elementwise.ts';
import { withWork } from './backend/matMul.ts';
import { copy } from './backend/move.ts';
import { axesOf, isSame, repeatedStrides, sizeOf, stridesOf } from './backend/shape.ts';
import type { Installation } from './installation.ts';
import type { Gradient, LazyGradients, Tensor, TensorInfo } from './tf.ts';

/** The gradient of an input, which reads one of the saved ones; undefined for what TF.js's operations are to compute. */
type Ours = (
  backend: UnrolledBackend,
  dy: Tensor,
  saved: readonly Tensor[],
  read: number,
  attributes: { readonly axis: number | number[] },
) => TensorInfo | undefined;

/** TF.js multiplies dy by an array of ones; here it is repeated. */
function reduced(isMean: boolean): Ours {
  return (backend, dy, saved, read, { axis }) => {
    const { shape } = saved[read]!;
    const axes = axesOf(axis, shape.length)!;
    const { size } = dy;
    const { ptr, info } = backend.make(shape);
    const kept = shape.map((n, i) => (axes.includes(i) ? 1 : n));
    withWork(backend, (size + 1) * 4, (work) => {
      const { kernels, heap } = backend;
      heap.arena.f32[work / 4] = isMean ? sizeOf(shape) / size : 1;
      kernels.tensor_binary(3, 1, size, backend.pointer(dy)!, 0, 1, work, 0, 0, work + 4);
      copy(backend, 4, shape, work + 4, repeatedStrides(kept, shape), ptr, stridesOf(shape));
    });
    return info;
  };
}

/** dy times the other factor, where both have one shape. */
const product: Ours = (backend, dy, saved, read, attrs) =>
  isSame(saved[0]!.shape, saved[1]!.shape)
    ? (elementwise.Multiply!({ inputs: { a: dy, b: saved[read]! }, attrs, backend }) as
        | TensorInfo
        | undefined)
    : undefined;

const GRADIENTS: Readonly<Record<string, Ours>> = {
  Mean: reduced(true),
  Multiply: product,
  Sum: reduced(false),
};

/** Of operations with one and with two inputs: the saved one that the gradient of each reads. */
const READS: readonly Readonly<Record<string, number>>[] = [{}, { x: 0 }, { a: 1, b: 0 }];

/**
 * Replaces gradients that TF.js computes by several operations on our backend. Values have the same bits. Gradients of gradients
 * keep TF.js's operations.
 */
export function patchGradients({ tf, patches, heap }: Installation): undefined {
  for (const [name, ours] of Object.entries(GRADIENTS)) {
    patches.replace(tf.getGradient(name), 'gradFunc', (original) => {
      const gradient = (dy: Tensor, saved: Tensor[], attributes: never) => {
        const engine = tf.engine();
        const backend = engine.backend as UnrolledBackend;
        const theirs = () => (original as unknown as Gradient['gradFunc'])(dy, saved, attributes);
        if (backend.heap !== heap || engine.state.gradientDepth || dy.dtype !== 'float32') return theirs();
        const gradients: LazyGradients = {};
        for (const [input, read] of Object.entries(READS[saved.length]!)) {
          gradients[input] = () => {
            const info = ours(backend, dy, saved, read, attributes);
            return info ? engine.makeTensorFromTensorInfo(info) : theirs()[input]!();
          };
        }
        return gradients;
      };
      return gradient as unknown as typeof original;
    });
  }
}
