import type { Activation } from '../../activations.ts';
import type { GateTrace } from '../../engine/layer.ts';

/** Traces of gates that are kept in the order of W_hh's rows. */
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
