import { beforeAll, describe, expect, test } from 'vitest';
import { Dropout, init, Linear, mse, type NDArray, Sequential, SGD, Trainer } from '../../src/index.ts';
import { expectSame } from '../kernels/closeness.ts';
import { Draw, expectSameArray } from '../model/helpers.ts';

const N = 20_000;
const ones: NDArray = { data: new Float32Array(N).fill(1), shape: [1, N, 1] };

/** Linear(1, 1) that passes its input on, then dropout. */
function dropped(p: number, seed = 1): Sequential {
  const model = new Sequential([new Linear(1, 1), new Dropout(p)], { seed });
  model.loadStateDict({ '0.weight': [1], '0.bias': [0] });
  return model;
}

describe('Dropout', () => {
  beforeAll(() => init({ kernels: 'simd' }));

  test.each([0.1, 0.5, 0.9])('p = %f: a share p is 0, the rest 1/(1 − p)', (p) => {
    const { data } = dropped(p).forward(ones, { training: true });
    const zeros = data.filter((v) => v === 0).length;
    // 5 standard deviations of the binomial
    expect(Math.abs(zeros / N - p)).toBeLessThan(5 * Math.sqrt((p * (1 - p)) / N));
    expect(data.every((v) => v === 0 || v === Math.fround(1 / (1 - p)))).toBe(true);
  });

  test('the backward pass has the mask of its forward', () => {
    const model = dropped(0.4);
    const { data } = model.forward(ones, { training: true });
    expectSame(model.backward(ones)!.data, data, 'gradient of ones');
  });

  test('each forward has another mask, a seed the same ones', () => {
    const [a, b, other] = [dropped(0.5, 3), dropped(0.5, 3), dropped(0.5, 4)];
    const masks = (model: Sequential) => [1, 2, 3].map(() => model.forward(ones, { training: true }).data);
    const drawn = masks(a);
    expect(masks(b)).toEqual(drawn);
    expect(drawn[1]).not.toEqual(drawn[0]);
    expect(masks(other)[0]).not.toEqual(drawn[0]);
  });

  test('two layers of one model have different masks', () => {
    const model = new Sequential([new Dropout(0.5), new Linear(1, 1), new Dropout(0.5)]);
    model.loadStateDict({ '1.weight': [1], '1.bias': [0] });
    const { data } = model.forward(ones, { training: true });
    const kept = data.filter((v) => v === 4).length;
    expect(Math.abs(kept / N - 0.25)).toBeLessThan(5 * Math.sqrt(0.1875 / N));
  });

  test('inference, streams and evaluation drop nothing and draw nothing', () => {
    const [a, b] = [dropped(0.5), dropped(0.5)];
    const trainer = new Trainer(a, { loss: mse, optimizer: new SGD({ lr: 0 }) });
    expectSameArray(a.forward(ones), ones, 'inference');
    expect(a.stream().step([7])[0]).toBe(7);
    expect(trainer.evaluate(ones, ones).loss).toBe(0);
    expectSameArray(a.forward(ones, { training: true }), b.forward(ones, { training: true }), 'next mask');
  });

  test('p = 0 changes nothing in training', () => {
    const x = new Draw(1).features(1, 1, 50, 1);
    expectSameArray(dropped(0).forward(x, { training: true }), x, 'output');
  });
});
