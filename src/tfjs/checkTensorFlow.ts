import { ArgumentError, reading, StateError, Verbatim } from '../errors.ts';
import { RULES } from './optimizerRules.ts';
import type { TensorFlow } from './tf.ts';

/** The module `@tensorflow/tfjs`, or an object with the exports of tfjs-core and tfjs-layers. */
export interface TensorFlowModule {
  /** What runs operations. */
  engine(): object;
  /** Name of the backend in use. */
  getBackend(): string;
  /** Class of recurrent layers, of tfjs-layers. */
  readonly RNN: object;
  /** Functions that make layers, of tfjs-layers. */
  readonly layers: object;
  /** Version of tfjs-layers. */
  readonly version_layers?: string | undefined;
}

/** The version whose tests pass with `install`. */
export const TESTED_VERSION = '4.22.0';

/** Functions by which tfjs-core is known. */
const FUNCTIONS = [...Object.keys(RULES), 'engine', 'registerKernel'] as (keyof TensorFlow)[];

/**
 * The given module, with a narrower type.
 * @throws {ArgumentError} if it is not TF.js, or TF.js without tfjs-layers
 * @throws {StateError} without a backend
 */
export function checkTensorFlow(given: TensorFlowModule): TensorFlow {
  const tf = given as unknown as TensorFlow;
  if (Object(tf) !== tf) {
    throw new ArgumentError('tf', '@tensorflow/tfjs', tf);
  }
  const missing = reading('tf', tf, () => FUNCTIONS.find((name) => typeof tf[name] !== 'function'));
  if (missing) throw lacks(`tfjs-core (no function ${missing})`);
  const { RNN, LayersModel, layers, serialization } = tf;
  const functions = [RNN, LayersModel, layers?.lstm, serialization?.SerializationMap?.getMap];
  if (!functions.every((each) => typeof each === 'function')) {
    throw lacks('tfjs-layers: { ...core, ...layers } has both');
  }
  if (tf.engine().backendNames().length === 0) {
    throw new StateError('tf: TF.js has no backend');
  }
  return tf;
}

/**
 * Warns about a version of TF.js that was not tested, and about backends that are slow to read or can not be read, unless ours
 * takes their place.
 */
export function warnOf(tf: TensorFlow, takesPlace: boolean | undefined): void {
  const version = tf.version_layers;
  const backend = tf.getBackend();
  // webgl and webgpu
  if (!takesPlace && /^webg/.test(backend)) {
    console.warn(
      `unrolled/tfjs: layers wait for ${backend} or can't read it: await tf.setBackend('cpu') first`,
    );
  }
  if (version === TESTED_VERSION) return;
  console.warn(`unrolled/tfjs is tested with @tensorflow/tfjs ${TESTED_VERSION}, not ${version}`);
}

function lacks(what: string): ArgumentError {
  return new ArgumentError('tf', '@tensorflow/tfjs', new Verbatim(`an object without ${what}`));
}
