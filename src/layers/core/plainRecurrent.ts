import { type Names, options } from '../../check.ts';
import { onlyInFullPackage } from '../../errors.ts';
import { RECURRENT_OPTIONS, type RecurrentOptions } from '../recurrent/options.ts';

/** Options that take kernels beyond the plain ones, and the values that change nothing. */
const OTHERS: Readonly<Record<string, unknown>> = {
  recurrentDropout: 0,
  zoneout: 0,
  clip: undefined,
  layerNorm: false,
  heads: 1,
  penalty: undefined,
  clipStepNorm: 0,
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
    if (name in others && value !== others[name]) throw onlyInFullPackage(`${of}: ${name}`);
  }
  return given;
}
