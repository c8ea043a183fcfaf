import { ArgumentError } from '../../errors.ts';
import type { NameOption } from '../layerName.ts';
import type { Cell } from './cell.ts';
import type { ConfigurableOptions } from './configuration.ts';
import type { RecurrentOptions } from './options.ts';

/** What a layer with or without `bias: 'single'` is made of. */
interface Biases {
  readonly opts: RecurrentOptions & NameOption;
  readonly cell: Cell;
  /** For saved models. */
  readonly own: Readonly<Record<string, unknown>>;
}

/**
 * Makes `bias: 'single'` an option of the cell: it has no `bias_hh`.
 * @param opts given, with initializers that the layer adds
 * @throws {ArgumentError} if it is another value, or bias_hh has an initializer
 */
export function biasesOf(given: ConfigurableOptions, cell: Cell, opts = given): Biases {
  const { bias, ...others } = opts;
  if (bias !== 'single') {
    if (typeof (bias ?? true) !== 'boolean') throw new ArgumentError('bias', "true, false or 'single'", bias);
    return { opts: { ...others, bias }, cell, own: {} };
  }
  const initial = given.init?.bias_hh;
  if (initial !== undefined)
    throw new ArgumentError('init.bias_hh', "undefined with bias: 'single'", initial);
  const { bias_hh: _, ...init } = opts.init ?? {};
  return { opts: { ...others, bias: true, init }, cell: withoutHiddenBias(cell), own: { bias } };
}

/** The cell with zeros, which are no parameter, as bias_hh. */
function withoutHiddenBias(cell: Cell): Cell {
  return {
    ...cell,
    parameters: (inputSize, hiddenSize) => {
      const { bias_hh: _, ...others } = cell.parameters(inputSize, hiddenSize);
      return others;
    },
    lay: (scope, shape, from, place, clipStepNorm) => {
      const [length] = cell.parameters(shape.I, shape.H).bias_hh!.shape;
      const zeros = scope.keep('no bias_hh', length!);
      const parameter = (kind: string) => (kind === 'bias_hh' ? zeros.ptr : place.parameter(kind));
      const pass = cell.lay(scope, shape, from, { ...place, parameter }, clipStepNorm);
      return {
        ...pass,
        forward: (packed) => {
          scope.arena.clear(zeros);
          pass.forward(packed);
        },
      };
    },
  };
}
