import { BACKEND } from './backend/backend.ts';
import { axesOf, sizeOf } from './backend/shape.ts';
import type { Installation } from './installation.ts';
import type { Gradient, Tensor } from './tf.ts';

/**
 * Replaces the gradients of Sum and Mean on our backend: TF.js multiplies dy by an array of ones, here it is repeated. Values
 * have the same bits. Gradients of gradients keep TF.js's operations.
 */
export function patchReduceGradients({ tf, patches }: Installation): undefined {
  for (const name of ['Sum', 'Mean']) {
    patches.replace(tf.getGradient(name), 'gradFunc', (original) => {
      const ours: Gradient['gradFunc'] = (dy, saved, attributes) => {
        const { shape } = saved[0]!;
        const axes = axesOf((attributes as { axis: number | number[] }).axis, shape.length);
        if (!axes || tf.getBackend() !== BACKEND || tf.engine().state.gradientDepth) {
          return (original as unknown as Gradient['gradFunc'])(dy, saved, attributes);
        }
        const sizes = (reduced: boolean) => shape.map((n, i) => (axes.includes(i) === reduced ? n : 1));
        const x = () => {
          const kept = tf.reshape(dy as Tensor, sizes(false));
          const repeats = sizes(true);
          return tf.tile(name === 'Mean' ? tf.div(kept, sizeOf(repeats)) : kept, repeats);
        };
        return { x };
      };
      return ours as unknown as typeof original;
    });
  }
}
