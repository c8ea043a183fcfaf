import { beforeAll, describe, expect, test } from 'vitest';
import { Embedding, Generator, init, Linear, Sequential, StateError, type Stream } from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw, stepsOf } from './helpers.ts';
import { language, stepwise, V } from './stream-layers.ts';

beforeAll(() => init());

const B = 3;
const x = new Draw(4).indices(V, 12, B);
const run = (stream: Stream, from: number, to: number): number[] => {
  const outputs: number[] = [];
  for (let t = from; t < to; t++) outputs.push(...stream.step(stepsOf(x, t, t + 1).data));
  return outputs;
};
const rowsOf = (outputs: readonly number[], row: number): number[] =>
  outputs.filter((_, i) => Math.floor(i / V) % B === row);

describe('reset of a row', () => {
  test('zeros its states alone', () => {
    const [stream, whole] = [language().stream({ batch: B }), language().stream({ batch: B })];
    run(stream, 0, 5);
    stream.reset(1);
    const got = run(stream, 5, 9);
    const fresh = run(language().stream({ batch: B }), 5, 9);
    run(whole, 0, 5);
    const rest = run(whole, 5, 9);
    for (const row of [0, 2]) expectSame(rowsOf(got, row), rowsOf(rest, row), `row ${row}`);
    expectSame(rowsOf(got, 1), rowsOf(fresh, 1), 'row 1');
  });

  test('takes its output, not that of the others', () => {
    const stream = language().stream({ batch: B });
    run(stream, 0, 2);
    const others = [stream.probabilities(0).slice(), stream.probabilities(2).slice()];
    stream.reset(1);
    expectThrows(() => stream.probabilities(1), ['step'], StateError);
    expectSame(stream.probabilities(0), others[0]!, 'row 0');
    expectSame(stream.probabilities(2), others[1]!, 'row 2');
    run(stream, 2, 3);
    expect(stream.probabilities(1).length).toBe(V);
  });
});

describe('a snapshot', () => {
  test.each(stepwise)('%s: restored, goes on to the bit, here and in another model', (_, layers) => {
    const make = () => new Sequential([new Embedding(V, 6), ...layers(6), new Linear(11, V)], { seed: 1 });
    const [model, other] = [make(), make()];
    const stream = model.stream({ batch: B, block: 4 });
    run(stream, 0, 5);
    const state = structuredClone(stream.snapshot());
    const expected = run(stream, 5, 12);
    stream.restore(state);
    expectSame(run(stream, 5, 12), expected, 'restored');
    const elsewhere = other.stream({ batch: B });
    elsewhere.restore(state);
    expectSame(run(elsewhere, 5, 12), expected, 'in another model');
  });

  test('names states by layer and place, and is a copy', () => {
    const stream = language().stream({ batch: 2 });
    const zeros = stream.snapshot();
    expect(Object.keys(zeros.states)).toEqual(['1.h_l0', '1.c_l0', '1.h_l1', '1.c_l1']);
    expect(zeros.states['1.c_l1']!.shape).toEqual([2, 8]);
    expect(zeros.outputs).toEqual([null, null]);
    const output = stream.step([1, 2]).slice();
    expect([...zeros.states['1.h_l0']!.data]).toEqual(new Array(16).fill(0));
    const state = stream.snapshot();
    expectSame([...state.outputs[0]!, ...state.outputs[1]!], output, 'outputs');
    stream.step([3, 4]);
    expectSame([...state.outputs[0]!, ...state.outputs[1]!], output, 'outputs later');
    expect(state.states['1.h_l0']!.data.every((v) => v !== 0)).toBe(true);
  });

  test('holds the last output: sampling goes on too, also after a block of steps', () => {
    const stream = language().stream({ batch: 2, block: 3 });
    const fresh = language().stream({ batch: 2, block: 3 });
    stream.steps([1, 2, 3, 4, 5, 6]);
    fresh.restore(stream.snapshot());
    for (const row of [0, 1]) {
      expectSame(fresh.probabilities(row).slice(), stream.probabilities(row), `row ${row}`);
      expect(fresh.sample(new Generator(3), 1, row)).toBe(stream.sample(new Generator(3), 1, row));
    }
    const start = language().stream({ batch: 2 }).snapshot();
    stream.restore(start);
    expectThrows(() => stream.sample(new Generator(1)), ['step'], StateError);
  });

  test('of one row goes to any row', () => {
    const stream = language().stream({ batch: B, block: 2 });
    run(stream, 0, 4);
    stream.steps([...x.data.subarray(4 * B, 6 * B)]);
    const [state, before] = [stream.snapshot(2), stream.snapshot()];
    const alone = language().stream();
    alone.restore(state);
    stream.restore(state, 0);
    expectSame(stream.probabilities(0).slice(), stream.probabilities(2), 'probabilities');
    const output = stream.step([7, 7, 7]).slice();
    expectSame(output.subarray(0, V), output.subarray(2 * V), 'rows 0 and 2');
    expectSame(alone.step(7), output.subarray(0, V), 'alone');
    stream.restore(before);
    expectSame(stream.step([7, 7, 7]).slice(V), output.subarray(V), 'rows 1 and 2');
  });
});

describe('a fork', () => {
  test.each(stepwise)('%s: goes on as the stream does, and leaves it alone', (_, layers) => {
    const model = new Sequential([new Embedding(V, 6), ...layers(6), new Linear(11, V)], { seed: 1 });
    const stream = model.stream({ batch: B });
    run(stream, 0, 5);
    const fork = stream.fork();
    const expected = run(stream, 5, 12);
    const copies = [fork.fork(), fork.fork()];
    expectSame(run(fork, 5, 12), expected, 'fork');
    for (const copy of copies) expectSame(run(copy, 5, 12), expected, 'fork of the fork');
  });

  test('samples from the last output at once, after a block too', () => {
    const stream = language().stream({ block: 5 });
    stream.steps([1, 2, 3, 4]);
    const fork = stream.fork();
    expect(fork.block).toBe(5);
    expectSame(fork.probabilities().slice(), stream.probabilities(), 'probabilities');
    stream.reset();
    expectSame(stream.fork().step(1), stream.step(1), 'of one without output');
    expectThrows(() => language().stream().fork().probabilities(), ['step'], StateError);
  });

  test('costs states and outputs alone, and gives its memory back', () => {
    const model = language();
    const stream = model.stream();
    stream.step(1);
    stream.fork().dispose();
    const bytes = model.memoryBytes;
    for (let i = 0; i < 200; i++) {
      using fork = stream.fork();
      fork.step(i % V);
    }
    expect(model.memoryBytes).toBe(bytes);
  });
});
