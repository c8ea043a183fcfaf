import { FormatError } from '../../errors.ts';
import { GRU } from '../../layers/gru.ts';
import { IndRNN } from '../../layers/indRNN.ts';
import { LSTM } from '../../layers/lstm.ts';
import { MinGRU } from '../../layers/minGRU.ts';
import { MinLSTM } from '../../layers/minLSTM.ts';
import type { Recurrent } from '../../layers/recurrent/recurrent.ts';
import { RNN } from '../../layers/rnn.ts';
import { SRU } from '../../layers/sru.ts';
import type { BackwardResult, ForwardResult } from '../../layers/standalone.ts';
import type { Given } from '../../ndarray.ts';
import { type Errors, type Fixture, group, knownOnly, relativeError, values } from './fixture.ts';

/** Keys that only tell how the case was drawn. */
const DRAWN = ['kind', 'steps', 'batch', 'initialState', 'weightScale', 'inputScale', 'name', 'seed'];
const COMMON = [...DRAWN, 'cell', 'inputSize', 'hiddenSize'];
const STACK = ['numLayers', 'bias', 'bidirectional'];
const GATED = [...STACK, 'clip', 'layerNorm'];
/** Options of each cell. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  rnn: [...GATED, 'nonlinearity'],
  lstm: [...GATED, 'projSize', 'peephole', 'coupled', 'activation', 'recurrentActivation'],
  gru: [...GATED, 'resetAfter', 'activation', 'recurrentActivation'],
  mingru: STACK,
  minlstm: STACK,
  indrnn: [...STACK, 'nonlinearity'],
  sru: STACK,
};
/** Options at the values that every layer has anyway. */
const DEFAULTS: Record<string, unknown> = {
  bidirectional: false,
  projSize: 0,
  resetAfter: true,
  peephole: false,
  coupled: false,
  layerNorm: false,
  activation: 'tanh',
  recurrentActivation: 'sigmoid',
};

/** Runs a case of kind `layer`: forward, and backward from its upstream gradients. */
export function layerCase(fixture: Fixture): Errors {
  using layer = makeLayer(fixture.config);
  const tensor = (name: string): Given | undefined => {
    const found = fixture.tensors.get(name);
    return found && { data: values(fixture, name), shape: found.shape };
  };
  const given = (entries: Record<string, Given | undefined>) =>
    Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));

  const parameters = group(fixture, 'param.').map(([name]) => [name, tensor(`param.${name}`)!] as const);
  layer.loadStateDict(Object.fromEntries(parameters));
  const lengths = fixture.tensors.has('lengths') ? { lengths: values(fixture, 'lengths') } : {};
  const states = { ...given({ h0: tensor('h_0'), c0: tensor('c_0') }), ...lengths };
  const upstream = given({
    output: tensor('grad_out.output'),
    hN: tensor('grad_out.h_n'),
    cN: tensor('grad_out.c_n'),
  });
  const input = tensor('input')!;
  const inference = layer.forward(input, states);
  const training = layer.forward(input, { ...states, training: true });
  const back = layer.backward(upstream);

  const outputs = [inference, training].flatMap(({ output, hN, cN }) => [
    relativeError(output.data, values(fixture, 'expect.output')),
    ...(hN ? [relativeError(hN.data, values(fixture, 'expect.h_n'))] : []),
    ...(cN ? [relativeError(cN.data, values(fixture, 'expect.c_n'))] : []),
  ]);
  const got: Record<string, ArrayLike<number> | undefined> = {
    input: back.input.data,
    ...(back.h0 ? { h_0: back.h0.data } : {}),
    ...(back.c0 ? { c_0: back.c0.data } : {}),
    ...Object.fromEntries(Object.entries(layer.gradients()).map(([name, { data }]) => [name, data])),
  };
  const names = new Set([...group(fixture, 'grad.').map(([name]) => name), ...Object.keys(got)]);
  const gradients = [...names].map((name) => relativeError(got[name], values(fixture, `grad.${name}`)));
  return { output: Math.max(...outputs), gradient: Math.max(...gradients) };
}

/** States as the cell has them. */
type Some<T, Always extends keyof T> = Partial<T> & Pick<T, Always>;
type AnyRecurrent = Recurrent<Some<ForwardResult, 'output'>, Some<BackwardResult, 'input'>>;

function makeLayer(config: Readonly<Record<string, unknown>>): AnyRecurrent {
  const { cell } = config;
  if (typeof cell !== 'string' || !Object.hasOwn(KNOWN, cell)) {
    throw new FormatError(`option cell = ${JSON.stringify(cell)} is not known`);
  }
  const own = Object.fromEntries(Object.entries(config).filter(([key, value]) => DEFAULTS[key] !== value));
  knownOnly(own, [...COMMON, ...KNOWN[cell]!]);
  const { inputSize, hiddenSize } = own as Record<string, number>;
  const opts = Object.fromEntries(Object.entries(own).filter(([key]) => !COMMON.includes(key)));
  switch (cell) {
    case 'rnn':
      return new RNN(inputSize!, hiddenSize!, opts);
    case 'lstm':
      return new LSTM(inputSize!, hiddenSize!, opts);
    case 'mingru':
      return new MinGRU(inputSize!, hiddenSize!, opts);
    case 'minlstm':
      return new MinLSTM(inputSize!, hiddenSize!, opts);
    case 'indrnn':
      return new IndRNN(inputSize!, hiddenSize!, opts);
    case 'sru':
      return new SRU(inputSize!, hiddenSize!, opts);
    default:
      return new GRU(inputSize!, hiddenSize!, opts);
  }
}
