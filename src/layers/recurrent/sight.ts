import type { Region } from '../../memory/layout.ts';
import type { Activation } from '../activations.ts';
import type { GateSight, Sight } from '../layer.ts';
import type { Place } from './direction.ts';

/** Gates that lie in a row of the kept ones as in the rows of W_hh. */
export function gatesInOrder(
  activations: Readonly<Record<string, Activation>>,
  { ofArguments }: Pick<GateSight, 'ofArguments'> = {},
): GateSight[] {
  return Object.entries(activations).map(([name, activation], i) => ({
    name,
    activation,
    ...(ofArguments ? { ofArguments } : {}),
    block: i,
    weightBlock: i,
  }));
}

export function sightOf(
  place: Place,
  gates: readonly GateSight[],
  hiddenSize: number,
  values: Region,
  stride: number,
  states: Region,
  norms: Region | undefined,
): Sight {
  return {
    layer: place.layer,
    direction: place.reverse ? 'reverse' : 'forward',
    gates,
    hiddenSize,
    values,
    stride,
    states,
    norms,
    weightHh: place.region('weight_hh'),
  };
}
