import { zipSync } from 'fflate';
import { inflate } from '../../src/formats/zip/inflate.ts';
import { readZip } from '../../src/formats/zip/zip.ts';
import { kerasCases } from '../fixtures/keras/read.ts';
import { load, read } from '../keras/atOnce.ts';
import type { Broken, HostileFormat } from './format.ts';
import { manyValues } from './json.ts';
import { type Given, patched, placeOf, utf8 } from './mutate.ts';

const CASES = await kerasCases();

/** A file of the grid. */
export function file(name: string): Uint8Array {
  return CASES.find((each) => each.name === name)!.file;
}

/** The members of a .keras file. */
function membersOf(name: string): Record<string, Uint8Array> {
  const members = readZip(file(name), { format: 'keras', inflate });
  return Object.fromEntries([...members].map(([member, { read }]) => [member, read()]));
}

const LSTM = membersOf('LSTM-last.keras');
export const WEIGHTS = LSTM['model.weights.h5']!;
const BY_LAYER = file('SimpleRNN-sequences-h5.h5');
const TEXT = new TextDecoder().decode(LSTM['config.json']);
export const CONFIG = JSON.parse(TEXT);

/** Files with a config of one's own. */
export function withConfig(config: unknown): Record<string, Uint8Array> {
  return {
    'config.json': utf8(typeof config === 'string' ? config : JSON.stringify(config)),
    'model.weights.h5': WEIGHTS,
  };
}

/** A model of one layer `it`. */
export function sequential(
  className: string,
  config: object,
  shape: readonly (number | null)[] = [null, 6, 3],
): Record<string, Uint8Array> {
  return withConfig({
    class_name: 'Sequential',
    config: {
      layers: [{ class_name: className, config: { name: 'it', batch_input_shape: shape, ...config } }],
    },
  });
}

/** An archive whose config.json is so many zeros. */
export function archiveOf(size: number): Uint8Array {
  return zipSync({ 'config.json': new Uint8Array(size), 'model.weights.h5': WEIGHTS }, { level: 1 });
}

const BROKEN_FILES: readonly (readonly [what: string, given: Given])[] = [
  ['no file', new Uint8Array(0)],
  ['another file', utf8('PNG')],
  ['an archive without weights', zipSync({ 'config.json': utf8('{}') })],
  ['a config that is no model', withConfig({ a: 1 })],
  ['a list', withConfig('[]')],
  ['text that is no JSON', withConfig('{"class_name": ')],
  ['lists within lists', withConfig(`{"class_name":${'['.repeat(1e6)}${']'.repeat(1e6)}}`)],
  ['weights only', { 'model.weights.h5': WEIGHTS }],
  ['an architecture only', { 'config.json': LSTM['config.json']! }],
];

const BROKEN_LAYERS: readonly (readonly [className: string, config: object, words: RegExp])[] = [
  ['Lambda', {}, /layer it \(Lambda\): it is Python code/],
  ['Conv2D', {}, /layer it \(Conv2D\).*not supported/],
  ['Dense', { units: 0 }, /layer it \(Dense\): units 0/],
  ['Dense', { units: 2, activation: 'squareplus' }, /activation "squareplus"/],
  ['LSTM', { units: 4, time_major: true }, /time_major true/],
  ['LSTM', { units: 4, dropout: 2 }, /dropout 2/],
  ['LSTM', { output_dim: 2 }, /units missing/],
  [
    'Bidirectional',
    { merge_mode: 'max', layer: { class_name: 'GRU', config: { units: 2 } } },
    /merge_mode "max"/,
  ],
  ['BatchNormalization', { axis: [1, 2] }, /axis \[1,2\]/],
  ['Softmax', { axis: 0 }, /axis 0/],
  ['Permute', { dims: [1, 1] }, /dims \[1,1\]/],
  ['PReLU', { shared_axes: [3] }, /axis 3/],
  ['EinsumDense', { equation: 'abc,cde->abde', output_shape: [4, 2, 3] }, /equation "abc,cde->abde"/],
  ['EinsumDense', { equation: 'abc,cd->abd', output_shape: [4, 2], bias_axes: 'bd' }, /bias_axes "bd"/],
  ['Conv1D', { filters: 2, kernel_size: 2, padding: 'full' }, /padding "full"/],
  ['Conv1D', { filters: 2, kernel_size: 2, data_format: 'channels_first' }, /data_format/],
  ['Reshape', { target_shape: [2, 3, 4] }, /shape \[2,3,4\] of 18 values/],
  ['TimeDistributed', { layer: { class_name: 'LSTM', config: { units: 2 } } }, /input is not a sequence/],
  ['TimeDistributed', { layer: { class_name: 'Lambda', config: {} } }, /it is Python code/],
  ['RNN', { cell: { class_name: 'ConvLSTMCell', config: { units: 2 } } }, /class ConvLSTMCell/],
  ['Operation', { operation: 'fft', calls: [] }, /operation fft/],
];

const BROKEN_OPERATIONS: readonly (readonly [config: object, words: RegExp])[] = [
  [
    { operation: 'GetItem', calls: [{ args: [{ tensor: 0 }, [0, 1, 2, 3, 4, '...']] }] },
    /argument key \[0,1,2,3,4/,
  ],
  [
    { operation: 'GetItem', calls: [{ args: [{ tensor: 0 }, [{}, { start: 4, stop: 2 }]] }] },
    /slice is empty/,
  ],
  [{ operation: 'GetItem', calls: [{ args: [{ tensor: 0 }, [0]] }] }, /slice of the batch/],
  [
    { operation: 'Split', calls: [{ args: [{ tensor: 0 }, 1e9, -1] }] },
    /argument indices_or_sections 1000000000/,
  ],
  [
    { operation: 'Split', calls: [{ args: [{ tensor: 0 }, [2, 1], -1] }] },
    /argument indices_or_sections \[2,1\]/,
  ],
  [{ operation: 'Stack', calls: [{ args: [[]] }] }, /axis 0 of/],
  [{ operation: 'Transpose', calls: [{ args: [{ tensor: 0 }, [0, 1, 1]] }] }, /argument axes \[0,1,1\]/],
  [{ operation: 'Repeat', calls: [{ args: [{ tensor: 0 }, -1, 1] }] }, /argument repeats -1/],
  [{ operation: 'Sum', calls: [{ args: [{ tensor: 0 }, 7] }] }, /axis 7/],
  [{ operation: 'Multiply', calls: [{ args: null, kwargs: 5 }] }, /argument x1/],
];

/** A layer of a functional model with its calls. */
const layer = (name: string, inbound_nodes: unknown, className = 'ReLU') => ({
  class_name: className,
  name,
  config: { name, batch_input_shape: [null, 3, 4] },
  inbound_nodes,
});

const INPUT = layer('x', [], 'InputLayer');
const CALLED = layer('b', [[['x', 0, 0, {}]]]);

/** A functional model of Keras 3. */
function functional(layers: readonly object[], output_layers: unknown = [['b', 0, 0]]): Given {
  const config = { layers, input_layers: [['x', 0, 0]], output_layers };
  return withConfig({ module: 'keras', class_name: 'Functional', config });
}

/** Two layers each of which depends on the other. */
export function circle(): Given {
  return functional([INPUT, layer('a', [[['b', 0, 0, {}]]]), layer('b', [[['a', 0, 0, {}]]])]);
}

/** A layer of Keras 3 that is called with a tensor that it describes so. */
const calledWith = (config: unknown) =>
  functional([INPUT, layer('b', [{ args: [{ class_name: '__keras_tensor__', config }], kwargs: {} }])]);

/** A value within objects that `wrap` makes, or lists. */
function within(depth: number, value: unknown, wrap: (inner: unknown) => unknown = (inner) => [inner]) {
  let inner = value;
  for (let i = 0; i < depth; i++) inner = wrap(inner);
  return inner;
}

/** Graphs, and files of weights by layer. */
const BROKEN_MORE: readonly Broken[] = [
  ['a config of 8 MiB in a small archive', archiveOf(2 ** 23), /8388608 bytes are too many for an archive/],
  ['200,000 lists', withConfig(`{"a":[${'[],'.repeat(2e5)}1]}`), /config.json: .* or too many/],
  ['a tensor without a history', calledWith({}), /layer b: keras_history: expected .*, got \[null\]/],
  [
    'a history of a layer that is not there',
    calledWith({ keras_history: ['q', 0, 0] }),
    /layer b: keras_history: exp/,
  ],
  [
    'an output that is a number',
    functional([INPUT, CALLED], { y: 5 }),
    /expected \[layer, call, output\], got \[5/,
  ],
  [
    'an output that is nothing',
    functional([INPUT, CALLED], { y: null }),
    /expected \[layer, call, output\], got \[null/,
  ],
  [
    'outputs by name within a list',
    functional([INPUT, CALLED], { y: [5] }),
    /expected \[layer, call, output\], got \[5/,
  ],
  [
    'layers within layers',
    withConfig(within(65, {}, (inner) => ({ class_name: 'Bidirectional', config: { layer: inner } }))),
    /nested too deep/,
  ],
  [
    'arguments of Keras 3 within arguments',
    functional([INPUT, layer('b', [{ args: within(65, 1), kwargs: {} }])]),
    /arguments are nested too deep/,
  ],
  [
    'arguments of Keras 2 within arguments',
    functional([INPUT, layer('b', [[['x', 0, 0, { y: within(65, 1) }]]])]),
    /arguments are nested too deep/,
  ],
  [
    'a weight that is not in the file',
    patched(BY_LAYER, placeOf(BY_LAYER, 'simple_rnn_cell/kernel') + 'simple_rnn_cell/'.length, 0x4b),
    /weight .*\/Kernel is not in the file/,
  ],
  [
    'names of layers that are integers',
    // the type behind the name of the attribute, padded to 16 bytes: int32
    patched(BY_LAYER, placeOf(BY_LAYER, 'layer_names') + 16, 0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0),
    /attribute layer_names of \/model_weights: expected text/,
  ],
];

/** Models in models, each called ten times. */
export function modelsInModels(depth: number): Given {
  const input = {
    class_name: 'InputLayer',
    name: 'x',
    config: { name: 'x', batch_input_shape: [null, 3, 4] },
    inbound_nodes: [],
  };
  let model: object = { class_name: 'ReLU', config: { name: 'm' } };
  for (let i = 0; i < depth; i++) {
    const call = (from: string, index = 0) => [[from, index, 0, {}]];
    const nodes = [call('x'), ...Array.from({ length: 9 }, (_, k) => call('m', k))];
    const layers = [input, { ...model, name: 'm', inbound_nodes: nodes }];
    const config = { name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [['m', 9, 0]] };
    model = { class_name: 'Functional', config };
  }
  return withConfig(model);
}

/** Layers one after the other. */
export function chain(count: number): Given {
  const layers = Array.from({ length: count }, (_, i) => ({
    class_name: 'ReLU',
    config: { name: `r${i}`, ...(i ? {} : { batch_input_shape: [null, 3, 4] }) },
  }));
  return withConfig({ class_name: 'Sequential', config: { layers } });
}

/** Files of HDF5 in which one number of 8 bytes, each in turn, is as large as `bytes` bytes make it. */
function* largeNumbers(name: string): Iterable<readonly [string, Given]> {
  const bytes = file(name);
  for (let at = 0; at < bytes.length; at += 8) {
    for (const width of [1, 3, 7]) {
      const copy = bytes.slice();
      copy.fill(0xff, at, at + width);
      yield [`${name}: ${width} bytes of 255 at ${at}`, copy];
    }
  }
}

function* largeKeras(): Iterable<readonly [string, Given]> {
  for (const size of [2 ** 23, 2 ** 24, 2 ** 26, 2 ** 28]) yield [`${size} zeros`, archiveOf(size)];
  for (const open of ['[', '{"a":']) yield [`a million ${open}`, withConfig(open.repeat(1e6))];
  for (const [what, json] of manyValues()) yield [what, withConfig(`{"a":${json}}`)];
  yield ['sizes of 999999999', withConfig(TEXT.replaceAll(/\d+/g, '999999999'))];
  yield ['a circle', circle()];
  for (const depth of [2, 3, 4, 5, 14]) yield [`10^${depth} calls`, modelsInModels(depth)];
  for (const count of [2_000, 9_999, 100_000]) yield [`${count} layers`, chain(count)];
  yield* largeNumbers('norms-h5.h5');
  yield* largeNumbers('SimpleRNN-sequences-h5.h5');
}

const FILES = [
  ...['functional.keras', 'bidirectional-states.keras', 'LSTM-last.keras'],
  ...['norms-h5.h5', 'conv-lstm-h5.h5', 'nested-h5.h5', 'SimpleRNN-sequences-h5.h5'],
];
const CONFIGS = ['translation.keras', 'conv-more.keras', 'nested.keras', 'attention.keras'];

export const keras: HostileFormat = {
  name: 'keras',
  read: (given) => void read(given),
  use: (given) => load(given).dispose(),
  samples: async () => [...FILES.map(file), ...CONFIGS.map(membersOf)],
  broken: [
    ...BROKEN_FILES.map(([what, given]): Broken => [what, given, /./]),
    ...BROKEN_LAYERS.map(
      ([type, config, words]): Broken => [
        `${type} ${JSON.stringify(config)}`,
        sequential(type, config),
        words,
      ],
    ),
    ...BROKEN_MORE,
    ...BROKEN_OPERATIONS.map(
      ([config, words]): Broken => [JSON.stringify(config), sequential('Operation', config), words],
    ),
  ],
  large: largeKeras,
};
