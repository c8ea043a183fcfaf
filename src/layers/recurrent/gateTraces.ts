import type { Activation } from '../../activations.ts';
import type { GateTrace } from '../../engine/layer.ts';

/** Gates that lie in a row of the kept ones as in the rows of W_hh. */
export function gatesInOrder(
  activations: Readonly<Record<string, Activation>>,
  { ofArguments }: Pick<GateTrace, 'ofArguments'> = {},
): GateTrace[] {
  return Object.entries(activations).map(([name, activation], i) => ({
    name,
    activation,
    ...(ofArguments ? { ofArguments } : {}),
    block: i,
    weightBlock: i,
  }));
}

/** Gates of the plain cells as they lie: a GRU's in the order n r z q. */
export const PLAIN_GATES: Readonly<Record<'tanh' | 'relu' | 'lstm' | 'gru', readonly GateTrace[]>> = {
  tanh: gatesInOrder({ h: 'tanh' }),
  relu: gatesInOrder({ h: 'relu' }),
  lstm: gatesInOrder({ i: 'sigmoid', f: 'sigmoid', g: 'tanh', o: 'sigmoid' }),
  gru: [
    { name: 'r', activation: 'sigmoid', block: 1, weightBlock: 0 },
    { name: 'z', activation: 'sigmoid', block: 2, weightBlock: 1 },
    { name: 'n', activation: 'tanh', block: 0, weightBlock: 2 },
  ],
};
