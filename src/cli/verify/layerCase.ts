import { ArgumentError, FormatError } from '../../errors.ts';
import type { Recurrent } from '../../layers/recurrent/recurrent.ts';
import * as recurrentLayers from '../../layers/recurrentLayers.ts';
import type { BackwardResult, ForwardResult } from '../../layers/standalone.ts';
import type { Given } from '../../ndarray.ts';
import { type Errors, type Fixture, group, relativeError, values } from './fixture.ts';

/** Keys that only tell how the case was drawn. */
const DRAWN = ['kind', 'steps', 'batch', 'initialState', 'weightScale', 'inputScale', 'name', 'seed'];
const COMMON = [...DRAWN, 'cell', 'inputSize', 'hiddenSize'];
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

/** Recurrent layers by the names that fixtures have: those of the classes in lower case. */
const CELLS = new Map(Object.entries(recurrentLayers).map(([name, type]) => [name.toLowerCase(), type]));

/** @throws {FormatError} a name that no recurrent layer has */
export function recurrentLayer(cell: unknown) {
  const found = CELLS.get(cell as string);
  if (!found) throw new FormatError(`option cell = ${JSON.stringify(cell)} is not known`);
  return found;
}

function makeLayer(config: Readonly<Record<string, unknown>>): AnyRecurrent {
  const { cell, inputSize, hiddenSize } = config;
  const Layer = recurrentLayer(cell);
  const own = Object.entries(config).filter(
    ([key, value]) => !COMMON.includes(key) && DEFAULTS[key] !== value,
  );
  try {
    return new Layer(inputSize as number, hiddenSize as number, Object.fromEntries(own));
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const option = own.find(([key]) => error.argument.endsWith(`: ${key}`));
    if (!option) throw new FormatError(`fixture: ${error.message}`, { cause: error });
    throw new FormatError(`option ${option[0]} = ${JSON.stringify(option[1])} is not known`);
  }
}
