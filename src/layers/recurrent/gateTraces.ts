import type { Activation } from '../../activations.ts';
import type { GateTrace } from '../../engine/layer.ts';

/** Traces of gates in the order of W_hh's rows, which are kept in this order or in `blocks`. */
export function gatesInOrder(
  activations: Readonly<Record<string, Activation>>,
  { ofArguments, blocks }: Pick<GateTrace, 'ofArguments'> & { readonly blocks?: readonly number[] } = {},
): GateTrace[] {
  return Object.entries(activations).map(([name, activation], i) => ({
    name,
    activation,
    ofArguments,
    block: blocks?.[i] ?? i,
    weightBlock: i,
  }));
}
