import type { Context } from '../builder.ts';
import type { LayerConfig } from '../config.ts';
import { joined, reshaped, split, type Tensor, transposed } from '../tensor.ts';

/** A kind of recurrent layer. */
export interface Kind {
  readonly type: 'RNN' | 'LSTM' | 'GRU';
  /** Where our gates are in Keras's order. */
  readonly gates: readonly number[];
}

// gates: i f c o, the same in both; z r h in Keras, r z n here
const RNN: Kind = { type: 'RNN', gates: [0] };
const LSTM: Kind = { type: 'LSTM', gates: [0, 1, 2, 3] };
const GRU: Kind = { type: 'GRU', gates: [1, 0, 2] };

const KINDS: Readonly<Record<string, Kind>> = {
  SimpleRNN: RNN,
  LSTM,
  GRU,
  CuDNNLSTM: LSTM,
  CuDNNGRU: GRU,
};

/** The kind of a layer. @throws {FormatError} if it is no recurrent layer */
export function kindOf(layer: LayerConfig): Kind {
  const { className } = layer;
  return Object.hasOwn(KINDS, className)
    ? KINDS[className]!
    : layer.fail('it is not a recurrent layer that is supported');
}

/** How the biases of a layer are stored. */
export type Bias = 'none' | 'single' | 'double' | 'cudnn';

/** The weights of one direction, as this package has them. */
export interface DirectionWeights {
  readonly bias: Bias;
  readonly weights: Readonly<
    Record<'weight_ih_l0' | 'weight_hh_l0' | 'bias_ih_l0' | 'bias_hh_l0', Tensor | undefined>
  >;
}

/**
 * Shapes of the weights of one direction, and how its biases are stored: once per gate; twice, as [2, gates · units]; or,
 * by the CuDNN layers of Keras 2, twice one after the other, and each matrix transposed.
 * @param stored the shape of the bias in the file
 */
export function weightShapes(
  layer: LayerConfig,
  kind: Kind,
  inputSize: number,
  stored: readonly number[] | undefined,
): { readonly bias: Bias; readonly shapes: number[][] } {
  const units = layer.size('units');
  const G = kind.gates.length * units;
  const isCudnn = layer.className.startsWith('CuDNN');
  const hasBias = isCudnn || layer.flag('use_bias', true);
  const stores = (bias: Bias, ...added: number[][]) => ({
    bias,
    shapes: [[inputSize, G], [units, G], ...added],
  });
  if (!hasBias) return stores('none');
  const isFlat = stored?.length === 1;
  // weights that a CuDNN layer has written are read by the others, too
  if (isCudnn || (kind.type !== 'RNN' && isFlat && stored[0] === 2 * G))
    return stores('cudnn', isFlat ? [2 * G] : [2, G]);
  // a file that does not say is of before Keras 2.1, or its bias tells
  const isDouble = kind.type === 'GRU' && layer.flag('reset_after', stored?.length === 2);
  return isDouble ? stores('double', [2, G]) : stores('single', [G]);
}

/** The weights of one direction from those of Keras. */
export function directionWeights(kind: Kind, bias: Bias, given: readonly Tensor[]): DirectionWeights {
  const [kernel, recurrent, added] = given as readonly [Tensor, Tensor, Tensor?];
  const count = kind.gates.length;
  const inOurOrder = (blocks: readonly Tensor[]) => joined(kind.gates.map((gate) => blocks[gate]!));
  const matrix = (keras: Tensor): Tensor => {
    const [from, G] = keras.shape as readonly [number, number];
    const units = G / count;
    const blocks = split(transposed(keras), count);
    // a block [from, units] whose numbers are those of [units, from]
    return inOurOrder(
      bias === 'cudnn' ? blocks.map((block) => reshaped(transposed(block), units, from)) : blocks,
    );
  };
  const biases = added
    ? split(reshaped(added, added.data.length), bias === 'single' ? 1 : 2).map((flat) =>
        inOurOrder(split(flat, count)),
      )
    : [];
  return {
    bias,
    weights: {
      weight_ih_l0: matrix(kernel),
      weight_hh_l0: matrix(recurrent),
      bias_ih_l0: biases[0],
      bias_hh_l0: biases[1],
    },
  };
}

/** Takes the weights of a layer with two directions, or several cells, from the file. */
export function takeWeights(
  context: Context,
  cells: readonly LayerConfig[],
  inputSizes: readonly number[],
): readonly DirectionWeights[] {
  const stored = context.builder.weights.shapes(context.place);
  let first = 0;
  const each = cells.map((cell, i) => {
    const kind = kindOf(cell);
    const found = { kind, ...weightShapes(cell, kind, inputSizes[i]!, stored[first + 2]) };
    first += found.shapes.length;
    return found;
  });
  const given = context.weights(...each.flatMap(({ shapes }) => shapes));
  return each.map(({ kind, bias, shapes }) => directionWeights(kind, bias, given.splice(0, shapes.length)));
}

/** Names of the weights of the reverse direction of a bidirectional layer. */
export function reversed({ weights }: DirectionWeights): Record<string, Tensor> {
  return named(Object.entries(weights).map(([name, tensor]) => [`${name}_reverse`, tensor]));
}

/** Those that there are. */
export function named(entries: readonly (readonly [string, Tensor | undefined])[]): Record<string, Tensor> {
  return Object.fromEntries(entries.filter(([, tensor]) => tensor)) as Record<string, Tensor>;
}
