import type { Structure } from '../../model/graph/structure.ts';
import { CliError } from '../failure.ts';
import { type LayerConfig, moduleOf, nameOf, python, tiesOf } from './modules.ts';

/** Functions for states, which are vectors in a graph. */
export const STATES = `
def to_states(vector, size):
    """[B, layers * size], one stacked layer after the other, as [layers, B, size]."""
    return vector.unflatten(1, (-1, size)).swapaxes(0, 1).contiguous()


def to_vector(states):
    return states.swapaxes(0, 1).flatten(1)

`;

/** Layers with several inputs, as expressions of Python. */
const JOINS: Readonly<Record<string, (inputs: readonly string[], config: LayerConfig) => string>> = {
  Add: (inputs) => inputs.join(' + '),
  Multiply: (inputs) => inputs.join(' * '),
  Concat: (inputs) => `torch.cat((${inputs.join(', ')}), -1)`,
  RepeatVector: ([vector, like], { n }) => `${vector}.expand(${n ?? `len(${like})`}, *${vector}.shape)`,
};
const RECURRENT = new Set(['LSTM', 'GRU', 'RNN']);

/**
 * The lines of a class of PyTorch that runs a graph of layers in order.
 * @throws {CliError} if torch.nn has none for a layer or its options, or an input excludes steps by value
 */
export function graphModule(layers: readonly LayerConfig[], graph: Structure): string[] {
  const { inputs, uses, outputs } = graph;
  const masked = inputs.find(({ maskValue }) => maskValue !== undefined);
  if (masked) throw new CliError(`input ${masked.name ?? ''}: PyTorch's layers have no maskValue`);
  const modules = layers.flatMap((layer, i) =>
    Object.hasOwn(JOINS, layer.type) ? [] : [[nameOf(layer, i), moduleOf(layer, i, layers)] as const],
  );
  const written = (reference: Structure['outputs'][0]['of']): string => {
    if (typeof reference === 'number') return `x${reference}`;
    const [use, state] = reference;
    return state === undefined ? `y${use}` : `to_vector(${state}${use})`;
  };
  const single = inputs.length === 1 && inputs[0]!.name === undefined;
  const lines = inputs.map(({ name }, i) => `x${i} = inputs${single ? '' : `[${python(name)}]`}`);
  for (const [u, { layer: place, inputs: from, initial = {} }] of uses.entries()) {
    const layer = layers[place]!;
    const call = `layers[${python(nameOf(layer, place))}]`;
    const given = from.map(written);
    if (Object.hasOwn(JOINS, layer.type)) lines.push(`y${u} = ${JOINS[layer.type]!(given, layer)}`);
    else if (!RECURRENT.has(layer.type)) lines.push(`y${u} = ${call}(${given[0]})`);
    else {
      const states = layer.type === 'LSTM' ? ['h', 'c'] : ['h'];
      const starts = states.map(
        (name) => initial[name] && `to_states(${written(initial[name])}, ${layer.hiddenSize})`,
      );
      const one = starts.find(Boolean);
      const start = starts.map((state) => state ?? `torch.zeros_like(${one})`).join(', ');
      const arg = one === undefined ? '' : `, ${states.length > 1 ? `(${start})` : start}`;
      const ends = states.map((name) => `${name}${u}`).join(', ');
      lines.push(`y${u}, ${states.length > 1 ? `(${ends})` : ends} = ${call}(${given[0]}${arg})`);
    }
  }
  const shapes = inputs.map(({ name, indices, features, steps }) => {
    const sizes = [...(steps ? ['T'] : []), 'B', ...(features === undefined ? [] : [features])].join(', ');
    return `${name ?? 'inputs'} [${sizes}]${indices === undefined ? '' : ` indices below ${indices}`}`;
  });
  const results = outputs.map(({ name, of }) =>
    name === undefined ? written(of) : `${python(name)}: ${written(of)}`,
  );
  const isNamed = outputs[0]!.name !== undefined;
  return [
    'class Model(nn.Module):',
    '    """Parameters are named as in the file."""\n',
    '    def __init__(self):',
    '        super().__init__()',
    ...modules.map(([name, module]) => `        self.add_module(${python(name)}, ${module})`),
    ...tiesOf(layers),
    '',
    '    def forward(self, inputs):',
    `        # ${single ? '' : 'by name: '}${shapes.map((shape) => python(shape).slice(1, -1)).join('; ')}`,
    '        layers = self._modules',
    ...lines.map((line) => `        ${line}`),
    `        return ${isNamed ? `{${results.join(', ')}}` : results[0]}`,
    '',
  ];
}
