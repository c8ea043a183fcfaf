import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectClose } from '../kernels/closeness.ts';
import { thrown } from '../model/helpers.ts';

beforeAll(() => u.init({ kernels: 'simd' }));

// rates of PyTorch 2.15 with lr 1
describe('as torch.optim.lr_scheduler', () => {
  test.each([
    ['ExponentialLR', u.exponentialLR({ gamma: 0.9 }), [1, 0.9, 0.81, 0.729, 0.6561]],
    ['MultiStepLR', u.multiStepLR({ milestones: [2, 5] }), [1, 1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01]],
    [
      'OneCycleLR',
      u.oneCycle({ steps: 10 }),
      [
        ...[0.04, 0.52, 1, 0.9504846320134737, 0.8117456539497631, 0.6112620219362893],
        ...[0.38874197806371075, 0.18825834605023697, 0.049519367986526286, 4e-6],
      ],
    ],
  ])('%s', (_, schedule, rates) => {
    expectClose(
      rates.map((_, step) => schedule(step)),
      rates,
      1e-12,
      'rates',
    );
    expect(schedule(1e6)).toBeLessThanOrEqual(rates.at(-1)! * (1 + 1e-9));
  });

  test.each([
    [
      { factor: 0.5, patience: 1, cooldown: 1, threshold: 0.1 },
      [5, 4, 3.9, 3.8, 3.7, 3.9, 4, 2, 2, 2, 2, 2, 2, 2],
      [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125, 0.125, 0.125, 0.0625],
    ],
    [
      { mode: 'max', factor: 0.5, patience: 0, threshold: 0.1, thresholdMode: 'abs', minFactor: 0.2 },
      [1, 1.05, 2, 2, 2, 2, 3, 3],
      [1, 1, 0.5, 0.5, 0.25, 0.2, 0.2, 0.2],
    ],
  ] as const)('ReduceLROnPlateau %j', (opts, metrics, rates) => {
    const schedule = u.plateau(opts);
    const got = metrics.map((metric, step) => {
      const rate = schedule(step);
      schedule.report(metric);
      return rate;
    });
    expect(got).toEqual(rates);
  });
});

function made() {
  const schedule = u.plateau({ patience: 0, factor: 0.5 });
  const model = new u.Sequential([new u.Linear(1, 1)]);
  return new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 1 }), schedule });
}
const one = { data: [1], shape: [1, 1, 1] };

test('infinity is no improvement, as in torch 2.15, and what is saved outlasts JSON', () => {
  const unbounded = u.plateau({ patience: 0, factor: 0.5 });
  unbounded.report(Number.POSITIVE_INFINITY);
  expect(unbounded(0)).toBe(0.5);
  expect(JSON.parse(JSON.stringify(unbounded.state()))).toEqual(unbounded.state());
});

test('a trainer reports the metric, and saves what the schedule knows', () => {
  const [a, b] = [made(), made()];
  for (const metric of [3, 4, 4]) a.report(metric);
  b.restore(a.save());
  expect(b.step(one, one).lr).toBe(0.25);
  expect(a.step(one, one).lr).toBe(0.25);
  b.report(5);
  expect(b.step(one, one).lr).toBe(0.125);
});

test('a plateau after a warm-up is told the metric, and its state is in checkpoints', () => {
  const after = { name: 'plateau', patience: 0, factor: 0.5 } as const;
  const inside = u.warmup({ steps: 1, after: u.plateau({ patience: 0, factor: 0.5 }) });
  const make = (schedule: NonNullable<u.TrainerOptions['schedule']>) =>
    new u.Trainer(new u.Sequential([new u.Linear(1, 1)], { seed: 1 }), {
      ...{ loss: u.mse, optimizer: new u.SGD({ lr: 1 }), schedule },
    });
  const a = make({ name: 'warmup', steps: 2, after });
  const b = make(u.warmup({ steps: 1, after: inside }));
  for (const metric of [3, 4, 4]) a.report(metric);
  b.restore(a.save());
  expect([a, b].map((trainer) => [0, 1, 2].map(() => trainer.step(one, one).lr))).toEqual([
    [0.5, 1, 0.25],
    [1, 1, 0.25],
  ]);
  expect(thrown(() => make(u.warmup({ steps: 1 })).report(1))).toBeInstanceOf(u.StateError);
});

test.each<[string, () => unknown, string]>([
  ['a gamma that is negative', () => u.exponentialLR({ gamma: -1 }), 'gamma'],
  ['milestones that are not a list', () => u.multiStepLR({ milestones: 3 as never }), 'milestones'],
  ['a milestone that is no integer', () => u.multiStepLR({ milestones: [1, 1.5] }), 'milestones[1]'],
  ['no steps', () => u.oneCycle({ steps: 0 }), 'steps'],
  ['a divisor of 0', () => u.oneCycle({ steps: 5, divFactor: 0 }), 'divFactor'],
  ['a factor of 1', () => u.plateau({ factor: 1 }), 'factor'],
  ['a mode nobody knows', () => u.plateau({ mode: 'up' as never }), 'mode'],
  ['a metric that is no number', () => made().report('1' as never), 'metric'],
])('refused: %s', (_, call, argument) => {
  const error = thrown(call);
  expect(error).toBeInstanceOf(u.ArgumentError);
  expect(error).toMatchObject({ argument });
});

test('a trainer without such a schedule takes no metric; a broken state is refused', () => {
  const model = new u.Sequential([new u.Linear(1, 1)]);
  const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.SGD({ lr: 1 }) });
  expect(thrown(() => trainer.report(1))).toBeInstanceOf(u.StateError);
  expect(thrown(() => u.plateau().restore({ scale: -1 }))).toBeInstanceOf(u.FormatError);
});
