import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  argmax,
  batches,
  CharacterVocabulary,
  type Example,
  Lanes,
  Normalizer,
  pad,
  shuffled,
  split,
  WordVocabulary,
  windows,
} from '../../src/data/index.ts';
import { FormatError, ShapeError } from '../../src/errors.ts';
import { expectThrows } from '../errors.ts';

const floatsOf = (...values: number[]) => Float32Array.from(values);

/** What `decode` refuses, and the words of the error. */
const NO_INDICES: readonly (readonly [unknown, ...string[]])[] = [
  [['at'], 'indices[0]', 'at'],
  [['length'], 'indices[0]', 'length'],
  [['0'], 'indices[0]', '0'],
  [[0, 0.5], 'indices[1]', '0.5'],
  [5, 'indices', '5'],
  [{}, 'indices'],
  ['0', 'indices'],
  [null, 'indices', 'null'],
];

describe('CharacterVocabulary', () => {
  test('decodes what it encodes, also characters of two code units', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const vocabulary = new CharacterVocabulary(text);
        const again = CharacterVocabulary.fromMetadata(vocabulary.toMetadata());
        expect(again.characters).toEqual(vocabulary.characters);
        expect(again.decode(again.encode(text))).toBe(text);
      }),
    );
  });

  test('sorts by code point', () => {
    expect(new CharacterVocabulary('b😀a\ufffdb').characters).toEqual(['a', 'b', '\ufffd', '😀']);
  });

  test('refuses other characters, indices and metadata', () => {
    const vocabulary = new CharacterVocabulary('ab');
    expectThrows(() => vocabulary.encode('abc'), ['text[2]', 'U+0063']);
    expectThrows(() => vocabulary.decode([0, 2]), ['indices[1]', '0..1']);
    for (const [indices, ...words] of NO_INDICES)
      expectThrows(() => vocabulary.decode(indices as never), words);
    expectThrows(() => new CharacterVocabulary(''), ['text']);
    // save would refuse it, or join the halves
    expectThrows(() => new CharacterVocabulary('ab\ud800'), ['text', 'Unicode']);
    expectThrows(() => new CharacterVocabulary('a\ude00b\ud83d'), ['text', 'Unicode']);
    expect(() => CharacterVocabulary.fromMetadata({ vocabulary: 'ab\ud800' })).toThrow(FormatError);
    expect(() => CharacterVocabulary.fromMetadata({})).toThrow(FormatError);
    expect(() => CharacterVocabulary.fromMetadata({ vocabulary: 'ba' })).toThrow(FormatError);
    expect(() => CharacterVocabulary.fromMetadata({ vocabulary: '' })).toThrow(FormatError);
  });
});

describe('WordVocabulary', () => {
  const texts = ["Don't stop, don't!", 'STOP: 2 naïve dogs'];

  test('has padding, unknown words, then words by frequency', () => {
    const vocabulary = WordVocabulary.of(texts);
    expect(vocabulary.words).toEqual(['', '', "don't", 'stop', ',', '!', ':', '2', 'naïve', 'dogs']);
    expect([...vocabulary.encode('Stop the dogs!')]).toEqual([3, 1, 9, 5]);
    expect(vocabulary.decode([3, 1, 0])).toEqual(['stop', '', '']);
    for (const [indices, ...words] of NO_INDICES)
      expectThrows(() => vocabulary.decode(indices as never), words);
  });

  test('limits words by number and count', () => {
    expect(WordVocabulary.of(texts, { maxWords: 1 }).words.slice(2)).toEqual(["don't"]);
    expect(WordVocabulary.of(texts, { minCount: 2 }).words.slice(2)).toEqual(["don't", 'stop']);
    expect(WordVocabulary.of(texts, { lowerCase: false, minCount: 2 }).size).toBe(2);
  });

  test('is restored from metadata', () => {
    const vocabulary = WordVocabulary.of(texts);
    const again = WordVocabulary.fromMetadata(vocabulary.toMetadata());
    expect(again.words).toEqual(vocabulary.words);
    for (const words of [
      '',
      '{',
      'null',
      '{"words":["a","a"],"lowerCase":true}',
      '{"words":[1],"lowerCase":true}',
    ])
      expect(() => WordVocabulary.fromMetadata({ words })).toThrow(FormatError);
    expectThrows(() => WordVocabulary.of([1 as never]), ['texts[0]']);
  });
});

describe('windows', () => {
  test('take every position once, with the steps after them', () => {
    const { x, y, count } = windows([0, 1, 2, 3, 4, 5], { steps: 3, horizon: 2 });
    expect(count).toBe(2);
    expect(x).toEqual({ data: floatsOf(0, 1, 1, 2, 2, 3), shape: [3, 2, 1] });
    expect(y).toEqual({ data: floatsOf(3, 4, 4, 5), shape: [1, 2, 2] });
  });

  test('have features, chosen targets, a stride and a target per step', () => {
    const series = [0, 10, 1, 11, 2, 12, 3, 13, 4, 14];
    const { x, y } = windows(series, { steps: 2, features: 2, stride: 2, targets: [1], everyStep: true });
    expect(x).toEqual({ data: floatsOf(0, 10, 2, 12, 1, 11, 3, 13), shape: [2, 2, 2] });
    expect(y).toEqual({ data: floatsOf(11, 13, 12, 14), shape: [2, 2, 1] });
  });

  test('refuse a series that is too short and other options', () => {
    expectThrows(() => windows([1, 2, 3], { steps: 3 }), ['series', '4'], ShapeError);
    expectThrows(() => windows([1, 2, 3], { steps: 1, features: 2 }), ['series', '2'], ShapeError);
    expectThrows(() => windows([1, 2, 3], { steps: 1, targets: [1] }), ['targets[0]']);
    expectThrows(() => windows([1, 2, 3], { steps: 0 }), ['steps']);
    expectThrows(() => windows([1, 'x' as never, 3], { steps: 1 }), ['series[1]', 'x']);
    expectThrows(() => windows([1, 2, undefined, 3] as never, { steps: 1 }), ['series[2]', 'undefined']);
    expectThrows(() => windows('123' as never, { steps: 1 }), ['series']);
  });
});

describe('Normalizer', () => {
  test('gives mean 0 and deviation 1 per feature, far from 0 as well', () => {
    const data = [1e6, 5, 1e6 + 1, 5, 1e6 + 2, 5];
    const normalizer = Normalizer.fit(data, { features: 2 });
    const scaled = normalizer.apply(data);
    const deviation = Math.sqrt(2 / 3);
    expect(normalizer.offset).toEqual([1e6 + 1, 5]);
    expect(normalizer.scale[0]).toBeCloseTo(deviation, 12);
    expect(scaled).toEqual(floatsOf(-1 / deviation, 0, 0, 0, 1 / deviation, 0));
    expect(normalizer.invert(scaled)).toEqual(Float32Array.from(data));
  });

  test('deviations whose squares no double holds', () => {
    expect(Normalizer.fit([1e200, -1e200]).scale).toEqual([1e200]);
    expect(Normalizer.fit([0, 2e-200]).scale).toEqual([1e-200]);
    expect(Normalizer.fit([1e-320, 1e-320]).scale).toEqual([1]);
    // the sum of three is rounded, so that their mean is not 0.1
    expect(Normalizer.fit([0.1, 0.1, 0.1]).scale).toEqual([1]);
  });

  test('gives 0 to 1 with minmax', () => {
    expect(Normalizer.fit([2, 4, 3], { kind: 'minmax' }).apply([2, 4, 3])).toEqual(floatsOf(0, 1, 0.5));
  });

  test('chosen features, as windows gives them, in both directions', () => {
    const data = [1, 10, 100, 3, 30, 500];
    const normalizer = Normalizer.fit(data, { features: 3 });
    const x = normalizer.apply(data);
    const { y } = windows(x, { steps: 1, features: 3, targets: [2, 0] });
    expect(normalizer.invert(y.data, { targets: [2, 0] })).toEqual(floatsOf(500, 3));
    expect(normalizer.apply([500, 3, 100, 1], { targets: [2, 0] })).toEqual(floatsOf(1, 1, -1, -1));
    expect(normalizer.invert(x, {})).toEqual(Float32Array.from(data));
    expectThrows(() => normalizer.invert([1, 2, 3], { targets: [0, 1] }), ['data', '3'], ShapeError);
    expectThrows(() => normalizer.invert([1], { targets: [3] }), ['targets[0]', '3']);
    expectThrows(() => normalizer.invert([1], { columns: [1] } as never), ['Normalizer: columns']);
    expectThrows(() => normalizer.invert([1], [1] as never), ['the options of Normalizer']);
  });

  test('is restored from metadata', () => {
    const normalizer = Normalizer.fit([1, 2, 4]);
    expect(Normalizer.fromMetadata(normalizer.toMetadata())).toEqual(normalizer);
    for (const text of ['', '[]', '{"offset":[1],"scale":[0]}', '{"offset":[1],"scale":[1,2]}'])
      expect(() => Normalizer.fromMetadata({ normalizer: text })).toThrow(FormatError);
  });

  test('refuses numbers that are not finite and other lengths', () => {
    expectThrows(() => Normalizer.fit([1, Number.NaN]), ['data[1]']);
    expectThrows(() => Normalizer.fit([1e308, 1e308]), ['data', 'sum']);
    expectThrows(() => Normalizer.fit([1e308, -1e308]), ['data', 'range']);
    expectThrows(() => Normalizer.fit([1e308, -1e308], { kind: 'minmax' }), ['data', 'range']);
    const normalizer = Normalizer.fit([1, 2, 3]);
    expectThrows(() => normalizer.apply([1, 'a'] as never), ['data[1]', '"a"']);
    expectThrows(() => normalizer.invert({ length: 1 } as never), ['data[0]', 'undefined']);
    expectThrows(() => Normalizer.fit([1, 2, 3], { features: 2 }), ['data'], ShapeError);
    expectThrows(() => Normalizer.fit([]), ['data']);
  });
});

describe('pad', () => {
  test('puts indices side by side, time-major', () => {
    const { x, lengths } = pad([[1, 2, 3], Int32Array.of(4)]);
    expect(x).toEqual({ data: Int32Array.of(1, 4, 2, 0, 3, 0), shape: [3, 2] });
    expect(lengths).toEqual(Int32Array.of(3, 1));
  });

  test('puts features side by side', () => {
    const one = { data: [1, 2, 3, 4], shape: [2, 2] };
    const { x } = pad([one, { data: [5, 6], shape: [1, 2] }]);
    expect(x).toEqual({ data: floatsOf(1, 2, 5, 6, 3, 4, 0, 0), shape: [2, 2, 2] });
    expect(pad([floatsOf(0.5), floatsOf(1, 2)]).x).toEqual({
      data: floatsOf(0.5, 1, 0, 2),
      shape: [2, 2, 1],
    });
  });

  test('more sequences than a call has arguments', () => {
    const { x, lengths } = pad(Array.from({ length: 300_000 }, (_, i) => (i === 7 ? [1, 2] : [3])));
    expect(x.shape).toEqual([2, 300_000]);
    expect(lengths.subarray(6, 9)).toEqual(Int32Array.of(1, 2, 1));
  });

  test('refuses other numbers of features, indices that are not integers and no steps', () => {
    expectThrows(() => pad([[1], floatsOf(1)]), ['sequences[1]', 'indices'], ShapeError);
    expectThrows(() => pad([[1, 0.5]]), ['sequences[0][1]', 'index']);
    expectThrows(() => pad([{ data: [1, 2, 3], shape: [2, 2] }]), ['sequences[0]'], ShapeError);
    expectThrows(() => pad([[], []]), ['sequences[0]', 'step']);
    for (const other of [1n, Symbol('one'), null, 'x', Object.create(null)])
      expectThrows(() => pad([[2], [1, other as never]]), ['sequences[1][1]', 'index']);
    expectThrows(() => pad([]), ['sequences']);
    const features = (data: unknown, shape: unknown) => () => pad([{ data, shape } as never]);
    expectThrows(features([1, 'x'], [2, 1]), ['sequences[0].data[1]', 'x']);
    expectThrows(features([1], 5), ['sequences[0].shape', '5']);
  });
});

describe('argmax', () => {
  test('gives indices along the last dimension, the first of equal ones', () => {
    const data = Float32Array.of(1, 3, 2, 5, 5, 4, -1, -2, -3, 0, 0, 9);
    expect(argmax({ data, shape: [2, 2, 3] })).toEqual({ data: Int32Array.of(1, 0, 0, 2), shape: [2, 2] });
    expect(argmax({ data: data.subarray(0, 3), shape: [3] })).toEqual({ data: Int32Array.of(1), shape: [] });
    expect(argmax({ data: new Float32Array(0), shape: [0, 2, 3] }).shape).toEqual([0, 2]);
  });

  test('refuses arrays of another length', () => {
    const refused = (value: unknown) => () => argmax(value as never);
    expectThrows(refused({ data: new Float32Array(5), shape: [2, 3] }), ['output'], ShapeError);
    expectThrows(refused({ data: new Float32Array(0), shape: [2, 0] }), ['output'], ShapeError);
    expectThrows(refused({ data: [1, 2], shape: [2] }), ['output'], ShapeError);
    expectThrows(refused({ shape: [2] }), ['output'], ShapeError);
    for (const shape of [
      [2n, 1n, 2n],
      [2, '1', 2],
      [-2, -1, 2],
      [2, undefined, 2],
      ['2', 2],
    ])
      expectThrows(refused({ data: new Float32Array(4), shape }), ['output'], ShapeError);
    expectThrows(refused({ data: new Float32Array(1), shape: [] }), ['output'], ShapeError);
    expect(refused(undefined)).toThrow(expect.objectContaining({ argument: 'output' }));
  });
});

describe('batches', () => {
  const examples: Example[] = Array.from({ length: 23 }, (_, i) => ({
    x: Array.from({ length: 1 + ((i * 7) % 11) }, () => i),
    y: i,
  }));

  test('have every example once, with its length and target', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.option(fc.nat(), { nil: undefined }), (batch, seed) => {
        const seen: number[] = [];
        for (const { x, y, options } of batches(examples, { batch, seed })) {
          const B = x.shape[1]!;
          for (let b = 0; b < B; b++) {
            const label = y.data[b]!;
            seen.push(label);
            const column = Array.from({ length: x.shape[0]! }, (_, t) => x.data[t * B + b]);
            const length = options.lengths[b]!;
            expect(length).toBe((examples[label]!.x as number[]).length);
            expect(column).toEqual(column.map((_, t) => (t < length ? label : 0)));
          }
        }
        expect(seen.sort((a, b) => a - b)).toEqual(examples.map((_, i) => i));
      }),
      { numRuns: 40 },
    );
  });

  test('have similar lengths with buckets, in another order per seed', () => {
    const spread = (bucket: boolean) => {
      let padding = 0;
      for (const { x, options } of batches(examples, { batch: 4, seed: 1, bucket }))
        padding += x.data.length - options.lengths.reduce((a, b) => a + b, 0);
      return padding;
    };
    expect(spread(true)).toBeLessThan(spread(false) / 2);
    const order = (seed: number) =>
      [...batches(examples, { batch: 4, seed })].flatMap(({ y }) => [...y.data]);
    expect(order(1)).toEqual(order(1));
    expect(order(1)).not.toEqual(order(2));
  });

  test('have targets per step', () => {
    const [one] = batches(
      [
        { x: [1, 2], y: [3, 4] },
        { x: [5], y: [6] },
      ],
      { batch: 2 },
    );
    expect(one!.y).toEqual({ data: Int32Array.of(3, 6, 4, 0), shape: [2, 2], lengths: Int32Array.of(2, 1) });
  });

  test('have inputs, lengths and targets by name', () => {
    const [one] = batches(
      [
        { x: { source: [1, 2, 3], target: Float32Array.of(0.5) }, y: { next: [7], kind: 1 } },
        { x: { source: [4], target: Float32Array.of(1, 2) }, y: { next: [8, 9], kind: 0 } },
      ],
      { batch: 2 },
    );
    expect(one).toEqual({
      x: {
        source: { data: Int32Array.of(1, 4, 2, 0, 3, 0), shape: [3, 2] },
        target: { data: Float32Array.of(0.5, 1, 0, 2), shape: [2, 2, 1] },
      },
      y: {
        next: { data: Int32Array.of(7, 8, 0, 9), shape: [2, 2], lengths: Int32Array.of(1, 2) },
        kind: { data: Int32Array.of(1, 0), shape: [1, 2] },
      },
      options: { lengths: { source: Int32Array.of(3, 1), target: Int32Array.of(1, 2) } },
    });
    expect(one!.options.lengths.source[0]).toBe(3);
  });

  test('sort by the steps of all inputs', () => {
    const steps = [
      [1, 1],
      [1, 9],
      [9, 1],
      [9, 9],
    ];
    const list = steps.map(([a, b], y) => ({ x: { a: new Int32Array(a!), b: new Int32Array(b!) }, y }));
    const order = [...batches(list, { batch: 1 })].map(({ y }) => y.data[0]);
    expect(order).toEqual([3, 1, 2, 0]);
  });

  test('refuse no examples and other options', () => {
    expectThrows(() => batches([], { batch: 2 }), ['examples']);
    expectThrows(() => batches(examples, { batch: 0 }), ['batch']);
    const all = (list: readonly unknown[], batch = 1, bucket = true) => [
      ...batches(list as Example[], { batch, bucket }),
    ];
    const [one, wrong] = ['examples[1].x', 'examples[1].y'];
    expectThrows(() => all([{ x: [1], y: 0.5 }]), ['examples[0].y']);
    // in a batch of its own, after longer ones
    const after = (y: unknown) => [
      { x: [1, 2], y: [1] },
      { x: [2], y },
      { x: [3, 4, 5], y: [1] },
    ];
    expectThrows(() => all(after([2.5])), [`${wrong}[0]`, 'an index', '2.5']);
    expectThrows(() => all(after([1n]), 2), [`${wrong}[0]`, 'an index', '1n']);
    expectThrows(() => all(after(BigInt64Array.of(1n)), 3), [wrong, 'BigInt64Array']);
    expectThrows(
      () =>
        all([
          { x: [1], y: 1 },
          { x: [Symbol('s')], y: 1 },
        ]),
      [`${one}[0]`, 'an index'],
    );
    const named = (x: unknown, y: unknown = 1) => [
      { x: { a: [1] }, y: { b: 1 } },
      { x, y: y === 1 ? { b: 1 } : y },
    ];
    const read = (x: unknown, y?: unknown) => all(named(x, y), 2, false);
    for (const x of [{ b: [1] }, { a: [1], b: [1] }, [1], undefined, null, new Map([['a', [1]]])])
      expectThrows(() => read(x), [one, 'a']);
    expectThrows(() => read({ a: [0.5] }), [`${one}.a[0]`, 'an index']);
    expectThrows(() => read({ a: undefined }), [`${one}.a`, 'undefined']);
    expectThrows(() => read({ a: [1] }, { b: 0.5 }), [`${wrong}.b`, 'a class index']);
    expectThrows(() => read({ a: [1] }, []), [wrong, 'b']);
    expectThrows(() => read({ a: [1] }, null), [wrong, 'b']);
    expectThrows(() => all([{ x: {}, y: 1 }]), ['examples[0].x', 'names']);
  });
});

describe('shuffled and split', () => {
  test('keep all items', () => {
    const items = Array.from({ length: 50 }, (_, i) => i);
    const mixed = shuffled(items, 3);
    expect(mixed).not.toEqual(items);
    expect(mixed).toEqual(shuffled(items, 3));
    expect(mixed.toSorted((a, b) => a - b)).toEqual(items);
    const [training, validation] = split(items, { validation: 0.2, seed: 1 });
    expect([training.length, validation.length]).toEqual([40, 10]);
    expect([...training, ...validation].sort((a, b) => a - b)).toEqual(items);
  });

  test('take the end of a series without a seed, and at least one item each', () => {
    expect(split([1, 2, 3, 4])).toEqual([[1, 2, 3], [4]]);
    expect(split([1, 2], { validation: 1 })).toEqual([[1], [2]]);
    expectThrows(() => split([1]), ['items']);
    expectThrows(() => split([1, 2], { validation: 2 }), ['validation']);
  });
});

describe('Lanes', () => {
  test('read evenly spaced parts of the text, with the next token as target', () => {
    const lanes = new Lanes(
      Int32Array.from({ length: 12 }, (_, i) => i),
      { steps: 2, batch: 3 },
    );
    expect(lanes.length).toBe(2);
    const read = [...lanes].map(() => 0);
    expect(read).toHaveLength(2);
    expect([...lanes.read(1).x.data]).toEqual([2, 6, 10, 3, 7, 11]);
    expect([...lanes.read(1).y.data]).toEqual([3, 7, 11, 4, 8, 0]);
    expectThrows(() => new Lanes(Int32Array.of(1), { steps: 1, batch: 1 }), ['tokens']);
    for (const step of [-1, 0.5, Number.NaN, '1', undefined])
      expectThrows(() => lanes.read(step as never), ['step', 'at least 0']);
  });
});
