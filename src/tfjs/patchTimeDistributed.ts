import { ACTIVATIONS as ELEMENTWISE } from './activations.ts';
import type { Installation } from './installation.ts';
import type { Activation, Layer, Tensor, TensorFlow } from './tf.ts';

/** Layers whose call acts on each row of [B, …] by itself, whether it trains or not. Softmax: see `isPerRow`. */
const PER_ROW =
  /^(Activation|Dense|ELU|Flatten|(Leaky|P|Thresholded|)ReLU|Permute|RepeatVector|Reshape|Softmax|Embedding|Conv[12]D|(Global|)(Max|Average)Pooling[12]D|(UpSampling|ZeroPadding|Cropping)2D)$/;

/** Activations of TF.js; all act on each row by itself. */
const ACTIVATIONS: readonly string[] = ['softmax', 'logSoftmax', ...Object.keys(ELEMENTWISE)];

interface Child extends Layer {
  readonly _callHook?: unknown;
  readonly axis?: number | number[] | undefined;
  readonly activation?: Activation | null | undefined;
}

interface TimeDistributed extends Layer {
  readonly layer: Child;
}

/**
 * Replaces `TimeDistributed.prototype.call`: a layer that acts on each row by itself is called once with all steps,
 * [B·T, …], instead of T times. Other layers run TF.js's code.
 */
export function patchTimeDistributed({ tf, classes, patches }: Installation): undefined {
  patches.replace(
    (classes.TimeDistributed as { prototype: object }).prototype,
    'call',
    (original) =>
      function (this: unknown, ...args: never[]) {
        const [inputs, kwargs] = args as unknown as [Tensor | Tensor[], Kwargs];
        const [x, second] = [inputs].flat();
        const { layer } = this as TimeDistributed;
        const plain = x && !second && x.shape.length > 2 && x.shape[1]! > 0 && !kwargs?.mask;
        if (!plain || !isPerRow(tf, layer, x.shape.length - 1)) return original.apply(this, args);
        return tf.tidy(() => {
          const [B, T, ...rest] = x.shape as [number, number, ...number[]];
          const called = layer.call(tf.reshape(x, [B * T, ...rest]), kwargs ?? {});
          const y = [called].flat()[0]!;
          return tf.reshape(y, [B, T, ...y.shape.slice(1)]);
        });
      },
  );
}

type Kwargs = { readonly mask?: unknown } | null | undefined;

/** rank: that of the layer's input. */
function isPerRow(tf: TensorFlow, layer: Child, rank: number): boolean {
  if (layer._callHook) return false;
  const name = layer.getClassName();
  const registered = tf.serialization.SerializationMap.getMap().classNameMap[name];
  // a subclass, or a class of the user's own, may do anything
  if (!PER_ROW.test(name) || registered?.[0] !== layer.constructor) return false;
  if (layer.activation && !ACTIVATIONS.includes(layer.activation.getClassName())) return false;
  if (name === 'Softmax') return [-1, rank - 1].includes(layer.axis as number);
  return true;
}
