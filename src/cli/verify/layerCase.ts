import { ArgumentError, FormatError } from '../../errors.ts';
import * as recurrentLayers from '../../layers/recurrentLayers.ts';
import type { Standalone } from '../../layers/standalone.ts';
import type { Given, NDArray } from '../../ndarray.ts';
import { type Errors, type Fixture, group, relativeError, values } from './fixture.ts';

/** Keys that only describe how the case was generated. */
const DRAWN = ['kind', 'steps', 'batch', 'initialState', 'weightScale', 'inputScale', 'name', 'seed'];
const COMMON = [...DRAWN, 'cell', 'inputSize', 'hiddenSize'];
/** Options with the values that every layer has by default. */
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
  const names = Object.keys(layer.cell.states);
  const ofStates = (argument: '0' | 'N', tensorName: (state: string) => string) =>
    Object.fromEntries(names.map((name) => [name + argument, tensor(tensorName(name))]));
  const states = { ...given(ofStates('0', (name) => `${name}_0`)), ...lengths };
  const upstream = given({
    output: tensor('grad_out.output'),
    ...ofStates('N', (name) => `grad_out.${name}_n`),
  });
  const input = tensor('input')!;
  const inference = layer.forward(input, states);
  const training = layer.forward(input, { ...states, training: true });
  const back = layer.backward(upstream);

  const found = (result: object, key: string) => (result as Record<string, NDArray | undefined>)[key]?.data;
  const outputs = [inference, training].flatMap((result) => [
    relativeError(result.output.data, values(fixture, 'expect.output')),
    ...names.map((name) => relativeError(found(result, `${name}N`), values(fixture, `expect.${name}_n`))),
  ]);
  const got: Record<string, ArrayLike<number> | undefined> = {
    input: back.input.data,
    ...Object.fromEntries(
      names.flatMap((name) => {
        const data = found(back, `${name}0`);
        return data ? [[`${name}_0`, data]] : [];
      }),
    ),
    ...Object.fromEntries(Object.entries(layer.gradients()).map(([name, { data }]) => [name, data])),
  };
  const compared = new Set([...group(fixture, 'grad.').map(([name]) => name), ...Object.keys(got)]);
  const gradients = [...compared].map((name) => relativeError(got[name], values(fixture, `grad.${name}`)));
  return { output: Math.max(...outputs), gradient: Math.max(...gradients) };
}

/** Recurrent layers by their fixture names: the class names in lower case. */
const CELLS = new Map(Object.entries(recurrentLayers).map(([name, type]) => [name.toLowerCase(), type]));

/** @throws {FormatError} if no recurrent layer has this name */
export function recurrentLayer(cell: unknown) {
  const found = CELLS.get(cell as string);
  if (!found) throw new FormatError(`unknown option cell = ${JSON.stringify(cell)}`);
  return found;
}

function makeLayer(config: Readonly<Record<string, unknown>>): Standalone {
  const { cell, inputSize, hiddenSize } = config;
  const Layer = recurrentLayer(cell);
  const own = Object.entries(config).filter(
    ([key, value]) => !COMMON.includes(key) && DEFAULTS[key] !== value,
  );
  try {
    return new (Layer as typeof recurrentLayers.LSTM)(
      inputSize as number,
      hiddenSize as number,
      Object.fromEntries(own),
    );
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const option = own.find(([key]) => error.argument.endsWith(`: ${key}`));
    if (!option) throw new FormatError(`fixture: ${error.message}`, { cause: error });
    throw new FormatError(`unknown option ${option[0]} = ${JSON.stringify(option[1])}`);
  }
}
