import { beforeAll, describe, expect, test, vi } from 'vitest';
import * as u from '../../src/index.ts';
import { parseSafetensors, serializeSafetensors } from '../../src/io/index.ts';
import { VERSION } from '../../src/model/core/versions.ts';
import { expectThrows, expectWords, type Words } from '../errors.ts';
import { readFixture } from '../fixtures/read.ts';
import { thrown } from './helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const x = { data: Int32Array.of(1, 2, 3, 4, 0, 1, 2, 3), shape: [4, 2] };
const y = { data: Int32Array.of(0, 1, 2, 3, 4, 0, 1, 2), shape: [4, 2] };

/** Of each version that there is a fixture of: written by the release that wrote it. */
const VERSIONS = [1, 2];

/** Outputs of Embedding, bidirectional GRU, Dropout, LastStep, Linear, as that release gave them. */
const OUTPUTS: Record<number, { whole: number[]; lengths: number[] }> = {
  1: {
    whole: [0.1727595180273056, 0.30463868379592896, -0.10369358956813812, 0.709944486618042],
    lengths: [0.1727595180273056, 0.30463868379592896, 0.1360272318124771, 0.4452129900455475],
  },
  2: {
    whole: [0.10204630345106125, 0.4172360599040985, -0.019192121922969818, 0.5148207545280457],
    lengths: [0.10204630345106125, 0.4172360599040985, 0.1800375133752823, 0.32538092136383057],
  },
};
/** Of both trainer files, since training did not change. */
const LOSSES = [1.5847258570488683, 1.6406444905418072];

const described = (file: Uint8Array): { version: unknown } =>
  JSON.parse(parseSafetensors(file).metadata.unrolled!);

test('files are of the last version that has fixtures', () => {
  expect(VERSIONS.at(-1)).toBe(VERSION);
  expect(described(new u.Sequential([new u.Linear(1, 1)]).save()).version).toBe(VERSION);
});

describe.each(VERSIONS)('a file of version %i', (version) => {
  test('is one', async () => {
    for (const name of ['trainer', 'last-step']) {
      expect(described(await readFixture(`models/version-${version}-${name}`)).version).toBe(version);
    }
  });

  test('goes on training to the bit', async () => {
    const layers = [new u.Embedding(5, 3), new u.LSTM(3, 4, { numLayers: 2, dropout: 0.1 })];
    const model = new u.Sequential([...layers, new u.Dropout(0.2), new u.Linear(4, 5)]);
    const trainer = new u.Trainer(model, {
      loss: u.crossEntropy,
      optimizer: new u.AdamW(),
      carryState: true,
    });
    trainer.restore(await readFixture(`models/version-${version}-trainer`));
    expect([trainer.step(x, y).loss, trainer.step(x, y).loss]).toEqual(LOSSES);
  });

  test('keeps what LastStep behind a bidirectional layer means in it', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    try {
      const model = u.Sequential.load(await readFixture(`models/version-${version}-last-step`));
      const { whole, lengths } = OUTPUTS[version]!;
      expect([...model.forward(x).data]).toEqual(whole);
      expect([...model.forward(x, { lengths: [4, 2] }).data]).toEqual(lengths);
      // saved again it keeps that meaning, and needs no warning
      const again = u.Sequential.load(model.save());
      expect([...again.forward(x).data]).toEqual(whole);
      expect(described(model.save()).version).toBe(VERSION);
      expect(warn).toHaveBeenCalledTimes(version === 1 ? 1 : 0);
      for (const [text] of warn.mock.calls) expect(text).toMatch(/version 1 .*LastStep.*sameStep/);
    } finally {
      warn.mockRestore();
    }
  });
});

test('the layers of a version 1 checkpoint are those that give the same', async () => {
  const { tensors, metadata } = parseSafetensors(await readFixture('models/version-1-last-step'));
  const description = JSON.parse(metadata.unrolled!);
  const layers = (opts?: object) => [
    new u.Embedding(5, 3),
    new u.GRU(3, 4, { bidirectional: true }),
    new u.Dropout(0.2),
    new u.LastStep(opts),
    new u.Linear(8, 2),
  ];
  const restore = (opts?: object) => {
    const options = { loss: u.crossEntropy, optimizer: new u.AdamW() };
    const trainer = new u.Trainer(new u.Sequential(layers(opts)), options);
    const slots = [...parseSafetensors(trainer.save()).tensors].filter(([name]) => name.startsWith('opt'));
    const unrolled = JSON.stringify({ ...description, optimizer: { name: 'adamw', lr: 0.1, steps: 0 } });
    trainer.restore(serializeSafetensors([...tensors, ...slots], { ...metadata, unrolled }));
    return [...trainer.model.forward(x).data];
  };
  expectThrows(() => restore(), ['checkpoint', 'layers'], u.FormatError);
  expect(restore({ sameStep: true })).toEqual(OUTPUTS[1]!.whole);
});

test.each<[string, unknown, Words]>([
  ['a later one', 3, ['3', 'later']],
  ['a much later one', 1e300, ['1e+300', 'later']],
  ['none', undefined, ['undefined']],
  ['0', 0, ['0']],
  ['text', '2', ['"2"']],
  ['an object that cannot be text', { toString: 1 }, ['object']],
])('a file of another version is refused: %s', (_, version, message) => {
  const { tensors, metadata } = parseSafetensors(new u.Sequential([new u.Linear(1, 1)]).save());
  const unrolled = JSON.stringify({ ...JSON.parse(metadata.unrolled!), version });
  const error = thrown(() => u.Sequential.load(serializeSafetensors(tensors, { unrolled })));
  expect(error).toBeInstanceOf(u.FormatError);
  expectWords(error, message);
});
