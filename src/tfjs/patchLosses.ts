import type { UnrolledBackend } from './backend/backend.ts';
import { floats } from './backend/own.ts';
import { isSame } from './backend/shape.ts';
import type { Installation } from './installation.ts';
import { lazily, type OperationKernel } from './kernel.ts';
import { clip } from './operationGradients.ts';
import type { Tapes } from './tapes.ts';
import type { Tensor } from './tf.ts';

/**
 * The loss y [m] of each row of the output x [m, n] for the target t, and its gradient dx [m, n]; pointers. work: m · (2 n + 1) floats,
 * then m · n bytes.
 */
type Loss = (
  backend: UnrolledBackend,
  m: number,
  n: number,
  size: number,
  x: number,
  t: number,
  y: number,
  dx: number,
  work: number,
) => void;

/** A function of TF.js that gives the loss of each row. */
type TheirLoss = (target: Tensor, output: Tensor) => Tensor;

interface Model {
  readonly loss: unknown;
  readonly lossFunctions: readonly TheirLoss[];
}

// kinds of tensor_binary and tensor_unary
const SUB = 1;
const MUL = 2;
const DIV = 3;
const LOG = 11;

/** y = a ∘ b for rows of n; b has rows of n, or with 0 for `step` a value per row. */
function binary(
  { kernels }: UnrolledBackend,
  kind: number,
  m: number,
  n: number,
  a: number,
  b: number,
  step: 0 | 1,
  y: number,
): void {
  kernels.tensor_binary(kind, m, n, a, n, 1, b, step ? n : 1, step, y);
}

/** By TF.js's names, with its definitions (4.22, tfjs-layers/src/losses.ts). */
const LOSSES: Readonly<Record<string, Loss>> = {
  meanSquaredError(backend, m, n, size, x, t, y, dx, work) {
    const { kernels } = backend;
    binary(backend, SUB, m, n, x, t, 1, dx);
    kernels.vec_mul(size, dx, dx, work);
    kernels.tensor_sum(m, n, 1, work, y);
    kernels.vec_scale(m, 1 / n, y);
    kernels.vec_scale(size, 2 / n, dx);
  },
  categoricalCrossentropy(backend, m, n, size, x, t, y, dx, work) {
    const { kernels } = backend;
    const other = work + size * 4;
    const sums = other + size * 4;
    const least = backend.epsilon();
    kernels.tensor_sum(m, n, 1, x, sums);
    binary(backend, DIV, m, n, x, sums, 0, dx);
    // t / p, 0 where the limits change p, then through p = x / Σ x
    clip(backend, size, least, 1 - least, dx, work, t, other, sums + m * 4);
    binary(backend, DIV, m, n, other, work, 1, other);
    kernels.vec_mul(size, other, dx, dx);
    kernels.tensor_sum(m, n, 1, dx, y);
    binary(backend, SUB, m, n, other, y, 0, dx);
    binary(backend, DIV, m, n, dx, sums, 0, dx);
    kernels.vec_scale(size, -1, dx);
    kernels.tensor_unary(LOG, 0, 0, size, work, work);
    kernels.vec_mul(size, t, work, work);
    kernels.tensor_sum(m, n, 1, work, y);
    kernels.vec_scale(m, -1, y);
  },
};

/** Makes training functions compute these losses and their gradients by one operation each on our backend. */
export function patchLosses(
  { tf, patches, heap }: Installation,
  kernel: OperationKernel,
  tapes: Tapes,
): void {
  const ours = (loss: Loss, theirs: TheirLoss, target: Tensor, output: Tensor): Tensor => {
    const engine = tf.engine();
    const backend = engine.backend as UnrolledBackend;
    // TF.js has null for an output that a model has twice, and refuses it
    const { shape, size } = output ?? {};
    const at =
      backend.heap === heap && size && isSame(shape, target.shape) && floats(backend, output, target);
    if (!at) return theirs(target, output);
    tapes.collect();
    const n = shape.at(-1)!;
    const m = size / n;
    const dx = heap.take(size * 4);
    tapes.hold(() => heap.release(dx, size * 4));
    const forward = () => {
      const { ptr, info } = backend.make(shape.slice(0, -1));
      heap.withWork(size * 9 + m * 4, (work) => loss(backend, m, n, size, at[0]!, at[1]!, ptr, dx, work));
      return [info];
    };
    const gradient = (dy: Tensor | Tensor[]) => ({
      output: lazily(engine, heap, () => {
        const { ptr, info } = backend.make(shape);
        binary(backend, MUL, m, n, dx, backend.pointer(dy as Tensor)!, 0, ptr);
        return info;
      }),
    });
    return kernel.run({ forward, gradient }, { output })[0]!;
  };
  patches.replace(tf.LayersModel.prototype, 'makeTrainFunction', (original) => {
    return function (this: Model) {
      const names = [this.loss].flat() as string[];
      const value = this.lossFunctions.map((theirs, i) => {
        const loss = LOSSES[names[i] ?? names[0]!];
        return loss
          ? (target: Tensor, output: Tensor) => heap.attempt(() => ours(loss, theirs, target, output))
          : theirs;
      });
      return original.call(Object.create(this, { lossFunctions: { value } }));
    } as typeof original;
  });
}
