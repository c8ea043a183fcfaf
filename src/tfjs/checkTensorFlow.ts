import { ArgumentError, reading, StateError, Verbatim } from '../errors.ts';
import type { TensorFlow } from './tf.ts';

/** The version whose tests pass with `install`. */
export const TESTED_VERSION = '4.22.0';

const FUNCTIONS = [
  'engine',
  'getBackend',
  'getKernel',
  'registerKernel',
  'unregisterKernel',
  'registerGradient',
  'unregisterGradient',
  'tidy',
  'keep',
  'tensor',
  'dropout',
  'ones',
] as const;

/**
 * @throws {ArgumentError} if it is not TF.js, or TF.js without tfjs-layers
 * @throws {StateError} without a backend
 */
export function checkTensorFlow(tf: TensorFlow): void {
  if ((typeof tf !== 'object' && typeof tf !== 'function') || tf === null) {
    throw new ArgumentError('tf', 'the module @tensorflow/tfjs', tf);
  }
  const missing = reading('tf', tf, () => FUNCTIONS.find((name) => typeof tf[name] !== 'function'));
  if (missing) throw lacks(`tfjs-core (no function ${missing})`);
  if (typeof tf.RNN !== 'function' || typeof tf.layers?.lstm !== 'function') {
    throw lacks('tfjs-layers (no RNN and layers): { ...core, ...layers } has both');
  }
  if (tf.engine().backendNames().length === 0) {
    throw new StateError('tf: TF.js has no backend: import one, or do not remove it before install');
  }
}

/** Warns about a version of TF.js that was not tested. */
export function warnOfVersion(tf: TensorFlow): void {
  const version = tf.version_layers;
  if (version === TESTED_VERSION) return;
  console.warn(
    `unrolled/tfjs was tested with @tensorflow/tfjs ${TESTED_VERSION}, and this is ${version ?? 'of unknown version'}: ` +
      'if results differ, use that version, or report it',
  );
}

function lacks(what: string): ArgumentError {
  return new ArgumentError('tf', '@tensorflow/tfjs', new Verbatim(`an object without ${what}`));
}
