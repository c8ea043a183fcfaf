import type { Filled } from '../check.ts';
import { constant, identity, normal } from '../init/initializers.ts';
import type { RNNOptions } from './rnn.ts';

/**
 * Options that make an RNN the IRNN of Le, Jaitly & Hinton 2015 (arXiv 1504.00941): ReLU, W_hh = scale · identity,
 * biases 0, W_ih normal with standard deviation 0.001. The initial network keeps its state, so that gradients neither
 * vanish nor explode; with a scale below 1 it forgets. `new RNN(28, 100, { ...irnn(), numLayers: 2 })`.
 *
 * @throws {ArgumentError} if scale is not a finite number
 */
export function irnn(scale = 1): Filled<Pick<RNNOptions, 'nonlinearity' | 'init'>> {
  return {
    nonlinearity: 'relu',
    init: {
      weight_ih: normal(0.001),
      weight_hh: identity(scale),
      bias_ih: constant(0),
      bias_hh: constant(0),
    },
  };
}
