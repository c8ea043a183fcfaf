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
