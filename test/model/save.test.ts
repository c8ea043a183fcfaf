import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { parseSafetensors, serializeSafetensors, type TensorInput } from '../../src/io/index.ts';
import { expectThrows, expectWords, type Words } from '../errors.ts';
import { Draw, expectSameArray, expectSameDict, thrown } from './helpers.ts';

beforeAll(() => u.init());

const everyLayer = (): u.Layer[] => [
  new u.Embedding(7, 5),
  new u.Dropout(0.25),
  new u.LSTM(5, 6, { numLayers: 2, forgetBias: 1 }),
  new u.GRU(6, 4, { bias: false }),
  new u.RNN(4, 3, { nonlinearity: 'relu' }),
  new u.Linear(3, 7, { bias: false }),
];

function small(): u.Sequential {
  return new u.Sequential([new u.Embedding(5, 3), new u.LSTM(3, 4), new u.Linear(4, 5)], { seed: 6 });
}

interface File {
  tensors: Map<string, TensorInput>;
  description: Record<string, unknown>;
}

/** The file of `small`, changed. */
function changed(change: (file: File) => unknown): Uint8Array {
  const { tensors, metadata } = parseSafetensors(small().save());
  const file: File = { tensors: new Map(tensors), description: JSON.parse(metadata.unrolled!) };
  const text = change(file);
  const unrolled = typeof text === 'string' ? text : JSON.stringify(file.description);
  return serializeSafetensors([...file.tensors], { unrolled });
}

/** The file with the description of one layer changed. */
function layer(index: number, change: object): Uint8Array {
  return changed(({ description }) => {
    Object.assign((description.layers as object[])[index]!, change);
  });
}

describe('Sequential.load(model.save())', () => {
  test('has the layers, the parameters and the outputs, to the bit', () => {
    const model = new u.Sequential(everyLayer(), { seed: 5 });
    const loaded = u.Sequential.load(model.save());
    expect(loaded.layers.map((l) => [l.type, l.config()])).toEqual(
      model.layers.map((l) => [l.type, l.config()]),
    );
    expectSameDict(loaded.stateDict(), model.stateDict());
    const x = new Draw(1).indices(7, 9, 3);
    expectSameArray(loaded.forward(x), model.forward(x), 'output');
    expect(loaded.save()).toEqual(model.save());
  });

  test('draws the dropout masks the model would have drawn', () => {
    const model = new u.Sequential(everyLayer(), { seed: 5 });
    const x = new Draw(1).indices(7, 9, 3);
    model.forward(x, { training: true });
    const loaded = u.Sequential.load(model.save());
    expectSameArray(loaded.forward(x, { training: true }), model.forward(x, { training: true }), 'output');
  });

  test('from an ArrayBuffer, and from a view into one', () => {
    const bytes = small().save();
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    for (const given of [bytes.buffer, shifted.subarray(3)]) {
      expectSameDict(u.Sequential.load(given).stateDict(), small().stateDict());
    }
  });

  test('tensors have the names of torch.nn.Sequential', () => {
    const { tensors } = parseSafetensors(new u.Sequential(everyLayer()).save());
    expect([...tensors.keys()].sort()).toEqual(
      [
        '0.weight',
        ...[0, 1].flatMap((k) => ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((n) => `2.${n}_l${k}`)),
        ...['3.weight_ih_l0', '3.weight_hh_l0'],
        ...['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((n) => `4.${n}_l0`),
        '5.weight',
      ].sort(),
    );
    expect(tensors.get('2.weight_ih_l1')).toMatchObject({ dtype: 'F32', shape: [24, 6] });
  });

  test('metadata are kept by load, and saved again', () => {
    const saved = small().save({ corpus: 'moby dick' });
    const model = u.Sequential.load(saved);
    expect(model.metadata).toEqual({ corpus: 'moby dick' });
    model.metadata = { ...model.metadata, vocabulary: 'abc' };
    const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.AdamW() });
    const again = u.Sequential.load(trainer.save({ corpus: 'other' }));
    expect(again.metadata).toEqual({ corpus: 'other', vocabulary: 'abc' });
    expect(parseSafetensors(again.save()).metadata).toMatchObject(again.metadata);
    expectThrows(() => Object.assign(again, { metadata: { n: 3 } }).save(), ['metadata.n', '3']);
  });

  test('metadata go along', () => {
    const { metadata } = parseSafetensors(small().save({ corpus: 'moby dick' }));
    expect(metadata.corpus).toBe('moby dick');
    expect(thrown(() => small().save({ n: 3 } as never))).toBeInstanceOf(u.ArgumentError);
    expectThrows(() => small().save({ n: 3 } as never), ['metadata.n', '3']);
    expectThrows(() => small().save({ unrolled: '' }), ['metadata', 'unrolled']);
    for (const given of [null, 5, 'x', ['a']])
      expectThrows(() => small().save(given as never), ['metadata', 'an object', JSON.stringify(given)]);
  });

  test.each([null, 5, ['a']])('layers: %j is refused', (layers) => {
    expectThrows(
      () => u.Sequential.load(small().save(), { layers } as never),
      ['layers', 'an object', JSON.stringify(layers)],
    );
  });
});

describe('a model file is refused with a FormatError', () => {
  test.each<[string, () => Uint8Array, Words]>([
    ['no file', () => new Uint8Array(), ['shorter']],
    ['cut off', () => small().save().slice(0, -1), ['2.weight', 'data_offsets']],
    ['no numbers at all', () => changed(({ tensors }) => tensors.clear()), ['tensor', '0.weight']],
    [
      'a missing tensor',
      () => changed(({ tensors }) => tensors.delete('1.bias_hh_l0')),
      ['tensor', '1.bias_hh_l0'],
    ],
    [
      'an extra tensor',
      () => changed(({ tensors }) => tensors.set('3.weight', { shape: [1], data: new Float32Array(1) })),
      ['extra', 'tensor', '3.weight'],
    ],
    [
      'an optimizer’s tensor without an optimizer',
      () => changed(({ tensors }) => tensors.set('optimizer.x', { shape: [1], data: new Float32Array(1) })),
      ['extra', 'tensor', 'optimizer.x'],
    ],
    [
      'a wrong shape of as many numbers',
      () => changed(({ tensors }) => tensors.set('0.weight', { shape: [3, 5], data: new Float32Array(15) })),
      ['0.weight', '[5, 3]', '[3, 5]'],
    ],
    [
      'a wrong rank',
      () => changed(({ tensors }) => tensors.set('0.weight', { shape: [15], data: new Float32Array(15) })),
      ['0.weight', '[5, 3]', '[15]'],
    ],
    ['an unknown layer', () => layer(0, { type: 'Conv7d' }), ['"Conv7d"']],
    ['a layer named as an inherited property', () => layer(0, { type: 'constructor' }), ['"constructor"']],
    ['a layer without a type', () => layer(0, { type: null }), ['null']],
    [
      'a layer that is no object',
      () => changed(({ description: d }) => void (d.layers = [3])),
      ['undefined'],
    ],
    ['another kind of layer', () => layer(1, { type: 'GRU' }), ['1.weight_ih_l0', '[12, 3]', '[16, 3]']],
    ['1e9 hidden units', () => layer(1, { hiddenSize: 1e9 }), ['[4000000000, 3]', '[16, 3]']],
    ['1e9 stacked layers', () => layer(1, { numLayers: 1e9 }), ['LSTM', '1000000000']],
    ['1e15 embeddings', () => layer(0, { numEmbeddings: 1e15 }), ['0.weight', '[1000000000000000, 3]']],
    ['a size as text', () => layer(1, { hiddenSize: '4' }), ['hiddenSize', '"4"']],
    ['a size below 1', () => layer(2, { outFeatures: 0 }), ['outFeatures', '0']],
    ['an unknown option', () => layer(1, { projectionSize: 2 }), ['projectionSize', 'LSTM']],
    ['an unknown option of Embedding', () => layer(0, { paddingIdx: 2 }), ['Embedding', 'paddingIdx']],
    ['an initialiser that is none', () => layer(1, { init: { weight_ih: 3 } }), ['init.weight_ih']],
    ['layers that do not fit', () => layer(2, { inFeatures: 5 }), ['2.weight', '[5, 5]']],
    ['no layers', () => changed(({ description: d }) => void (d.layers = [])), ['list']],
    ['layers that are no list', () => changed(({ description: d }) => void (d.layers = {})), ['layers']],
    ['another version', () => changed(({ description: d }) => void (d.version = 9)), ['9', 'later']],
    ['no version', () => changed(({ description: d }) => void delete d.version), ['undefined']],
    ['bad JSON', () => changed(() => '{"version":1,'), ['JSON']],
    ['JSON of nothing', () => changed(() => 'null'), ['undefined']],
    ['no generator', () => changed(({ description: d }) => void delete d.generator), ['generator state']],
    [
      'a generator that stands still',
      () => changed(({ description: d }) => void (d.generator = [0, 0, 0, 0])),
      ['generator state', '32-bit', '0'],
    ],
    [
      'no description',
      () => serializeSafetensors([...parseSafetensors(small().save()).tensors]),
      ['unrolled'],
    ],
  ])('%s', (_, make, message) => {
    const model = small();
    const before = model.save();
    const error = thrown(() => u.Sequential.load(make()));
    expect(error).toBeInstanceOf(u.FormatError);
    expectWords(error, message);
    expect(model.save()).toEqual(before);
  });

  test('a tensor that claims numbers the file does not have', () => {
    const bytes = small().save();
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = new TextDecoder().decode(bytes.subarray(8, 8 + length));
    // as long as before, so that offsets stay
    const claimed = header.replace('"shape":[5,3]', '"shape":[9,9]');
    expect(claimed.length).toBe(header.length);
    expect(claimed).not.toBe(header);
    bytes.set(new TextEncoder().encode(claimed), 8);
    expect(thrown(() => u.Sequential.load(bytes))).toBeInstanceOf(u.FormatError);
  });

  test.each([undefined, 'model', 3, new Float32Array(3)])('%o is no file', (given) => {
    expect(thrown(() => u.Sequential.load(given as never))).toBeInstanceOf(u.ArgumentError);
  });
});
