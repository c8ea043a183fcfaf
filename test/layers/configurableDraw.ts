import * as u from '../../src/index.ts';
import { Draw } from '../model/helpers.ts';
import type { ConfigurableCell } from '../reference/parameters.ts';
import type { Tensors } from '../reference/stack.ts';

export type GatedCell = 'rnn' | 'lstm' | 'gru';
export type ConfigurableRecurrent = u.RNN | u.LSTM | u.GRU;
export type ConfigurableOptions = u.RNNOptions & u.LSTMOptions & u.GRUOptions;

export function make(
  cell: GatedCell,
  inputSize: number,
  hiddenSize: number,
  opts: ConfigurableOptions,
): ConfigurableRecurrent {
  if (cell === 'lstm') return new u.LSTM(inputSize, hiddenSize, opts);
  return cell === 'gru' ? new u.GRU(inputSize, hiddenSize, opts) : new u.RNN(inputSize, hiddenSize, opts);
}

/** Options as the layer takes them. */
export interface Drawn {
  cell: GatedCell;
  inputSize: number;
  hiddenSize: number;
  steps: number;
  batch: number;
  opts: ConfigurableOptions;
}

const HIDDEN = [
  'tanh',
  'sigmoid',
  'softsign',
  { name: 'scaledtanh', alpha: 0.8, beta: 1.2 },
  { name: 'affine', alpha: 0.4, beta: 0.1 },
  { name: 'leakyrelu', alpha: 0.2 },
  'hardsigmoid',
] as const;
const GATE = ['sigmoid', 'hardsigmoid', { name: 'hardsigmoid', alpha: 1 / 6 }, 'softsign', 'tanh'] as const;

/** Sizes and options from a seed; each option is there in about one draw of three. */
export function drawOptions(cell: GatedCell, seed: number): Drawn {
  const draw = new Draw(seed * 7919 + cell.length);
  const some = (share = 0.33) => draw.next() < share;
  const of = <T>(list: readonly T[]): T => list[draw.integer(0, list.length - 1)]!;
  const heads = some() ? of([2, 3, 4]) : 1;
  const layerNorm = some();
  // normalizing few numbers, or multiples of one vector, amplifies rounding without limit
  const hiddenSize = heads * draw.integer(layerNorm ? 6 : 1, heads === 1 ? 19 : 7);
  const bidirectional = some(0.5);
  const opts: Record<string, unknown> = {
    numLayers: draw.integer(1, 3),
    bias: !some(0.25),
    bidirectional,
    ...(bidirectional && some(0.7) ? { mergeMode: of(['concat', 'sum', 'mul', 'ave']) } : {}),
    ...(some() ? { clip: 0.3 + draw.next() } : {}),
    heads,
  };
  if (cell === 'rnn') opts.nonlinearity = of([...HIDDEN, 'relu']);
  if (cell === 'gru') opts.resetAfter = !some(0.4);
  if (layerNorm && opts.resetAfter !== false) opts.layerNorm = true;
  if (cell === 'lstm') {
    if (heads === 1 && hiddenSize > 1 && some()) opts.projSize = draw.integer(1, hiddenSize - 1);
    if (some()) opts.peephole = true;
    if (some()) opts.coupled = true;
  }
  if (cell !== 'rnn') {
    if (some()) opts.activation = of(HIDDEN);
    if (some()) opts.recurrentActivation = of(GATE);
    const gates = cell === 'lstm' ? ['i', 'g', 'o', 'h', ...(opts.coupled ? [] : ['f'])] : ['r', 'z', 'n'];
    if (some()) {
      opts.activations = Object.fromEntries(
        gates.filter(() => some(0.4)).map((gate) => [gate, 'ghn'.includes(gate) ? of(HIDDEN) : of(GATE)]),
      );
    }
  }
  return {
    cell,
    inputSize: draw.integer(layerNorm ? 6 : 1, 17),
    hiddenSize,
    steps: draw.integer(1, 9),
    batch: draw.integer(1, 6),
    opts: opts as ConfigurableOptions,
  };
}

/** The same as the reference takes it. */
export function configOf({ cell, inputSize, hiddenSize, batch, opts }: Drawn): ConfigurableCell {
  const { mergeMode, ...rest } = opts as ConfigurableOptions & { mergeMode?: ConfigurableCell['merge'] };
  const { numLayers, bidirectional, bias, projSize, nonlinearity, resetAfter, peephole, coupled } = rest;
  const { clip, layerNorm, activation, recurrentActivation, activations, heads } = rest;
  const all = {
    ...{ numLayers, bidirectional, bias, projSize, nonlinearity, resetAfter, peephole, coupled, clip },
    ...{ layerNorm, activation, recurrentActivation, activations, heads, merge: mergeMode },
  };
  const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
  return { cell, batch, inputSize, hiddenSize, ...given };
}

/** Overwrites all parameters with numbers in ±scale·√(1 / fan-in), those of layer norm with 0.3 to 1.3. */
export function randomize(layer: ConfigurableRecurrent, seed: number, scale = 1.2): Tensors {
  const draw = new Draw(seed);
  const state: Record<string, u.NDArray> = {};
  const doubles: Tensors = {};
  for (const [name, { shape }] of Object.entries(layer.stateDict())) {
    const fan = shape.length > 1 ? shape[1]! : layer.hiddenSize;
    const array = draw.features(name.startsWith('ln_') ? 0.5 : scale / Math.sqrt(fan), ...shape);
    if (/^ln_.*weight/.test(name)) for (let i = 0; i < array.data.length; i++) array.data[i]! += 0.8;
    state[name] = array;
    doubles[name] = Float64Array.from(array.data);
  }
  layer.loadStateDict(state);
  return doubles;
}

/** Every number a double. */
export function f64(array: { data: ArrayLike<number> } | undefined): Float64Array | undefined {
  return array && Float64Array.from(array.data);
}
