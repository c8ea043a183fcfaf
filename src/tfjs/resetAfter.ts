import { maskOf } from './dropoutMasks.ts';
import type { LayerVariable, RnnCell, Tensor, TensorFlow } from './tf.ts';

/** What TF.js's GRUCell has besides what every cell has. */
interface GruCell extends RnnCell {
  kernel: LayerVariable;
  recurrentKernel: LayerVariable;
  bias: LayerVariable | null;
  built: boolean;
  readonly useBias: boolean;
  readonly biasInitializer: unknown;
  readonly biasRegularizer: unknown;
  readonly biasConstraint: unknown;
  addWeight(
    name: string,
    shape: readonly number[],
    dtype: string | null,
    initializer: unknown,
    regularizer: unknown,
    trainable: boolean,
    constraint: unknown,
  ): LayerVariable;
  build(inputShape: unknown): void;
  getConfig(): Record<string, unknown>;
}

/** A class whose prototype gives a GRU cell `resetAfter`. Its `className` is that of GRUCell. */
export interface ResetAfterCell {
  readonly prototype: GruCell;
}

/**
 * A class of GRU cells with the reset gate after the product, as Keras's `reset_after: true` and PyTorch: z, r =
 * recurrentActivation(x·K + b₀ + h·U + b₁), n = activation(x·Kₕ + b₀ₕ + r ⊙ (h·Uₕ + b₁ₕ)), h' = z ⊙ h + (1 − z) ⊙ n.
 * The bias is [2, 3H]: input and recurrent. Dropout is that of TF.js's GRUCell.
 */
export function resetAfterCell(tf: TensorFlow, GRUCell: unknown): ResetAfterCell {
  return class extends (GRUCell as new () => GruCell) {
    override build(inputShape: unknown): void {
      const { useBias } = this;
      const without = this as { useBias: boolean };
      without.useBias = false;
      try {
        super.build(inputShape);
      } finally {
        without.useBias = useBias;
      }
      if (!useBias) return;
      const { biasInitializer, biasRegularizer, biasConstraint } = this;
      const shape = [2, 3 * this.units];
      // biome-ignore format: the order of TF.js's arguments
      this.bias = this.addWeight('bias', shape, null, biasInitializer, biasRegularizer, true, biasConstraint);
    }

    override call(inputs: unknown, kwargs: unknown): Tensor[] {
      const [x, h] = inputs as [Tensor, Tensor];
      return tf.tidy(() => step(tf, this, x, h, (kwargs as { training?: boolean })?.training ?? false));
    }

    override getConfig(): Record<string, unknown> {
      return { ...super.getConfig(), resetAfter: true };
    }
  };
}

/** One step: [h', h']. */
function step(tf: TensorFlow, cell: GruCell, x: Tensor, h: Tensor, training: boolean): Tensor[] {
  const masked = (value: Tensor, name: 'dropout' | 'recurrentDropout') => {
    const mask = maskOf(tf, cell, name, 3, value.shape, training);
    return mask ? tf.mul(value, mask) : value;
  };
  const [input, recurrent] = cell.bias ? tf.unstack(cell.bias.read()) : [];
  const product = (value: Tensor, weights: LayerVariable, bias: Tensor | undefined) => {
    const y = tf.matMul(value, weights.read());
    return tf.split(bias ? tf.add(y, bias) : y, 3, 1) as [Tensor, Tensor, Tensor];
  };
  const [xz, xr, xh] = product(masked(x, 'dropout'), cell.kernel, input);
  const state = masked(h, 'recurrentDropout');
  const [hz, hr, hh] = product(state, cell.recurrentKernel, recurrent);
  const z = cell.recurrentActivation.apply(tf.add(xz, hz));
  const r = cell.recurrentActivation.apply(tf.add(xr, hr));
  const inner = tf.add(xh, tf.mul(r, hh));
  const n = cell.activation ? cell.activation.apply(inner) : inner;
  const next = tf.add(tf.mul(z, state), tf.mul(tf.sub(1, z), n));
  return [next, next];
}
