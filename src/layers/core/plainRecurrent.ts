import { type Names, options } from '../../check.ts';
import { onlyInFullPackage } from '../../errors.ts';
import { uniform } from '../../init/initializers.ts';
import type { Kind } from '../recurrent/direction.ts';
import { RECURRENT_OPTIONS, type RecurrentOptions } from '../recurrent/options.ts';

/** Options that take kernels beyond the plain ones, and the values that change nothing. */
const OTHERS: Readonly<Record<string, unknown>> = {
  recurrentDropout: 0,
  zoneout: 0,
  clip: undefined,
  layerNorm: false,
  heads: 1,
  penalty: undefined,
};
const ACTIVATIONS = { activation: 'tanh', recurrentActivation: 'sigmoid', activations: undefined };
export const OTHERS_OF_LSTM = { projSize: 0, peephole: false, coupled: false, ...ACTIVATIONS };
export const OTHERS_OF_GRU = { resetAfter: true, ...ACTIVATIONS };

/**
 * The options of a plain cell.
 * @throws {FeatureError} one that takes other kernels
 * @throws {ArgumentError} an unknown one
 */
export function plainOptions<T extends RecurrentOptions>(
  of: string,
  opts: T | undefined,
  own: Names<Omit<T, keyof RecurrentOptions>>,
  ofCell: Readonly<Record<string, unknown>>,
): T {
  const others = { ...OTHERS, ...ofCell };
  const known = { ...RECURRENT_OPTIONS, ...own, ...others } as unknown as Names<T>;
  const given = options<T>(of, opts, known);
  for (const [name, value] of Object.entries(given)) {
    if (name in others && value !== undefined && value !== others[name])
      throw onlyInFullPackage(`${of}: ${name}`);
  }
  return given;
}

/** Parameters of one direction of a stacked layer, in torch.nn's order. */
export function plainKinds(
  gates: number,
  hiddenSize: number,
  bias = true,
): (inputSize: number) => readonly Kind[] {
  const init = uniform(1 / Math.sqrt(hiddenSize));
  const G = gates * hiddenSize;
  return (inputSize) => [
    { name: 'weight_ih', shape: [G, inputSize], init },
    { name: 'weight_hh', shape: [G, hiddenSize], init },
    ...(bias ? ['bias_ih', 'bias_hh'].map((name) => ({ name, shape: [G], init })) : []),
  ];
}
