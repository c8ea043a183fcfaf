import type { InitialStates } from '../../engine/graph.ts';
import { readShaped } from '../../ndarray.ts';
import type { Model } from './model.ts';
import { checkRecord } from './named.ts';

/**
 * Has streams, pools, and forward passes without options start from these states, to which `reset` goes back.
 * Without any they stay zeros.
 * @throws {ArgumentError | ShapeError} unless they are those of the model
 */
export function startFrom({ network }: Pick<Model, 'network'>, given: InitialStates): void {
  if (typeof given === 'object' && given && Object.keys(given).length === 0) return;
  const { states, stateNames } = network.preview({ steps: 1, batch: 1, training: false, targets: 'none' });
  const named = stateNames.map((name) => ({ name }));
  checkRecord('initialStates', given, named, false);
  const copies = states.map(({ initial: { shape } }, i) => {
    const name = stateNames[i]!;
    return [name, Float32Array.from(readShaped(`initialStates['${name}']`, given[name]!, shape.slice(1)))];
  });
  network.initialStates = Object.fromEntries(copies);
}
