import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { parseSafetensors, serializeSafetensors, type TensorInput } from '../../src/io/index.ts';
import { expectWords, type Words } from '../errors.ts';
import { optimizerCases } from '../every.ts';
import { Draw, expectSameArray, expectSameDict, thrown } from './helpers.ts';
import { languageModel } from './languageModel.ts';

beforeAll(() => u.init());

const [V, T, B] = [7, 5, 3];

function language(seed: number): u.Sequential {
  return languageModel(V, [4, 6, 5], { seed, dropout: 0.3 });
}

function trainer(optimizer: u.Optimizer, opts: Partial<u.TrainerOptions> = {}, seed = 1): u.Trainer {
  return new u.Trainer(language(seed), { loss: u.crossEntropy, optimizer, carryState: true, ...opts });
}

/** Updates first..last−1 of a run, each on a batch of its own. */
function run(t: u.Trainer, first: number, last: number): number[] {
  const results: number[] = [];
  for (let i = first; i < last; i++) {
    const draw = new Draw(100 + i);
    const { loss, gradNorm, lr } = t.step(draw.indices(V, T, B), draw.indices(V, T, B));
    results.push(loss, gradNorm, lr);
  }
  return results;
}

describe('Trainer.save and restore', () => {
  test.each(optimizerCases)('$label: the run continues bit for bit', ({ make: optimizer }) => {
    const opts = () => ({
      clipNorm: 0.5,
      schedule: u.warmup({ steps: 3, after: u.cosineLR({ steps: 20, floor: 0.1 }) }),
    });
    const whole = trainer(optimizer(), opts());
    const head = run(whole, 0, 6);
    const file = whole.save();
    const tail = run(whole, 6, 12);

    const again = trainer(optimizer(), opts(), 99);
    run(again, 20, 22);
    again.restore(file);
    expect(again.steps).toBe(6);
    expect(again.save()).toEqual(file);
    expect(run(again, 6, 12)).toEqual(tail);
    expectSameDict(again.model.stateDict(), whole.model.stateDict());
    expect(head.slice(0, 3)).not.toEqual(tail.slice(0, 3));
  });

  test('without states carried, and from a trainer that had not made a step', () => {
    for (const steps of [0, 3]) {
      const whole = trainer(new u.AdamW(), { carryState: false });
      run(whole, 0, steps);
      const file = whole.save();
      const again = trainer(new u.AdamW(), { carryState: false }, 9);
      again.restore(file);
      expect(run(again, steps, steps + 3)).toEqual(run(whole, steps, steps + 3));
    }
  });

  test('a file without carried states makes the next step start from zeros', () => {
    const a = trainer(new u.SGD({ lr: 0.1 }));
    run(a, 0, 2);
    a.resetState();
    const file = a.save();
    const b = trainer(new u.SGD({ lr: 0.1 }));
    run(b, 5, 7);
    b.restore(file);
    expect(run(b, 2, 4)).toEqual(run(a, 2, 4));
  });

  test('states carried are left out where the trainer carries none', () => {
    const a = trainer(new u.SGD({ lr: 0.1 }));
    run(a, 0, 2);
    const b = trainer(new u.SGD({ lr: 0.1 }), { carryState: false }, 4);
    b.restore(a.save());
    expectSameDict(b.model.stateDict(), a.model.stateDict());
    expect([...parseSafetensors(b.save()).tensors.keys()].filter((n) => n.startsWith('carried'))).toEqual([]);
  });

  test('a learning rate set by hand is kept', () => {
    const a = trainer(new u.SGD({ lr: 0.1 }));
    a.optimizer.lr = 0.05;
    const b = trainer(new u.SGD({ lr: 0.1 }));
    b.restore(a.save());
    expect(b.optimizer.lr).toBe(0.05);
  });

  test('a stream sees the parameters restored', () => {
    const a = trainer(new u.SGD({ lr: 0.1 }));
    const b = trainer(new u.SGD({ lr: 0.1 }), {}, 5);
    const stream = b.model.stream();
    stream.step(1);
    b.restore(a.save());
    stream.reset();
    expect(stream.step(1).slice()).toEqual(a.model.stream().step(1).slice());
  });

  test('Sequential.load takes the model of a checkpoint', () => {
    const a = trainer(new u.AdamW());
    run(a, 0, 3);
    const x = new Draw(1).indices(V, T, B);
    expectSameArray(u.Sequential.load(a.save()).forward(x), a.model.forward(x), 'output');
  });

  test('tensors of the optimizer have torch.optim’s names before the parameters’', () => {
    const names = (optimizer: u.Optimizer) =>
      [...parseSafetensors(trainer(optimizer).save()).tensors.keys()].filter((n) => n.endsWith('0.weight'));
    expect(names(new u.Adam()).sort()).toEqual([
      '0.weight',
      'optimizer.exp_avg.0.weight',
      'optimizer.exp_avg_sq.0.weight',
    ]);
    expect(names(new u.Adagrad()).sort()).toEqual(['0.weight', 'optimizer.sum.0.weight']);
  });
});

describe('a checkpoint is refused with a FormatError, and nothing changes:', () => {
  interface File {
    tensors: Map<string, TensorInput>;
    description: Record<string, unknown>;
  }

  function changed(change: (file: File) => unknown, of = trainer(new u.AdamW())): Uint8Array {
    run(of, 3, 5);
    const { tensors, metadata } = parseSafetensors(of.save());
    const file: File = { tensors: new Map(tensors), description: JSON.parse(metadata.unrolled!) };
    change(file);
    return serializeSafetensors([...file.tensors], { unrolled: JSON.stringify(file.description) });
  }

  const set = (key: string, value: unknown) =>
    changed(({ description }) => {
      description[key] = value;
    });
  const state = { name: 'adamw', lr: 0.1, steps: 3 };

  test.each<[string, () => Uint8Array, Words]>([
    ['a model without training', () => language(1).save(), ['training']],
    ['another optimizer', () => changed(() => {}, trainer(new u.Adam())), ['"adam"']],
    [
      'an optimizer with fewer slots',
      () => changed(() => {}, trainer(new u.SGD({ lr: 1 }))),
      ['tensor', 'optimizer.exp_avg.0.weight'],
    ],
    ['no name of an optimizer', () => set('optimizer', { ...state, name: undefined }), ['undefined']],
    ['a rate that is text', () => set('optimizer', { ...state, lr: 'a' }), ['"a"', '3']],
    ['steps below 0', () => set('optimizer', { ...state, steps: -1 }), ['-1']],
    [
      'an optimizer’s tensor missing',
      () => changed(({ tensors: t }) => t.delete('optimizer.exp_avg.0.weight')),
      ['tensor', 'optimizer.exp_avg.0.weight'],
    ],
    [
      'an optimizer’s tensor too many',
      () => changed(({ tensors: t }) => t.set('optimizer.sum.0.weight', t.get('0.weight')!)),
      ['extra', 'tensor', 'optimizer.sum.0.weight'],
    ],
    [
      'an optimizer’s tensor of another shape',
      () =>
        changed(({ tensors: t }) =>
          t.set('optimizer.exp_avg.0.weight', { shape: [1], data: new Float32Array(1) }),
        ),
      ['optimizer.exp_avg.0.weight', '[7, 4]', '[1]'],
    ],
    ['a parameter missing', () => changed(({ tensors: t }) => t.delete('0.weight')), ['tensor', '0.weight']],
    [
      'a carried state missing',
      () => changed(({ tensors: t }) => t.delete('carried.2')),
      ['tensor', 'carried.2'],
    ],
    [
      'a carried state too many',
      () => changed(({ tensors: t }) => t.set('carried.3', t.get('carried.0')!)),
      ['extra', 'tensor', 'carried.3'],
    ],
    ['another batch than the carried states', () => set('carried', 4), ['carried.0', '[4, 6]', '[3, 6]']],
    ['1e15 rows of carried states', () => set('carried', 1e15), ['carried.0', '[1000000000000000, 6]']],
    ['half a row of carried states', () => set('carried', 0.5), ['carried', '0.5']],
    ['no rows of carried states', () => set('carried', null), ['carried', 'null']],
    [
      'other layers',
      () =>
        changed(
          () => {},
          new u.Trainer(new u.Sequential([new u.Embedding(V, 4), new u.Linear(4, V)]), {
            loss: u.crossEntropy,
            optimizer: new u.AdamW(),
          }),
        ),
      ['checkpoint', 'layers'],
    ],
    ['another generator', () => set('generator', [1, 2, 3]), ['generator state']],
    ['another version', () => set('version', 0), ['version', '0']],
  ])('%s', (_, make, message) => {
    const t = trainer(new u.AdamW(), {}, 2);
    run(t, 0, 2);
    const before = t.save();
    const bytes = make();
    const error = thrown(() => t.restore(bytes));
    expect(error).toBeInstanceOf(u.FormatError);
    expectWords(error, message);
    expect(t.save()).toEqual(before);
    const untouched = trainer(new u.AdamW(), {}, 2);
    run(untouched, 0, 2);
    expect(run(t, 2, 4)).toEqual(run(untouched, 2, 4));
  });

  test('a trainer that the model has no more is refused', () => {
    const first = trainer(new u.AdamW());
    const file = first.save();
    new u.Trainer(first.model, { loss: u.crossEntropy, optimizer: new u.AdamW() });
    for (const call of [() => first.save(), () => first.restore(file), () => first.step([1], [2])]) {
      expect(thrown(call), String(call)).toBeInstanceOf(u.StateError);
    }
  });
});
