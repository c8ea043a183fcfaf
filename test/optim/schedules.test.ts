import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { expectWords, type Words } from '../errors.ts';
import { optimizerCases } from '../every.ts';
import { Draw, expectSameDict, thrown } from '../model/helpers.ts';

const steps = Array.from({ length: 300 }, (_, i) => i);

function follows(schedule: u.Schedule, formula: (step: number) => number): void {
  for (const step of steps)
    expect(Math.abs(schedule(step) - formula(step)), `step ${step}`).toBeLessThan(1e-12);
}

describe('schedules', () => {
  test('stepLR: gamma to the power of the steps made', () => {
    follows(u.stepLR({ stepSize: 7, gamma: 0.5 }), (step) => 0.5 ** Math.floor(step / 7));
    follows(u.stepLR({ stepSize: 30 }), (step) => 0.1 ** Math.floor(step / 30));
    follows(u.stepLR({ stepSize: 1, gamma: 0 }), (step) => (step ? 0 : 1));
  });

  test('stepLR: a step far on takes no longer', () => {
    expect(u.stepLR({ stepSize: 1, gamma: 0.9 })(Number.MAX_SAFE_INTEGER)).toBeLessThan(1e-300);
    expect(u.stepLR({ stepSize: 1, gamma: 1 })(Number.MAX_SAFE_INTEGER)).toBe(1);
  });

  test('cosineLR: half a cosine from 1 to the floor, then the floor', () => {
    follows(u.cosineLR({ steps: 100 }), (step) => (1 + Math.cos(Math.PI * Math.min(step / 100, 1))) / 2);
    follows(
      u.cosineLR({ steps: 250, floor: 0.1 }),
      (step) => 0.1 + 0.45 * (1 + Math.cos(Math.PI * Math.min(step / 250, 1))),
    );
    const ends = [
      u.cosineLR({ steps: 10 })(0),
      u.cosineLR({ steps: 10, floor: 0.25 })(10),
      u.cosineLR({ steps: 10 })(1e9),
    ];
    [1, 0.25, 0].forEach((end, i) => {
      expect(ends[i]).toBeCloseTo(end, 14);
    });
  });

  test('warmup: even steps up to 1, then what follows', () => {
    follows(u.warmup({ steps: 40 }), (step) => Math.min((step + 1) / 40, 1));
    const after = u.stepLR({ stepSize: 20, gamma: 0.3 });
    follows(u.warmup({ steps: 40, after }), (step) =>
      step < 40 ? (step + 1) / 40 : 0.3 ** Math.floor((step - 40) / 20),
    );
  });

  test.each<[string, () => unknown, Words]>([
    ['stepSize', () => u.stepLR({ stepSize: 0 }), ['stepSize', '0']],
    ['no options', () => u.stepLR(undefined as never), ['stepSize', 'undefined']],
    ['gamma', () => u.stepLR({ stepSize: 1, gamma: Number.NaN }), ['gamma', 'finite', 'NaN']],
    ['steps', () => u.cosineLR({ steps: 1.5 }), ['steps', '1.5']],
    ['floor', () => u.cosineLR({ steps: 1, floor: 2 }), ['floor', '2']],
    ['after', () => u.warmup({ steps: 1, after: 3 as never }), ['after', '3']],
    ['unknown', () => u.warmup({ steps: 1, foo: 3 } as never), ['warmup: foo']],
  ])('bad argument: %s', (_, call, message) => {
    const error = thrown(call);
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, message);
  });
});

describe('a schedule in a Trainer', () => {
  beforeAll(() => u.init());

  const draw = new Draw(1);
  const x = draw.features(1, 4, 2, 3);
  const y = draw.features(1, 4, 2, 2);

  test('the rate of each update is the optimizer’s times its factor', () => {
    const model = new u.Sequential([new u.Linear(3, 2)]);
    const schedule = u.warmup({ steps: 3, after: u.cosineLR({ steps: 5 }) });
    const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW({ lr: 0.02 }), schedule });
    for (let step = 0; step < 10; step++) expect(trainer.step(x, y).lr).toBe(0.02 * schedule(step));
  });

  test.each(optimizerCases)('$label: the factor ½ of lr is ½ lr, to the bit', ({ make }) => {
    const run = (lr: number, schedule?: u.Schedule) => {
      const model = new u.Sequential([new u.Linear(3, 2)]);
      const trainer = new u.Trainer(model, {
        loss: u.mse,
        optimizer: make({ lr }),
        ...(schedule && { schedule }),
      });
      for (let i = 0; i < 5; i++) trainer.step(x, y);
      return model.stateDict();
    };
    const halved = run(0.02, () => 0.5);
    expectSameDict(halved, run(0.01));
    expect(halved['0.weight']!.data).not.toEqual(run(0.02)['0.weight']!.data);
  });
});
