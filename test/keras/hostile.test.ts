import { zipSync } from 'fflate';
import { beforeAll, describe, expect, test } from 'vitest';
import { inflate } from '../../src/formats/zip/inflate.ts';
import { readZip } from '../../src/formats/zip/zip.ts';
import { init } from '../../src/index.ts';
import { loadKeras, readKeras } from '../../src/keras/index.ts';
import { kerasCases } from '../fixtures/keras/read.ts';
import { all } from './all.ts';
import { attack, attackJson, attempt, caseOf } from './hostile.ts';

const CASES = await kerasCases();
const utf8 = (text: string) => new TextEncoder().encode(text);

/** The members of a .keras file. */
function membersOf(name: string): Record<string, Uint8Array> {
  const members = readZip(caseOf(CASES, name).file, { format: 'keras', inflate });
  return Object.fromEntries([...members].map(([member, { read }]) => [member, read()]));
}

const LSTM = membersOf('LSTM-last.keras');
const WEIGHTS = LSTM['model.weights.h5']!;
const CONFIG = JSON.parse(new TextDecoder().decode(LSTM['config.json']));

/** Files with a config of one's own. */
const withConfig = (config: unknown) => ({
  'config.json': utf8(typeof config === 'string' ? config : JSON.stringify(config)),
  'model.weights.h5': WEIGHTS,
});

beforeAll(async () => {
  await init({ kernels: 'simd' });
});

describe('damaged files give errors of the package', () => {
  test('mutations of .keras, .h5 and config.json', () => {
    expect(attack('.keras', caseOf(CASES, 'functional.keras').file, 80)).toBeGreaterThan(8);
    expect(attack('.h5', caseOf(CASES, 'norms-h5.h5').file, 80)).toBeGreaterThan(8);
    expect(attackJson('config.json', CONFIG, { 'model.weights.h5': WEIGHTS }, 120)).toBeGreaterThan(8);
  });

  test('a file that is cut off', () => {
    const { file } = caseOf(CASES, 'SimpleRNN-sequences-h5.h5');
    for (let length = 0; length < file.length; length += 97)
      expect(attempt(file.subarray(0, length), false)).toBe('refused');
  });

  test.each([
    ['no file', new Uint8Array(0)],
    ['another file', utf8('PNG')],
    ['an archive without weights', zipSync({ 'config.json': utf8('{}') })],
    ['a config that is no model', withConfig({ a: 1 })],
    ['a list', withConfig('[]')],
    ['text that is no JSON', withConfig('{"class_name": ')],
    ['lists within lists', withConfig(`{"class_name":${'['.repeat(1e6)}${']'.repeat(1e6)}}`)],
    ['weights only', { 'model.weights.h5': WEIGHTS }],
    ['an architecture only', { 'config.json': LSTM['config.json']! }],
  ])('%s', (_, files) => {
    expect(attempt(files, true)).toBe('refused');
  });
});

describe('files that claim more than they have', () => {
  test('a bomb in an archive', () => {
    const bomb = zipSync(
      { 'config.json': new Uint8Array(2 ** 24 + 2 ** 20), 'model.weights.h5': WEIGHTS },
      { level: 1 },
    );
    expect(bomb.length).toBeLessThan(2 ** 18);
    expect(() => readKeras(bomb, all)).toThrow(/keras: file "config.json"/);
    const smaller = zipSync(
      { 'config.json': new Uint8Array(2 ** 23), 'model.weights.h5': WEIGHTS },
      { level: 1 },
    );
    expect(() => readKeras(smaller, all)).toThrow(/config.json: 8388608 bytes are too many/);
  });

  test('layers larger than their weights', () => {
    const text = JSON.stringify(CONFIG)
      .replaceAll('"units": 4', '"units":4')
      .replace('"units":4', '"units":400000000');
    expect(() => loadKeras(withConfig(text), all)).toThrow(/layer lstm.*expected shape/);
  });

  test('a layer that depends on itself', () => {
    const layer = (name: string, from: string, className = 'ReLU') => ({
      class_name: className,
      name,
      config: { name, batch_input_shape: [null, 3, 4] },
      inbound_nodes: from ? [[[from, 0, 0, {}]]] : [],
    });
    const layers = [layer('x', '', 'InputLayer'), layer('a', 'b'), layer('b', 'a')];
    const config = { layers, input_layers: [['x', 0, 0]], output_layers: [['b', 0, 0]] };
    expect(() => loadKeras(withConfig({ class_name: 'Functional', config }), all)).toThrow(
      /depends on itself/,
    );
  });

  test('models in models, each called several times', () => {
    const input = {
      class_name: 'InputLayer',
      name: 'x',
      config: { name: 'x', batch_input_shape: [null, 3, 4] },
      inbound_nodes: [],
    };
    let model: object = { class_name: 'ReLU', config: { name: 'm' } };
    for (let depth = 0; depth < 14; depth++) {
      const call = (from: string, index = 0) => [[from, index, 0, {}]];
      const nodes = [call('x'), ...Array.from({ length: 9 }, (_, i) => call('m', i))];
      const layers = [input, { ...model, name: 'm', inbound_nodes: nodes }];
      const config = { name: 'm', layers, input_layers: [['x', 0, 0]], output_layers: [['m', 9, 0]] };
      model = { class_name: 'Functional', config };
    }
    expect(() => loadKeras(withConfig(model), all)).toThrow(/too many calls|more than/);
  });

  test('two thousand layers one after the other', () => {
    const layers = Array.from({ length: 2_000 }, (_, i) => ({
      class_name: 'ReLU',
      config: { name: `r${i}`, ...(i ? {} : { batch_input_shape: [null, 3, 4] }) },
    }));
    const model = loadKeras(withConfig({ class_name: 'Sequential', config: { layers } }), all);
    expect(model.layers.length).toBe(2_000);
    model.dispose();
  });
});

describe('what is not supported is refused by layer and option', () => {
  const sequential = (className: string, config: object, shape: readonly (number | null)[] = [null, 6, 3]) =>
    withConfig({
      class_name: 'Sequential',
      config: {
        layers: [{ class_name: className, config: { name: 'it', batch_input_shape: shape, ...config } }],
      },
    });

  test.each([
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
    ['Conv1D', { filters: 2, kernel_size: 2, padding: 'full' }, /padding "full"/],
    ['Conv1D', { filters: 2, kernel_size: 2, data_format: 'channels_first' }, /data_format/],
    ['Reshape', { target_shape: [2, 3, 4] }, /shape \[2,3,4\] of 18 values/],
    ['TimeDistributed', { layer: { class_name: 'LSTM', config: { units: 2 } } }, /input is not a sequence/],
    ['TimeDistributed', { layer: { class_name: 'Lambda', config: {} } }, /it is Python code/],
    ['RNN', { cell: { class_name: 'ConvLSTMCell', config: { units: 2 } } }, /class ConvLSTMCell/],
    ['Operation', { operation: 'fft', calls: [] }, /operation fft/],
  ] as const)('%s %j', (className, config, message) => {
    expect(() => readKeras(sequential(className, config), all)).toThrow(message);
  });

  test.each([
    [{ operation: 'GetItem', calls: [{ args: [{ tensor: 0 }, [0, 1, 2, 3, 4, '...']] }] }, /5 indices/],
    [
      { operation: 'GetItem', calls: [{ args: [{ tensor: 0 }, [{}, { start: 4, stop: 2 }]] }] },
      /slice is empty/,
    ],
    [{ operation: 'GetItem', calls: [{ args: [{ tensor: 0 }, [0]] }] }, /slice of the batch/],
    [{ operation: 'Split', calls: [{ args: [{ tensor: 0 }, 1e9] }] }, /parts of these sizes/],
    [{ operation: 'Split', calls: [{ args: [{ tensor: 0 }, [2, 1]] }] }, /parts of these sizes/],
    [{ operation: 'Stack', calls: [{ args: [[]] }] }, /list of tensors/],
    [{ operation: 'Transpose', calls: [{ args: [{ tensor: 0 }, [0, 1, 1]] }] }, /axes in this order/],
    [{ operation: 'Repeat', calls: [{ args: [{ tensor: 0 }, -1, 1] }] }, /repeats -1/],
    [{ operation: 'Sum', calls: [{ args: [{ tensor: 0 }, 7] }] }, /axis 7/],
    [{ operation: 'Multiply', calls: [{ args: null, kwargs: 5 }] }, /neither a tensor nor a number/],
  ])('an operation %j', (config, message) => {
    expect(() => readKeras(sequential('Operation', config), all)).toThrow(message);
  });

  test('an unknown number of steps or features', () => {
    expect(() => readKeras(sequential('Flatten', {}, [null, null, 3]), all)).toThrow(/layer it .*steps/);
    expect(() => readKeras(sequential('ReLU', {}, [null, null, null]), all)).toThrow(/features/);
  });

  test.each([
    [undefined, 'files'],
    [[1, 2], 'files'],
    [{}, 'files'],
    [{ 'a.keras': 'text' }, 'files["a.keras"]'],
  ])('files %j', (files, argument) => {
    expect(() => loadKeras(files as never, all)).toThrow(
      expect.objectContaining({ name: 'ArgumentError', argument }),
    );
  });

  test('an unknown option', () => {
    expect(() => loadKeras(WEIGHTS, { nonsense: 1 } as never)).toThrow(/nonsense/);
  });

  test('weights with a given architecture', () => {
    const model = loadKeras(WEIGHTS, { architecture: CONFIG });
    const { inputs, outputs } = caseOf(CASES, 'LSTM-last.keras');
    const result = model.predict(inputs[0]!) as { data: Float32Array };
    for (const [i, value] of outputs[0]!.data.entries()) expect(result.data[i]).toBeCloseTo(value, 5);
    expect(() => loadKeras(WEIGHTS, { architecture: 5 } as never)).toThrow(
      expect.objectContaining({ argument: 'architecture' }),
    );
  });
});
