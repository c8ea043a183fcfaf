import { loadAmp } from '../../src/amp/index.ts';
import { readFixtureFile } from '../fixtures/read.ts';
import type { Broken, HostileFormat } from './format.ts';
import { manyValues } from './json.ts';
import { type Given, utf8 } from './mutate.ts';

// biome-ignore lint/suspicious/noExplicitAny: files
type Files = Record<string, { readonly file: any }>;
const cases = JSON.parse(new TextDecoder().decode(await readFixtureFile('amp/expected.json'))) as Files;

const text = (value: unknown) => utf8(JSON.stringify(value));

/** A case in which something is changed. */
function broken(name: string, change: (file: Files[string]['file']) => void): Uint8Array {
  const file = structuredClone(cases[name]!.file);
  change(file);
  return text(file);
}

/** A Linear behind all others, for more features than they give. */
function wider(file: object): object {
  const size = 1 + Object.keys(file).length;
  return { 'z.weight': [Array(size).fill(1)], 'z.bias': [1] };
}

/** Each rule broken once. */
const BROKEN_AMP: readonly Broken[] = [
  [
    '20,000 layers',
    broken(
      'rtneural',
      (f) => void (f.layers = Array(20_000).fill({ type: 'activation', activation: 'tanh', shape: [1] })),
    ),
    /20000 layers/,
  ],
  ['200,000 names', utf8(`[${'{"a":1},'.repeat(2e5)}1]`), /amp: .* or too many/],
  ['not JSON', utf8('{"layers": ['), /not JSON/],
  ['a list', text([]), /object/],
  ['nothing', text({}), /NAM, GuitarML, RTNeural/],
  ['deep nesting', utf8(`{"layers": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`), /more than 200 lists/],
  ['a WaveNet', broken('nam', (f) => void (f.architecture = 'WaveNet')), /WaveNet/],
  ['a weight too few', broken('nam', (f) => void f.weights.pop()), /weights: expected/],
  ['a size that lies', broken('nam', (f) => void (f.config.hidden_size = 1e9)), /weights: expected/],
  ['a size of 0', broken('nam', (f) => void (f.config.hidden_size = 0)), /hidden_size/],
  ['a text among the weights', broken('nam', (f) => void (f.weights[3] = '1')), /element 3/],
  ['a number beyond float32', broken('nam', (f) => void (f.weights[3] = 1e39)), /element 3/],
  ['another model', broken('guitarml', (f) => void (f.model_data.model = 'ConvNet')), /ConvNet/],
  ['an input size that lies', broken('guitarml', (f) => void (f.model_data.input_size = 2)), /input_size/],
  [
    'a tensor too few',
    broken('guitarml', (f) => void delete f.state_dict['rec.bias_hh_l0']),
    /bias_hh|layer/,
  ],
  [
    'a ragged matrix',
    broken('guitarml', (f) => void f.state_dict['rec.weight_ih_l0'][2].push(1)),
    /weight_ih/,
  ],
  [
    'a first row that lies for all rows',
    broken(
      'guitarml',
      (f) => void (f.state_dict['rec.weight_ih_l0'] = [Array(60_000).fill(0), ...Array(60_000).fill(0)]),
    ),
    /lists of different lengths/,
  ],
  ['a skip that does not fit', broken('guitarml', (f) => void (f.model_data.skip = 2)), /skip/],
  ['a skip that is text', broken('guitarml', (f) => void (f.model_data.skip = '1')), /skip: .*got "1"/],
  [
    'three lists of a normalization',
    broken('rtneural', (f) => void f.layers[2].weights.pop()),
    /2 or 4 lists, got 3/,
  ],
  [
    'no lists of a normalization',
    broken('rtneural', (f) => void (f.layers[2].weights = [])),
    /2 or 4 lists, got 0/,
  ],
  ['an epsilon below 0', broken('rtneural', (f) => void (f.layers[2].epsilon = -1)), /epsilon: .*got -1/],
  ['an unknown layer', broken('rtneural', (f) => void (f.layers[1].type = 'conv2d')), /conv2d/],
  [
    'an activation that is none',
    broken('rtneural', (f) => void (f.layers[0].activation = 'no')),
    /activation/,
  ],
  ['a shape that lies', broken('rtneural', (f) => void (f.layers[3].shape[2] = 4)), /layers\[3\]/],
  ['groups that divide nothing', broken('rtneural', (f) => void (f.layers[1].groups = 3)), /groups/],
  ['a config that is a list', broken('nam', (f) => void (f.config = [])), /config: expected an object/],
  ['a state dict that is a list', broken('guitarml', (f) => void (f.state_dict = [])), /state_dict/],
  [
    'a tensor that is a number',
    broken('guitarml', (f) => void (f.state_dict['rec.bias_hh_l0'] = 1)),
    /bias_hh/,
  ],
  [
    'a tensor of four dimensions',
    broken('guitarml', (f) => void (f.state_dict['rec.bias_hh_l0'] = [[[[1]]]])),
    /more than 3 levels/,
  ],
  [
    'a layer that is a text',
    broken('rtneural', (f) => void (f.layers[1] = 'lstm')),
    /layers\[1\]: expected an object/,
  ],
  [
    'an activation without a kind',
    broken(
      'rtneural',
      (f) => void (f.layers[1] = { type: 'activation', activation: '', shape: f.layers[0].shape }),
    ),
    /activation: expected one of/,
  ],
  ['layers that do not follow', broken('dict', (f) => void Object.assign(f, wider(f))), /features, after/],
  [
    'a convolution',
    text({ ...cases.dict!.file, 'conv.weight': [[[1]]], 'conv.bias': [1] }),
    /conv: a Conv1d/,
  ],
  ['a tensor of no layer', text({ ...cases.dict!.file, extra: [1] }), /of no layer/],
  ['no layers', broken('rtneural', (f) => void (f.layers = [])), /layers/],
  ['no input shape', broken('rtneural', (f) => void delete f.in_shape), /in_shape/],
];

function* largeAmp(): Iterable<readonly [string, Given]> {
  for (const [what, json] of manyValues()) yield [what, utf8(`{"a":${json}}`)];
  for (const open of ['[', '{"a":', '{"weights":[']) yield [`a million ${open}`, utf8(open.repeat(1e6))];
  for (const depth of [100, 5000, 200_000])
    yield [
      `weights ${depth} deep`,
      utf8(
        JSON.stringify(cases.nam!.file).replace(
          '"weights":[',
          `"weights":${'['.repeat(depth)}1${']'.repeat(depth)},"more":[`,
        ),
      ),
    ];
  yield [
    'metadata 5,000 deep',
    utf8(
      JSON.stringify(cases.nam!.file).replace(
        '{',
        `{"metadata":${'{"a":'.repeat(5000)}1${'}'.repeat(5000)},`,
      ),
    ),
  ];
  yield ['a million numbers', broken('nam', (f) => void (f.weights = Array(1e6).fill(0.5)))];
  yield ['100,000 stacked layers', broken('nam', (f) => void (f.config.num_layers = 1e5))];
  const layer = cases.rtneural!.file.layers.find(({ type }: { type: string }) => type === 'activation') ?? {
    type: 'activation',
    activation: 'tanh',
    shape: [null, null, 1],
    weights: [],
  };
  for (const count of [1000, 20_000]) {
    const shape = cases.rtneural!.file.in_shape;
    yield [`${count} layers`, text({ in_shape: shape, layers: Array(count).fill({ ...layer, shape }) })];
  }
  yield [
    'layers of 10^9 features',
    broken(
      'rtneural',
      (f) => void f.layers.forEach((one: { shape: number[] }) => void (one.shape = [1, 1, 1e9])),
    ),
  ];
  yield ['an input of 2^53 - 1 features', broken('rtneural', (f) => void (f.in_shape[2] = 2 ** 53 - 1))];
  yield ['10^9 skipped channels', broken('guitarml', (f) => void (f.model_data.skip = 1e9))];
}

export const amp: HostileFormat = {
  name: 'amp',
  read: (given) => loadAmp(given as Uint8Array).dispose(),
  samples: async () => samplesOf((name) => name !== 'nam'),
  broken: BROKEN_AMP,
  large: largeAmp,
};

export const nam: HostileFormat = {
  ...amp,
  name: 'nam',
  samples: async () => samplesOf((name) => name === 'nam'),
};

function samplesOf(isOwn: (name: string) => boolean): Given[] {
  return Object.entries(cases).flatMap(([name, { file }]) => (isOwn(name) ? [text(file)] : []));
}
