import { boolean, type Names, options, reading, record } from '../check.ts';
import { checkNames } from '../engine/checkNames.ts';
import { ShapeError, StateError } from '../errors.ts';
import type { Initializer } from '../init/initializers.ts';
import { type Given, isNumbers, type NDArray, type Numbers, readShaped } from '../ndarray.ts';
import { settled } from '../settled.ts';
import { Summarized } from '../summary.ts';
import { GRU } from './gru.ts';
import { LSTM } from './lstm.ts';
import { RNN } from './rnn.ts';
import type { Standalone } from './standalone.ts';

/** Options of the step cells. */
export interface CellOptions {
  /** Whether to use biases. Default true. */
  readonly bias?: boolean | undefined;
  /** Initializers by parameter, such as `weight_hh`. Default: uniform in ±1/√hiddenSize, as in torch.nn. */
  readonly init?: Readonly<Record<string, Initializer>> | undefined;
  /** Seed of the parameters. Default 0. */
  readonly seed?: number | undefined;
}

/** Options of `RNNCell`. */
export interface RNNCellOptions extends CellOptions {
  /** Activation φ. Default `tanh`. */
  readonly nonlinearity?: 'tanh' | 'relu' | undefined;
}

const CELL_OPTIONS: Names<CellOptions> = {
  bias: true,
  init: true,
  seed: true,
};

/** Options of `forward` of a cell. */
export interface CellForwardOptions {
  /** [B, hiddenSize], or [hiddenSize] for one row. Default: zeros. */
  readonly h0?: Given | undefined;
  /** LSTMCell only; same shape as h0. Default: zeros. */
  readonly c0?: Given | undefined;
  /** Keep what `backward` needs. Default false. */
  readonly training?: boolean | undefined;
}

/** The state after the step; same shape as h0. */
export interface CellState {
  /** Hidden state. */
  readonly h: NDArray;
}
/** The states after the step; same shape as h0. */
export interface LSTMCellState extends CellState {
  /** Cell state. */
  readonly c: NDArray;
}

/** Gradients with respect to the states after the step. Default: zeros. */
export interface CellUpstream {
  /** Gradient with respect to the hidden state. */
  readonly h?: Given | undefined;
  /** LSTMCell only: gradient with respect to the cell state. */
  readonly c?: Given | undefined;
}

/** Result of `backward` of a cell, as copies. */
export interface CellGradients {
  /** Gradient with respect to x; same shape. */
  readonly input: NDArray;
  /** Gradient with respect to the state before the step. */
  readonly h0: NDArray;
}
/** Result of `backward` of an LSTMCell, as copies. */
export interface LSTMCellGradients extends CellGradients {
  /** Gradient with respect to the cell state before the step. */
  readonly c0: NDArray;
}

/** Suffix of a layer's parameters compared to the cell's. */
const SUFFIX = '_l0';

/** One step of a recurrent layer: the layer with T = 1, with the names of torch.nn's cells. */
abstract class Cell<State extends CellState, Gradients extends CellGradients> extends Summarized {
  /** Input features. */
  readonly inputSize: number;
  /** Units. */
  readonly hiddenSize: number;
  readonly #layer: Standalone;
  /** Shape of the states at the last training step. */
  #shape: readonly number[] | undefined;

  protected constructor(layer: Standalone) {
    super();
    this.#layer = layer;
    this.inputSize = layer.inputSize;
    this.hiddenSize = layer.hiddenSize;
  }

  /**
   * One step of B rows. x: [B, inputSize], or [inputSize] (or a bare array) for one row without a batch.
   *
   * @throws {ArgumentError} if an option is unknown, x is not numeric, or c0 is given to a cell without it
   * @throws {ShapeError} if a rank, shape or length does not match
   * @throws {StateError} before `init()`
   */
  forward(from: Given, opts?: CellForwardOptions): State {
    const names = this.#names;
    const given = options('forward', opts, this.#options<CellForwardOptions>('0', { training: true }));
    const training = boolean('training', given.training ?? false);
    const { inputSize, hiddenSize } = this;
    const x = reading('x', from, () => settled(from));
    const shape = isNumbers(x) ? [inputSize] : reading('x', x, () => x?.shape && [...x.shape]);
    const batched = shape?.length === 2;
    if (Array.isArray(shape) && (shape.at(-1) !== inputSize || shape.length > 2 || shape[0] === 0))
      throw new ShapeError('x', `[batch, ${inputSize}] or [${inputSize}]`, shape);
    const batch = batched ? shape[0]! : 1;
    const data = readShaped('x', x, batched ? [batch, inputSize] : [inputSize]);
    const size = batched ? [batch, hiddenSize] : [hiddenSize];
    const result = this.#layer.forward(
      { data, shape: [1, batch, inputSize] },
      { ...asLayers(given, names, '0', '0', size), training },
    );
    this.#shape = training ? size : undefined;
    return asCells(result, names, 'N', '', size) as unknown as State;
  }

  /**
   * Backpropagation through the last `forward`, which must have been called with `training: true`. Parameter
   * gradients are accumulated.
   *
   * @throws {StateError} without such a forward, or if called twice after one
   * @throws {ShapeError} if the shape of a gradient does not match
   */
  backward(upstream: CellUpstream): Gradients {
    const names = this.#names;
    const given = options('backward', upstream, this.#options<CellUpstream>('', {}));
    const size = this.#shape;
    if (!size) throw new StateError('backward: call forward with { training: true } before each backward');
    const result = this.#layer.backward(asLayers(given, names, '', 'N', size));
    this.#shape = undefined;
    return {
      input: { ...result.input, shape: [...size.slice(0, -1), this.inputSize] },
      ...asCells(result, names, '0', '0', size),
    } as unknown as Gradients;
  }

  /** Copies of the parameters under torch.nn's names. */
  stateDict(): Record<string, NDArray> {
    return bare(this.#layer.stateDict());
  }

  /**
   * Loads all parameters. Nothing is written unless all names and shapes match.
   * @throws {ArgumentError} if a name is missing or unexpected
   * @throws {ShapeError} if a shape does not match
   */
  loadStateDict(given: Readonly<Record<string, Given>>): void {
    const shapes = Object.fromEntries(
      this.#layer.parameters.map(({ name, shape }) => [name.slice(0, -SUFFIX.length), shape]),
    );
    const dict = record('state dict', given, 'an object of arrays by name');
    checkNames(dict, Object.keys(shapes));
    const entries = Object.entries(shapes).map(([name, shape]) => [
      name + SUFFIX,
      readShaped(name, dict[name]!, shape),
    ]);
    this.#layer.loadStateDict(Object.fromEntries(entries));
  }

  /** Copies of the gradients under torch.nn's names. @throws {StateError} before the first forward with `training` */
  gradients(): Record<string, NDArray> {
    return bare(this.#layer.gradients());
  }

  /** Sets all gradients to 0. */
  zeroGradients(): void {
    this.#layer.zeroGradients();
  }

  /** A summary as plain data, for `JSON.stringify` and `console.log`. */
  toJSON(): object {
    const { type, bias } = this.#layer;
    return { type: `${type}Cell`, inputSize: this.inputSize, hiddenSize: this.hiddenSize, bias };
  }

  /** Frees the cell's memory. Later calls throw. */
  dispose(): void {
    this.#layer.dispose();
  }

  /** Same as `dispose`, for `using`. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Option names: those of the states and the others. T: the options of all cells. */
  #options<T extends object>(suffix: string, others: Partial<Names<T>>): Names<T> {
    return Object.fromEntries([
      ...this.#names.map((name) => [name + suffix, true]),
      ...Object.entries(others),
    ]) as Names<T>;
  }

  get #names(): string[] {
    return Object.keys(this.#layer.cell.states);
  }
}

/** Converts states for the layer. from, to: suffixes of the state names. */
function asLayers(
  given: object,
  names: readonly string[],
  from: string,
  to: string,
  shape: readonly number[],
): Record<string, NDArray<Numbers>> {
  const stacked = shape.length === 2 ? [1, ...shape] : [1, 1, ...shape];
  const states: Record<string, NDArray<Numbers>> = {};
  for (const name of names) {
    const value = (given as Record<string, Given | undefined>)[name + from];
    if (value !== undefined)
      states[name + to] = { data: readShaped(name + from, value, shape), shape: stacked };
  }
  return states;
}

/** Converts states of the layer to those of the cell. */
function asCells(
  result: object,
  names: readonly string[],
  from: string,
  to: string,
  shape: readonly number[],
): Record<string, NDArray> {
  const states = names.map((name) => {
    const { data } = (result as Record<string, NDArray>)[name + from]!;
    return [name + to, { data, shape }];
  });
  return Object.fromEntries(states);
}

function bare(dict: Record<string, NDArray>): Record<string, NDArray> {
  return Object.fromEntries(
    Object.entries(dict).map(([name, value]) => [name.slice(0, -SUFFIX.length), value]),
  );
}

/**
 * One step of an RNN, as torch.nn.RNNCell. Parameters: `weight_ih` [hiddenSize, inputSize], `weight_hh` [hiddenSize,
 * hiddenSize], `bias_ih`, `bias_hh` [hiddenSize]. For many steps `RNN` is faster.
 */
export class RNNCell extends Cell<CellState, CellGradients> {
  /** @throws {ArgumentError} if a size is below 1 or an option is unknown */
  constructor(inputSize: number, hiddenSize: number, opts?: RNNCellOptions) {
    super(new RNN(inputSize, hiddenSize, options('RNNCell', opts, { ...CELL_OPTIONS, nonlinearity: true })));
  }
}

/** One step of an LSTM, as torch.nn.LSTMCell: parameters as RNNCell's with 4·hiddenSize rows, gates i f g o. */
export class LSTMCell extends Cell<LSTMCellState, LSTMCellGradients> {
  /** @throws {ArgumentError} if a size is below 1 or an option is unknown */
  constructor(inputSize: number, hiddenSize: number, opts?: CellOptions) {
    super(new LSTM(inputSize, hiddenSize, options('LSTMCell', opts, CELL_OPTIONS)));
  }
}

/** One step of a GRU, as torch.nn.GRUCell: parameters as RNNCell's with 3·hiddenSize rows, gates r z n. */
export class GRUCell extends Cell<CellState, CellGradients> {
  /** @throws {ArgumentError} if a size is below 1 or an option is unknown */
  constructor(inputSize: number, hiddenSize: number, opts?: CellOptions) {
    super(new GRU(inputSize, hiddenSize, options('GRUCell', opts, CELL_OPTIONS)));
  }
}
