import { camelCase, HARD_SIGMOID } from '../formats/keras/json.ts';
import type { Registered, Tensor, TensorFlow } from './tf.ts';

/** The name of Keras 3's hard sigmoid in TF.js. */
export const HARD_SIGMOID_NAME = camelCase(HARD_SIGMOID);

type ActivationClass = new () => { apply(x: Tensor): Tensor };

/** Registers Keras 3's hard sigmoid, x/6 + 1/2 clamped to 0 … 1, which TF.js lacks. Returns a function that undoes it. */
export function registerHardSigmoid(tf: TensorFlow): () => void {
  const { classNameMap } = tf.serialization.SerializationMap.getMap();
  const [HardSigmoid, fromConfig] = classNameMap.hardSigmoid!;
  class HardSigmoidOfKeras3 extends (Object.getPrototypeOf(HardSigmoid) as ActivationClass) {
    static readonly className = HARD_SIGMOID_NAME;
    override apply(x: Tensor): Tensor {
      return tf.tidy(() => tf.clipByValue(tf.add(tf.mul(x, 1 / 6), 0.5), 0, 1));
    }
  }
  const entry: Registered = [HardSigmoidOfKeras3, fromConfig];
  classNameMap[HARD_SIGMOID_NAME] = entry;
  return () => {
    if (classNameMap[HARD_SIGMOID_NAME] === entry) delete classNameMap[HARD_SIGMOID_NAME];
  };
}
