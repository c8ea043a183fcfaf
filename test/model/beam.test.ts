import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { power } from '../../src/model/streaming/power.ts';
import { expectThrows, expectWords, type Words } from '../errors.ts';
import { kernelBuilds, thrown } from './helpers.ts';

const V = 5;

function tiny(seed: number, size = V): u.Sequential {
  return new u.Sequential([new u.Embedding(size, 4), new u.GRU(4, 6), new u.Linear(6, V)], { seed });
}

/** The same logits, whatever comes. */
function constant(...logits: number[]): u.Sequential {
  const n = logits.length;
  const model = new u.Sequential([new u.Embedding(n, 1), new u.LSTM(1, 1), new u.Linear(1, n)]);
  const dict = model.stateDict();
  dict['2.weight']!.data.fill(0);
  dict['2.bias']!.data.set(logits);
  model.loadStateDict(dict);
  return model;
}

/** ln softmax of each step in f64, from forward over start and what follows. */
function logProbability(model: u.Sequential, start: readonly number[], indices: readonly number[]): number {
  const { data } = model.forward([...start, ...indices].slice(0, -1));
  return indices.reduce((sum, index, i) => {
    const at = (start.length - 1 + i) * V;
    const logits = [...data.subarray(at, at + V)];
    const total = logits.reduce((s, z) => s + Math.exp(z), 0);
    return sum + logits[index]! - Math.log(total);
  }, 0);
}

/** All sequences of `length` indices, or that have ended before. */
function all(length: number, end: number | undefined): number[][] {
  if (length === 0) return [[]];
  return Array.from({ length: V }, (_, index) =>
    index === end ? [[index]] : all(length - 1, end).map((rest) => [index, ...rest]),
  ).flat();
}

/** What a beam search should find, from forward over each sequence on its own. */
function reference(model: u.Sequential, { start, length, beams, lengthPenalty = 0, end }: u.BeamOptions) {
  type Found = { indices: number[]; logProbability: number; score: number; ended: boolean };
  const prompt = Array.from(start);
  let paths: Found[] = [{ indices: [], logProbability: 0, score: 0, ended: false }];
  for (let n = 1; n <= length; n++) {
    const next = paths.flatMap((path) =>
      path.ended
        ? [path]
        : Array.from({ length: V }, (_, index) => {
            const indices = [...path.indices, index];
            const ln = logProbability(model, prompt, indices);
            return { indices, logProbability: ln, score: ln / n ** lengthPenalty, ended: index === end };
          }),
    );
    paths = next.sort((a, b) => b.score - a.score).slice(0, beams);
  }
  return paths;
}

function expectBeams(got: readonly u.Beam[], expected: readonly u.Beam[]): void {
  expect(got.map(({ indices }) => indices)).toEqual(expected.map(({ indices }) => indices));
  for (const [i, beam] of got.entries()) {
    expect(Math.abs(beam.logProbability - expected[i]!.logProbability), `beam ${i}`).toBeLessThan(1e-5);
    expect(Math.abs(beam.score - expected[i]!.score), `beam ${i}: score`).toBeLessThan(1e-5);
    expect(beam.ended).toBe(expected[i]!.ended);
  }
}

for (const kernels of kernelBuilds) {
  describe(`${kernels}: beam search`, () => {
    beforeAll(() => u.init({ kernels }));

    test.each([
      [undefined, 0],
      [2, 0],
      [0, 0.7],
      [4, 2],
    ])('with room for all sequences ranks them as brute force does: end %s, penalty %s', (end, penalty) => {
      for (const seed of [1, 2, 3]) {
        using model = tiny(seed);
        const start = [1, 3];
        const expected = all(3, end)
          .map((indices) => {
            const ln = logProbability(model, start, indices);
            const score = ln / indices.length ** penalty;
            return { indices, logProbability: ln, score, ended: indices.at(-1) === end };
          })
          .sort((a, b) => b.score - a.score);
        const options = { start, length: 3, beams: V ** 3, lengthPenalty: penalty };
        expectBeams(u.beamSearch(model, end === undefined ? options : { ...options, end }), expected);
      }
    });

    test.each([1, 2, 3, 7])('%i beams: as a search without states does', (beams) => {
      for (const [seed, end, lengthPenalty] of [
        [4, 2, 0],
        [5, 0, 1],
        [6, 3, 0.5],
      ] as const) {
        using model = tiny(seed);
        const options = { start: [seed % V], length: 8, beams, end, lengthPenalty };
        expectBeams(u.beamSearch(model, options), reference(model, options));
      }
    });

    test('one beam is greedy', () => {
      using model = tiny(7);
      using stream = model.stream();
      let token = 2;
      const greedy = Array.from({ length: 30 }, () => {
        stream.step(token);
        return (token = stream.sample(new u.Generator(1), 0));
      });
      const [best] = u.beamSearch(model, { start: [2], length: 30, beams: 1 });
      expect(best!.indices).toEqual(greedy);
    });
  });
}

describe('beamSearch', () => {
  beforeAll(() => u.init());

  test('breaks ties by the better beam, then the lower index', () => {
    using model = constant(0, 0, 0);
    const found = u.beamSearch(model, { start: [0], length: 2, beams: 4 });
    expect(found.map(({ indices }) => indices)).toEqual([
      [0, 0],
      [0, 1],
      [0, 2],
      [1, 0],
    ]);
    expect(found[3]!.logProbability).toBeCloseTo(-2 * Math.log(3), 14);
  });

  test('leaves out what has no probability, and gives fewer sequences then', () => {
    using model = constant(1, Number.NEGATIVE_INFINITY, 1);
    const found = u.beamSearch(model, { start: [1], length: 2, beams: 9 });
    expect(found.map(({ indices }) => indices.join(''))).toEqual(['00', '02', '20', '22']);
  });

  test('ends when all sequences have', () => {
    using model = constant(0, 9, 0);
    const found = u.beamSearch(model, { start: [0], length: 1e6, beams: 2, end: 1 });
    expect(found.map(({ indices }) => indices)).toEqual([[1], [0, 1]]);
    expect(found.every(({ ended }) => ended)).toBe(true);
  });

  test('a length penalty favours longer sequences', () => {
    using model = constant(2, 2, 0);
    const search = (lengthPenalty: number) =>
      u.beamSearch(model, { start: [0], length: 6, beams: 3, end: 1, lengthPenalty })[0]!.indices;
    expect(search(0)).toEqual([1]);
    expect(search(2)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('goes on from a snapshot', () => {
    using model = tiny(8);
    const options = { length: 6, beams: 3 };
    const expected = u.beamSearch(model, { ...options, start: [1, 2, 3, 4, 0] });
    using stream = model.stream({ block: 3 });
    stream.steps([1, 2, 3]);
    expect(u.beamSearch(model, { ...options, start: [4, 0], state: stream.snapshot() })).toEqual(expected);
    expect(u.beamSearch(model, { ...options, start: [4, 0] })).not.toEqual(expected);
  });

  test('keeps memory flat', () => {
    using model = tiny(9);
    const search = () => u.beamSearch(model, { start: [1], length: 5, beams: 4 });
    const first = search();
    const bytes = model.memoryBytes;
    for (let i = 0; i < 20; i++) expect(search()).toEqual(first);
    expect(model.memoryBytes).toBe(bytes);
  });

  test('may take more indices than the model gives', () => {
    using model = tiny(1, V + 3);
    expect(u.beamSearch(model, { start: [V + 2], length: 2, beams: 2 }).length).toBe(2);
  });

  const good = { start: [1], length: 3, beams: 2 };
  test.each<[string, object, Words]>([
    ['no start', { start: [] }, ['start', '[]']],
    ['a start that is no list', { start: 1 }, ['start', '1']],
    ['an index outside', { start: [1, V] }, ['start[1]', '0..4', '5']],
    ['no length', { length: undefined }, ['length', 'undefined']],
    ['no beams', { beams: 0 }, ['beams', '0']],
    ['an end outside', { end: -1 }, ['end', '0..4', '-1']],
    ['a negative penalty', { lengthPenalty: -1 }, ['lengthPenalty', '-1']],
    ['an unknown option', { temperature: 1 }, ['beamSearch: temperature']],
    ['a state of two rows', { state: { states: {}, outputs: [null, null] } }, ['state', '1', '2']],
  ])('refuses %s', (_, bad, message) => {
    using model = tiny(1);
    const error = thrown(() => u.beamSearch(model, { ...good, ...bad } as u.BeamOptions)) as Error;
    expect(error.name).toBe('ArgumentError');
    expectWords(error, message);
  });

  test('refuses models that give no logits of what they take, or need the whole sequence', () => {
    const wide = new u.Sequential([new u.Embedding(3, 2), new u.LSTM(2, 4)]);
    expectThrows(() => u.beamSearch(wide, good), ['model', '3', '4']);
    const features = new u.Sequential([new u.LSTM(4, 4)]);
    expectThrows(() => u.beamSearch(features, good), ['model', '4']);
    const both = new u.Sequential([new u.Embedding(4, 2), new u.LSTM(2, 2, { bidirectional: true })]);
    expectThrows(
      () => u.beamSearch(both, good),
      ['stream', 'layers[1] (LSTM)', 'bidirectional'],
      u.StateError,
    );
    const nan = constant(Number.NaN, 1, 1);
    expectThrows(() => u.beamSearch(nan, good), ['beamSearch', 'NaN'], u.NonFiniteError);
  });
});

describe('power', () => {
  test('is base^exponent', () => {
    for (const base of [1, 2, 3, 7, 10, 1000, 123_456, 2 ** 40]) {
      for (const exponent of [0, 1e-3, 0.5, 0.6, 1, 1.3, 2, 7.7, 10]) {
        const [got, expected] = [power(base, exponent), base ** exponent];
        expect(Math.abs(got / expected - 1), `${base}^${exponent}`).toBeLessThan(1e-13);
      }
    }
    expect(power(1, 5)).toBe(1);
    expect(power(9, 0)).toBe(1);
  });
});
