import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose } from '../kernels/closeness.ts';
import { Draw, thrown } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

const momentum = (): u.CustomOptimizer => ({
  name: 'own momentum',
  lr: 0.1,
  slots: ['velocity'],
  update(parameters, gradients, [velocity], { lr }) {
    for (let i = 0; i < parameters.length; i++) {
      velocity![i] = 0.9 * velocity![i]! + gradients[i]!;
      parameters[i]! -= lr * velocity![i]!;
    }
  },
});

function trainerOf(
  optimizer: u.Optimizer | u.CustomOptimizer,
  opts: Partial<u.TrainerOptions> = {},
): u.Trainer {
  const model = new u.Sequential([new u.LSTM(3, 4), new u.Linear(4, 2)], { seed: 1 });
  return new u.Trainer(model, { loss: u.mse, optimizer, ...opts });
}

function run(trainer: u.Trainer, from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => {
    const draw = new Draw(from + i);
    return trainer.step(draw.features(1, 5, 2, 3), draw.features(1, 5, 2, 2)).loss;
  });
}

describe('an optimizer of your own', () => {
  test.each<[string, Partial<u.TrainerOptions>]>([
    ['alone', {}],
    ['clipped, with a schedule', { clipNorm: 0.1, schedule: u.cosineLR({ steps: 6 }) }],
    ['in windows', { truncation: { k1: 2, k2: 4 } }],
  ])('makes the updates of one of this package: %s', (_, opts) => {
    const [own, built] = [
      trainerOf(momentum(), opts),
      trainerOf(new u.SGD({ lr: 0.1, momentum: 0.9 }), opts),
    ];
    expectClose(run(own, 0, 8), run(built, 0, 8), 1e-5, 'losses');
    expect(own.steps).toBe(built.steps);
    const expected = built.model.stateDict();
    for (const [name, { data }] of Object.entries(own.model.stateDict())) {
      expectClose(data, expected[name]!.data, 1e-5, name);
    }
  });

  test('is saved with its slots, and goes on bit for bit', () => {
    const whole = trainerOf(momentum());
    run(whole, 0, 4);
    const file = whole.save();
    const tail = run(whole, 4, 8);
    const again = trainerOf(momentum());
    again.restore(file);
    expect(run(again, 4, 8)).toEqual(tail);
    expect(again.save()).toEqual(whole.save());
    expect(thrown(() => trainerOf(new u.SGD({ lr: 1 })).restore(file))).toBeInstanceOf(u.FormatError);
  });

  test('the learning rate is set as that of any optimizer', () => {
    const trainer = trainerOf(momentum());
    trainer.optimizer.lr = 0;
    const before = trainer.model.stateDict();
    run(trainer, 0, 2);
    expect(trainer.model.stateDict()).toEqual(before);
  });

  test('one that throws in the midst of an update leaves the training as it was', () => {
    let fails = false;
    const optimizer = momentum();
    const { update } = optimizer;
    const trainer = trainerOf({
      ...optimizer,
      update(...args: Parameters<u.CustomOptimizer['update']>) {
        update(...args);
        if (fails) throw new RangeError('broken');
      },
    });
    run(trainer, 0, 2);
    const file = trainer.save();
    fails = true;
    expect(thrown(() => run(trainer, 2, 3))).toBeInstanceOf(RangeError);
    expect(trainer.save()).toEqual(file);
    fails = false;
    run(trainer, 2, 3);
    expect(trainer.steps).toBe(3);
  });

  test('an async update is refused, and changes nothing', () => {
    const trainer = trainerOf({
      ...momentum(),
      update: () => Promise.reject(new Error('too late')) as never,
    });
    const file = trainer.save();
    expect(thrown(() => run(trainer, 0, 1))).toMatchObject({ argument: 'optimizer.update' });
    expect(trainer.save()).toEqual(file);
  });

  test.each<[object, string]>([
    [{ name: '' }, 'optimizer.name'],
    [{ lr: -1 }, 'lr'],
    [{ slots: ['a', 'a'] }, 'optimizer.slots'],
    [{ slots: ['a.b'] }, 'optimizer.slots'],
    [{ slots: 'ab' }, 'optimizer.slots'],
  ])('%o is refused', (change, argument) => {
    const make = () => trainerOf({ ...momentum(), ...change });
    expect((thrown(make) as u.ArgumentError).argument).toBe(argument);
  });
});
