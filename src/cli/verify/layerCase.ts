import { FormatError } from '../../errors.ts';
import { GRU } from '../../layers/gru.ts';
import { LSTM } from '../../layers/lstm.ts';
import type { Recurrent } from '../../layers/recurrent.ts';
import { RNN } from '../../layers/rnn.ts';
import type { Given } from '../../ndarray.ts';
import { type Errors, type Fixture, group, knownOnly, relativeError, values } from './fixture.ts';

/** Keys that only tell how the case was drawn. */
const DRAWN = ['kind', 'steps', 'batch', 'initialState', 'weightScale', 'inputScale', 'name', 'seed'];
const COMMON = [...DRAWN, 'cell', 'inputSize', 'hiddenSize', 'numLayers', 'bias'];
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
  if (fixture.tensors.has('lengths')) throw new FormatError('option lengths is not known');
  const tensor = (name: string): Given | undefined => {
    const found = fixture.tensors.get(name);
    return found && { data: values(fixture, name), shape: found.shape };
  };
  const given = (entries: Record<string, Given | undefined>) =>
    Object.fromEntries(Object.entries(entries).filter(([, value]) => value !== undefined));

  const parameters = group(fixture, 'param.').map(([name]) => [name, tensor(`param.${name}`)!] as const);
  layer.loadStateDict(Object.fromEntries(parameters));
  const states = given({ h0: tensor('h_0'), c0: tensor('c_0') });
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
    relativeError(hN.data, values(fixture, 'expect.h_n')),
    ...(cN ? [relativeError(cN.data, values(fixture, 'expect.c_n'))] : []),
  ]);
  const got: Record<string, ArrayLike<number> | undefined> = {
    input: back.input.data,
    h_0: back.h0.data,
    ...(back.c0 ? { c_0: back.c0.data } : {}),
    ...Object.fromEntries(Object.entries(layer.gradients()).map(([name, { data }]) => [name, data])),
  };
  const names = new Set([...group(fixture, 'grad.').map(([name]) => name), ...Object.keys(got)]);
  const gradients = [...names].map((name) => relativeError(got[name], values(fixture, `grad.${name}`)));
  return { output: Math.max(...outputs), gradient: Math.max(...gradients) };
}

function makeLayer(config: Readonly<Record<string, unknown>>): Recurrent {
  const own = Object.fromEntries(Object.entries(config).filter(([key, value]) => DEFAULTS[key] !== value));
  const { inputSize, hiddenSize, numLayers = 1 } = own as Record<string, number>;
  const bias = (own.bias as boolean) ?? true;
  switch (config.cell) {
    case 'rnn':
      knownOnly(own, [...COMMON, 'nonlinearity']);
      return new RNN(inputSize!, hiddenSize!, {
        numLayers,
        bias,
        nonlinearity: (own.nonlinearity as 'tanh') ?? 'tanh',
      });
    case 'lstm':
      knownOnly(own, COMMON);
      return new LSTM(inputSize!, hiddenSize!, { numLayers, bias });
    case 'gru':
      knownOnly(own, COMMON);
      return new GRU(inputSize!, hiddenSize!, { numLayers, bias });
    default:
      throw new FormatError(`option cell = ${JSON.stringify(config.cell)} is not known`);
  }
}
