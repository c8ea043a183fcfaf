import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectThrows } from '../errors.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw, kernelBuilds } from './helpers.ts';
import { language, stepwise, V } from './stream-layers.ts';

for (const kernels of kernelBuilds) {
  describe(`${kernels}: sessions of a pool equal streams of their own, to the bit`, () => {
    beforeAll(() => u.init({ kernels }));

    test.each(stepwise)('%s: in any company, opened, forked, reset and closed on the way', (_, layers) => {
      using model = new u.Sequential([new u.Embedding(V, 6), ...layers(6), new u.Linear(11, V)], { seed: 1 });
      using pool = model.streams({ capacity: 7 });
      const draw = new Draw(5);
      const pairs: [u.StreamSession, u.Stream][] = [];
      for (let i = 0; i < 150; i++) {
        const what = draw.integer(0, 9);
        const at = draw.integer(0, Math.max(0, pairs.length - 1));
        const pair = pairs[at];
        if (pairs.length < 7 && (what === 0 || !pair)) pairs.push([pool.open(), model.stream()]);
        else if (pairs.length < 7 && what === 1) pairs.push([pair![0].fork(), pair![1].fork()]);
        else if (what === 2 && pairs.length > 1) {
          pair![0].close();
          pair![1].dispose();
          pairs.splice(at, 1);
        } else if (what === 3) for (const it of pair!) it.reset();
        else if (what === 4) pair![0].restore(structuredClone(pair![1].snapshot()));
        else if (what === 5) pair![1].restore(structuredClone(pair![0].snapshot()));
        expect(pool.size).toBe(pairs.length);
        const chosen = pairs
          .map((p) => ({ p, order: draw.next() }))
          .sort((a, b) => a.order - b.order)
          .slice(0, draw.integer(1, pairs.length))
          .map(({ p }) => p);
        const input = draw.indices(V, chosen.length).data;
        const outputs = pool
          .step(
            chosen.map(([session]) => session),
            input,
          )
          .slice();
        for (const [k, [, stream]] of chosen.entries()) {
          expectSame(outputs.subarray(k * V, k * V + V), stream.step(input[k]!), `step ${i}, session ${k}`);
        }
      }
    });
  });
}

describe('StreamPool', () => {
  beforeAll(() => u.init());

  test('takes features', () => {
    const model = new u.Sequential([new u.LSTM(3, 5)], { seed: 1 });
    const pool = model.streams({ capacity: 2 });
    const [a, b] = [pool.open(), pool.open()];
    const [x, y] = [new Draw(1).features(1, 3).data, new Draw(2).features(1, 3).data];
    const [first, second] = [model.stream(), model.stream()];
    first.step(x);
    second.step(y);
    pool.step([a, b], [...x, ...y]);
    const output = pool.step([b, a], [...x, ...y]);
    expectSame(output.slice(0, 5), second.step(x), 'b');
    expectSame(output.slice(5), first.step(y), 'a');
  });

  test('gives the same view for as many sessions', () => {
    const pool = language().streams({ capacity: 3 });
    const [a, b, c] = [pool.open(), pool.open(), pool.open()];
    const two = pool.step([a, b], [1, 2]);
    const three = pool.step([a, b, c], [1, 2, 3]);
    expect(pool.step([c, a], [1, 2])).toBe(two);
    expect(pool.step([c, a, b], [1, 2, 3])).toBe(three);
  });

  test('samples from the outputs of the last step', () => {
    const model = language();
    const pool = model.streams({ capacity: 3 });
    const sessions = [pool.open(), pool.open(), pool.open()];
    pool.step(sessions, [1, 2, 3]);
    pool.step([sessions[2]!, sessions[0]!], [4, 5]);
    const stream = model.stream();
    stream.step(1);
    stream.step(5);
    expect(pool.sample(new u.Generator(1), 0.8, 1)).toBe(stream.sample(new u.Generator(1), 0.8));
    expectSame(pool.probabilities(1).slice(), stream.probabilities(), 'probabilities');
    expectThrows(() => pool.sample(new u.Generator(1), 1, 2), ['row', 'sessions']);
  });

  test('a session opened where another was closed starts from zeros', () => {
    const pool = language().streams({ capacity: 1 });
    const first = pool.open();
    const expected = pool.step([first], 3).slice();
    first.close();
    first.close();
    expect(pool.size).toBe(0);
    using second = pool.open();
    expectSame(pool.step([second], 3), expected, 'output');
  });

  test('training and longer inference in between do not disturb it', () => {
    const model = language();
    const pool = model.streams({ capacity: 2 });
    const stream = model.stream({ batch: 2 });
    const sessions = [pool.open(), pool.open()];
    for (let t = 0; t < 6; t++) {
      expectSame(pool.step(sessions, [t, 1]).slice(), stream.step([t, 1]), `step ${t}`);
      model.forward(new Draw(t).indices(V, 200 * (t + 1), 4));
    }
  });

  test('a pool that was disposed is refused by that, and one of a disposed model counts no session', () => {
    const model = language();
    const [full, other] = [model.streams({ capacity: 1 }), model.streams({ capacity: 2 })];
    full.open();
    full.dispose();
    expect(() => full.open()).toThrow('the pool was disposed');
    model.dispose();
    expect(() => other.open()).toThrow(u.MemoryError);
    expect(other.size).toBe(0);
  });

  test('pools made and disposed keep memory flat', () => {
    const model = language();
    model.streams({ capacity: 4 }).dispose();
    const bytes = model.memoryBytes;
    for (let i = 0; i < 50; i++) {
      using pool = model.streams({ capacity: 4 });
      pool.step([pool.open(), pool.open()], [1, 2]);
    }
    expect(model.memoryBytes).toBe(bytes);
  });
});
