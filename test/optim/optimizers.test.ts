import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { Power } from '../../src/optim/optimizer.ts';
import { expectWords, type Words } from '../errors.ts';
import { Draw, expectSameDict, thrown } from '../model/helpers.ts';

beforeAll(() => u.init());

describe('optimizers', () => {
  const makers = {
    SGD: (o?: object) => new u.SGD(o as never),
    Adam: (o?: object) => new u.Adam(o),
    AdamW: (o?: object) => new u.AdamW(o),
    RMSprop: (o?: object) => new u.RMSprop(o),
    Adagrad: (o?: object) => new u.Adagrad(o),
    Adadelta: (o?: object) => new u.Adadelta(o),
    Adamax: (o?: object) => new u.Adamax(o),
  };

  test.each<[keyof typeof makers, object | undefined, Words]>([
    ['SGD', undefined, ['lr', 'finite', 'undefined']],
    ['SGD', { lr: Number.NaN }, ['lr', 'NaN']],
    ['SGD', { lr: -1 }, ['lr', '-1']],
    ['SGD', { lr: '0.1' }, ['lr', '"0.1"']],
    ['SGD', { lr: 1, nesterov: true }, ['momentum', '0']],
    ['SGD', { lr: 1, nesterov: 1 }, ['nesterov', '1']],
    ['SGD', { lr: 1, momentum: 0.9, nesterov: true, dampening: 0.1 }, ['dampening', '0.1']],
    ['SGD', { lr: 1, maximize: 1 }, ['maximize', '1']],
    ['SGD', { lr: 1, fused: true }, ['SGD: fused']],
    ['Adam', { betas: [0.9] }, ['betas', '[0.9]']],
    ['Adam', { betas: [0.9, 1] }, ['betas[1]', '1']],
    ['Adam', { eps: Number.POSITIVE_INFINITY }, ['eps', 'Infinity']],
    ['Adam', { amsgrad: 1 }, ['amsgrad', '1']],
    ['AdamW', { capturable: true }, ['AdamW: capturable']],
    ['Adadelta', { rho: 2 }, ['rho', '2']],
    ['Adamax', { betas: [1, 0] }, ['betas[0]', '1']],
    ['RMSprop', { alpha: 1.1 }, ['alpha', '1.1']],
    ['RMSprop', { centered: 0 }, ['centered', '0']],
    ['RMSprop', { momentum: -1 }, ['momentum', '-1']],
    ['Adagrad', { lrDecay: 'a' }, ['lrDecay', '"a"']],
    ['Adagrad', 3 as never, ['the options of Adagrad', '3']],
  ])('%s refuses %o', (name, given, message) => {
    const error = thrown(() => makers[name](given));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, message);
  });

  test.each([Number.NaN, Number.POSITIVE_INFINITY, -1, '1' as never, undefined as never])(
    'lr = %o is refused and leaves the rate as it was',
    (value) => {
      const optimizer = new u.SGD({ lr: 0.5 });
      const error = thrown(() => {
        optimizer.lr = value;
      });
      expect(error).toBeInstanceOf(u.ArgumentError);
      expectWords(error, ['lr']);
      expect(optimizer.lr).toBe(0.5);
      optimizer.lr = 0.25;
      expect(optimizer.lr).toBe(0.25);
    },
  );

  test('an option that is undefined is left out', () => {
    const x = new Draw(1).features(1, 3, 2, 3);
    const run = (optimizer: u.AdamW) => {
      const model = new u.Sequential([new u.Linear(3, 3)]);
      new u.Trainer(model, { loss: u.mse, optimizer }).step(x, x);
      return model.stateDict();
    };
    const given = run(new u.AdamW({ weightDecay: undefined } as never));
    expectSameDict(given, run(new u.AdamW()));
    expect(given['0.weight']!.data).not.toEqual(run(new u.AdamW({ weightDecay: 0 }))['0.weight']!.data);
  });

  test.each([
    [{ name: 'adam', lr: 1, steps: 1 }, ['sgd']],
    [undefined, ['undefined']],
    [{ name: 'sgd', lr: Number.NaN, steps: 1 }, ['NaN', '1']],
    [{ name: 'sgd', lr: 1, steps: -1 }, ['steps', '-1']],
    [{ name: 'sgd', lr: 1, steps: 1.5 }, ['steps', '1.5']],
    [{ name: 'sgd', steps: 1 }, ['expected lr and steps', 'undefined']],
    [{ name: 'sgd', lr: '1', steps: 1 }, ['lr', '"1"']],
  ])('restore refuses %o and changes nothing', (state, message) => {
    const optimizer = new u.SGD({ lr: 0.5 });
    const error = thrown(() => optimizer.restore(state));
    expect(error).toBeInstanceOf(u.FormatError);
    expectWords(error, message);
    expect(optimizer.state()).toEqual({ name: 'sgd', lr: 0.5, steps: 0 });
  });

  test('an optimizer serves one trainer', () => {
    const optimizer = new u.Adam();
    new u.Trainer(new u.Sequential([new u.Linear(1, 1)]), { loss: u.mse, optimizer });
    const again = () => new u.Trainer(new u.Sequential([new u.Linear(1, 1)]), { loss: u.mse, optimizer });
    expect(thrown(again)).toBeInstanceOf(u.StateError);
  });
});

describe('Power', () => {
  test.each([0, 0.5, 0.9, 0.999])('continued at t it has the bits of t steps: %f', (base) => {
    const [walked, jumped] = [new Power(base), new Power(base)];
    for (let t = 1; t <= 2000; t++) walked.at(t);
    jumped.continueFrom(2000);
    expect(jumped.value).toBe(walked.value);
    expect(jumped.at(2001)).toBe(walked.at(2001));
    expect(jumped.at(2001), 'a second part of the same update').toBe(walked.value);
  });

  test('a number of steps no run has made ends', () => {
    const power = new Power(0.999);
    power.continueFrom(Number.MAX_SAFE_INTEGER);
    expect(power.value).toBeLessThan(1e-300);
  });
});
