import type { Region } from '../../memory/layout.ts';
import type { Sight } from '../layer.ts';
import type { Place } from './direction.ts';

/** Beyond these a gate counts as saturated: the slope of σ is then below 1 % of the input's change, that of tanh 2 %. */
const SIGMOID = [0.01, 0.99] as const;
const TANH = [-0.99, 0.99] as const;
/** Names of gates that tanh squashes; the others pass through σ. */
const SQUASHED = ['h', 'g', 'n'];

export function sightOf(
  place: Place,
  cell: string,
  gateNames: readonly string[],
  hiddenSize: number,
  gates: Region,
  gateStride: number,
  states: Region,
  norms: Region | undefined,
): Sight {
  return {
    name: `${cell} layer ${place.layer}${place.reverse ? ' reverse' : ''}`,
    layer: place.layer,
    direction: place.reverse ? 'reverse' : 'forward',
    gateNames,
    hiddenSize,
    gates,
    gateStride,
    saturation: gateNames.map((name) => (SQUASHED.includes(name) ? TANH : SIGMOID)),
    states,
    norms,
    weightHh: place.region('weight_hh'),
  };
}
