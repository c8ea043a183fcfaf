import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose } from '../kernels/closeness.ts';
import { Draw, thrown } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const [T, B, I, O] = [6, 3, 4, 3];

const ownHuber: u.CustomFeatureLoss = {
  name: 'huber',
  targets: 'features',
  evaluate(output, target, gradient) {
    let sum = 0;
    for (let i = 0; i < output.length; i++) {
      const d = output[i]! - target[i]!;
      const near = Math.abs(d) <= 0.4;
      sum += near ? (d * d) / 2 : 0.4 * (Math.abs(d) - 0.2);
      if (gradient) gradient[i] = near ? d : 0.4 * Math.sign(d);
    }
    return sum;
  },
};

const ownCrossEntropy: u.CustomIndexLoss = {
  name: 'own cross entropy',
  targets: 'indices',
  ignoreIndex: -1,
  evaluate(output, target, gradient) {
    const classes = output.length / target.length;
    let sum = 0;
    for (const [n, index] of target.entries()) {
      if (index === -1) continue;
      const row = [...output.subarray(n * classes, (n + 1) * classes)].map(Math.exp);
      const total = row.reduce((a, b) => a + b);
      sum -= Math.log(row[index]! / total);
      for (let j = 0; gradient && j < classes; j++) {
        gradient[n * classes + j] = row[j]! / total - Number(j === index);
      }
    }
    return sum;
  },
};

type Steps = { lengths?: number[] };

function train(loss: u.Loss | u.CustomLoss, opts: Partial<u.TrainerOptions>, steps: Steps) {
  const model = new u.Sequential([new u.GRU(I, 5), new u.Linear(5, O)], { seed: 2 });
  const trainer = new u.Trainer(model, { loss, optimizer: new u.AdamW({ lr: 0.01 }), clipNorm: 1, ...opts });
  const draw = new Draw(7);
  const results: number[] = [];
  for (let i = 0; i < 5; i++) {
    const x = draw.features(1, T, B, I);
    const features = draw.features(2, T, B, O);
    const indices = draw.indices(O, T, B);
    indices.data[3] = loss.ignoreIndex ?? 0;
    const y = loss.targets === 'features' ? features : indices;
    const { loss: value, gradNorm } = trainer.step(x, y, steps);
    results.push(value, gradNorm, trainer.evaluate(x, y, steps).loss);
  }
  return results;
}

describe('a loss of your own', () => {
  test.each<[string, Partial<u.TrainerOptions>, Steps]>([
    ['whole sequences', {}, {}],
    ['lengths', {}, { lengths: [2, 6, 3] }],
    ['segments of a memory budget', { memoryBudget: 6000 }, {}],
    ['windows of truncated BPTT', { truncation: { k1: 2, k2: 4 } }, {}],
    ['carried states', { carryState: true }, {}],
  ])('is worth the same as one of this package: %s', (_, opts, steps) => {
    expectClose(train(ownHuber, opts, steps), train(u.huber({ delta: 0.4 }), opts, steps), 1e-6, 'huber');
    const expected = train(u.crossEntropy({ ignoreIndex: -1 }), opts, steps);
    expectClose(train(ownCrossEntropy, opts, steps), expected, 1e-6, 'cross entropy');
  });

  test('one that throws leaves the training as it was', () => {
    let calls = 0;
    const loss: u.CustomFeatureLoss = {
      ...ownHuber,
      evaluate: (...args: Parameters<u.CustomFeatureLoss['evaluate']>) => {
        if (++calls === 4) throw new RangeError('broken');
        return ownHuber.evaluate(...args);
      },
    };
    const model = new u.Sequential([new u.GRU(I, 5), new u.Linear(5, O)]);
    const trainer = new u.Trainer(model, { loss, optimizer: new u.AdamW(), truncation: { k1: 2, k2: 2 } });
    const draw = new Draw(1);
    const [x, y] = [draw.features(1, T, B, I), draw.features(1, T, B, O)];
    const before = trainer.save();
    calls = 1;
    // the third of three windows
    expect(thrown(() => trainer.step(x, y))).toBeInstanceOf(RangeError);
    expect(calls).toBe(4);
    expect(trainer.save()).toEqual(before);
    trainer.step(x, y);
    expect(trainer.steps).toBe(3);
  });

  test.each<[object, string]>([
    [{ name: '' }, 'loss.name'],
    [{ targets: 'rows' }, 'loss.targets'],
    [{ ignoreIndex: 0.5 }, 'loss.ignoreIndex'],
  ])('%o is refused', (change, argument) => {
    const make = () =>
      new u.Trainer(new u.Sequential([new u.Linear(1, 1)]), {
        loss: { ...ownHuber, ...change } as u.CustomLoss,
        optimizer: new u.AdamW(),
      });
    expect((thrown(make) as u.ArgumentError).argument).toBe(argument);
  });

  test('a result that is no number is refused', () => {
    const loss = { ...ownHuber, evaluate: () => undefined as never };
    const trainer = new u.Trainer(new u.Sequential([new u.Linear(1, 1)]), { loss, optimizer: new u.AdamW() });
    expect(thrown(() => trainer.step([1], [1]))).toBeInstanceOf(u.ArgumentError);
  });
});
