import type { Generator } from '../init/generator.ts';
import type { Initializer } from '../init/initializers.ts';
import { type Numbers, readShaped } from '../ndarray.ts';

/** What an initializer gives for a parameter. @throws {ArgumentError | ShapeError} unless these are numbers of its shape */
export function initialNumbers(
  name: string,
  shape: readonly number[],
  init: Initializer,
  generator: Generator,
): Numbers {
  return readShaped(`init of ${name}`, init([...shape], generator), shape);
}
