import { beforeAll, describe, expect, test } from 'vitest';
import { Adam, crossEntropy, init, Sequential, Trainer } from '../../src/index.ts';
import { loadCharRnn, loadSegmenter } from '../../src/text/index.ts';
import { expectThrows } from '../errors.ts';
import { charRnnFiles, textCases } from '../fixtures/text/read.ts';

beforeAll(() => init());

const { charRnn, segmenter } = await textCases();
/** Float32 against float64. */
function close(found: ArrayLike<number>, expected: readonly number[]): void {
  const most = Math.max(...expected.map(Math.abs));
  expect(found.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(Math.abs(found[i]! - value)).toBeLessThan(1e-5 * most);
}

/** The loss goes down over some steps on one batch. */
function learns(model: Sequential, x: object, targets: Int32Array<ArrayBuffer>): void {
  const trainer = new Trainer(model, { loss: crossEntropy(), optimizer: new Adam({ lr: 0.02 }) });
  const step = () => trainer.step(x as never, targets);
  const first = step().loss;
  for (let i = 0; i < 20; i++) step();
  expect(step().loss).toBeLessThan(0.8 * first);
}

describe('a charRNN of ml5', () => {
  test.each(Object.keys(charRnn))('%s: logits of each step, streamed and at once', (name) => {
    const { x, y } = charRnn[name]!;
    const model = loadCharRnn(charRnnFiles(charRnn[name]!));
    const data = Int32Array.from(x);
    expect(model.forward({ data, shape: [x.length, 1] }).shape).toEqual([
      x.length,
      1,
      model.vocabulary.length,
    ]);
    close(model.forward({ data, shape: [x.length, 1] }).data, y);
    const stream = model.stream();
    close(
      x.flatMap((index) => [...stream.step(index)]),
      y,
    );
    const again = Sequential.load(model.save());
    expect(again.metadata).toEqual({ vocab: JSON.stringify(model.vocabulary) });
    close(again.forward({ data, shape: [x.length, 1] }).data, y);
  });

  test('texts to indices and back', () => {
    const model = loadCharRnn(charRnnFiles(charRnn['one generation']!));
    const text = 'cab\né😀 ';
    expect(model.vocabulary).toEqual([...'\n abcé😀']);
    expect([...model.encode(text)]).toEqual([4, 2, 3, 0, 5, 6, 1]);
    expect(model.decode(model.encode(text))).toBe(text);
    expect(() => model.encode('cat')).toThrow(/text\[2\].*t/);
    expect(() => model.encode(3 as never)).toThrow(/text/);
    expect(() => model.decode([0, 7])).toThrow(/indices\[1\].*0\.\.6/);
    for (const indices of [null, 5, 'a', {}, ['length'], ['0']])
      expectThrows(() => model.decode(indices as never), [Array.isArray(indices) ? 'indices[0]' : 'indices']);
  });

  test('trains', () => {
    const { x, y: _ } = charRnn['one generation']!;
    const model = loadCharRnn(charRnnFiles(charRnn['one generation']!));
    const data = Int32Array.from(x);
    learns(model, { data, shape: [x.length, 1] }, Int32Array.from([...x.slice(1), x[0]!]));
  });

  test('files that are no bytes', () => {
    expect(() => loadCharRnn({ 'manifest.json': 'text' as never })).toThrow(/manifest\.json/);
    expect(() => loadCharRnn({})).toThrow(/files/);
  });
});

describe('a segmenter of ICU', () => {
  test.each(Object.keys(segmenter))('%s: logits of each step', (name) => {
    const { file, x, y } = segmenter[name]!;
    const model = loadSegmenter(file);
    const data = model.unit === 'vector' ? Float32Array.from(x) : Int32Array.from(x);
    const steps = y.length / 4;
    const shape = model.unit === 'vector' ? [steps, 1, x.length / steps] : [steps, 1];
    close(model.forward({ data, shape }).data, y);
    const text = typeof file === 'string' ? file : JSON.stringify(file);
    close(loadSegmenter(new TextEncoder().encode(text)).forward({ data, shape }).data, y);
    learns(
      model,
      { data, shape },
      Int32Array.from({ length: steps }, (_, i) => i % 4),
    );
  });

  test('both files of a model say the same', () => {
    for (const name of ['codepoints', 'graphclust']) {
      const [json, icu] = [name, `${name} of ICU`].map((name) => loadSegmenter(segmenter[name]!.file));
      expect(icu!.dictionary).toEqual(json!.dictionary);
      expect(icu!.unit).toBe(json!.unit);
      expect(icu!.metadata).toEqual(json!.metadata);
    }
  });

  test('words begin where the classes say', () => {
    const model = loadSegmenter(segmenter.codepoints!.file);
    const text = 'กขคงจxก';
    const data = model.encode(text);
    expect([...data]).toEqual([0, 1, 2, 3, 4, 5, 0]);
    const { data: logits } = model.forward({ data, shape: [7, 1] });
    const expected: string[] = [];
    for (const [i, character] of [...text].entries()) {
      const row = [...logits.subarray(4 * i, 4 * i + 4)];
      if (i === 0 || [0, 3].includes(row.indexOf(Math.max(...row)))) expected.push('');
      expected.push(`${expected.pop()}${character}`);
    }
    expect(model.segment(text)).toEqual(expected);
    expect(expected.length).toBeGreaterThan(1);
    expect(expected.length).toBeLessThan(7);
    expect(model.segment('')).toEqual([]);
  });

  test('grapheme clusters', () => {
    const model = loadSegmenter(segmenter.graphclust!.file);
    expect([...model.encode('ที่น0"}z')]).toEqual([3, 1, 4, 2, 5, 6]);
    expect(model.segment('ที่นา').join('')).toBe('ที่นา');
  });

  test('vectors have no dictionary', () => {
    expect(() => loadSegmenter(segmenter.genvec!.file).segment('กข')).toThrow(/dictionary/);
  });
});
