import { record } from '../../check.ts';
import { ArgumentError } from '../../errors.ts';
import { type Given, type Numbers, readShaped } from '../../ndarray.ts';

/** States by name, such as `1.h_l0`: layer, state, stacked layer, with `_reverse` for the reverse direction; [B, H]. */
export type States = Readonly<Record<string, Given>>;

/**
 * Copies of given states, in the order of the names; undefined for those that are not given.
 * @throws {ArgumentError} if a name is unknown or a state is not numeric
 * @throws {ShapeError} if a shape does not match
 */
export function readStates(
  states: States,
  names: readonly string[],
  shapes: readonly (readonly number[])[],
): (Numbers | undefined)[] {
  const given = record('states', states);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const known = names.length
      ? `the name of a state (${names.slice(0, 8).join(', ')})`
      : 'none: no layer has states';
    throw new ArgumentError('states', known, unknown);
  }
  return names.map((name, i) => {
    if (given[name] === undefined) return undefined;
    return Float32Array.from(readShaped(`states['${name}']`, given[name], shapes[i]!));
  });
}
