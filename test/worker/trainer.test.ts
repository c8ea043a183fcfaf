import * as u from 'unrolled';
import { WorkerTrainer, type WorkerTrainerOptions } from 'unrolled/worker';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { OPTIMIZERS, type OptimizerName } from '../../src/optim/table.ts';
import { expectWords, type Words } from '../errors.ts';
import { lossCases } from '../every.ts';
import { Draw } from '../model/helpers.ts';
import { some } from '../thorough.ts';
import { B, batch, described, hosted, inline, language, rejection, run, T, V } from './helpers.ts';

const open: WorkerTrainer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((trainer) => trainer.terminate()));
});

const plain = { schedule: undefined, clipNorm: undefined, carryState: false };

async function start(seed?: number): Promise<WorkerTrainer> {
  const trainer = await hosted(seed);
  open.push(trainer);
  return trainer;
}

async function create(
  opts: Partial<WorkerTrainerOptions>,
  model?: u.Sequential | Uint8Array,
): Promise<WorkerTrainer> {
  const trainer = await WorkerTrainer.create(model ?? (await language()), { ...described, ...opts });
  open.push(trainer);
  return trainer;
}

describe('a trainer in a worker gives what one inline gives, to the bit:', () => {
  test('updates, losses, states carried, and the file it saves', async () => {
    const [there, here] = [await start(), await inline()];
    expect(there.kernels).toBe('simd');
    expect(await run(there, 0, 6)).toEqual(await run(here, 0, 6));
    expect(there.steps).toBe(6);
    const { x, y } = batch(50);
    expect(await there.evaluate(x, y)).toEqual(here.evaluate(x, y));
    expect(await there.flow(x, y)).toEqual(here.flow(x, y));
    expect(await there.save({ note: 'a' })).toEqual(here.save({ note: 'a' }));
    expect(await there.saveModel({ note: 'b' })).toEqual(here.model.save({ note: 'b' }));
    await there.resetState();
    here.resetState();
    await there.setLearningRate(0.003);
    here.optimizer.lr = 0.003;
    expect(await run(there, 6, 9)).toEqual(await run(here, 6, 9));
  });

  test('calls are answered in order, however many wait', async () => {
    const [there, here] = [await start(), await inline()];
    const results = Array.from({ length: 8 }, (_, i) => there.step(batch(i).x, batch(i).y));
    expect(await Promise.all(results)).toEqual(await run(here, 0, 8));
  });

  test('saved and restored, there and here, a run goes on as if nothing had been', async () => {
    const [there, here] = [await start(), await inline()];
    await run(there, 0, 5);
    const file = await there.save();
    const rest = await run(there, 5, 9);
    const again = await start(9);
    await again.restore(file);
    expect(again.steps).toBe(5);
    expect(await run(again, 5, 9)).toEqual(rest);
    here.restore(file);
    expect(await run(here, 5, 9)).toEqual(rest);
    expect(u.Sequential.load(await again.saveModel()).stateDict()).toEqual(here.model.stateDict());
  });

  test('with options of a step: lengths, and how the gradient flows', async () => {
    const [there, here] = [await start(), await inline()];
    const { x, y } = batch(0);
    const opts = { lengths: [T, 2, 3], flow: true };
    const result = await there.step(x, y, opts);
    expect(result).toEqual(here.step(x, y, opts));
    expect(result.flow).toBeDefined();
    const { lengths } = opts;
    expect(await there.evaluate(x, y, { lengths })).toEqual(here.evaluate(x, y, { lengths }));
    const error = await rejection(there.step(x, y, { lengths: [1] }));
    expect(error).toMatchObject({ name: 'ShapeError', argument: 'lengths' });
    expect(await rejection(there.step(x, y, { speed: 1 } as never))).toBeInstanceOf(u.ArgumentError);
  });

  test('two at once do not disturb each other', async () => {
    const [a, b] = await Promise.all([start(1), start(2)]);
    const [first, second] = await Promise.all([run(a, 0, 5), run(b, 3, 8)]);
    expect(first).toEqual(await run(await inline(1), 0, 5));
    expect(second).toEqual(await run(await inline(2), 3, 8));
  });

  test.each(some(Object.keys(OPTIMIZERS) as OptimizerName[], 3))(
    'of features, from a file, with %s',
    async (name) => {
      await language();
      const model = new u.Sequential([new u.LSTM(2, 4), new u.Linear(4, 1)], { seed: 3 });
      const trainer = await create({ loss: 'mse', optimizer: { name, lr: 0.01 } }, model.save());
      const x = { data: Float32Array.from({ length: 12 }, (_, i) => i / 12), shape: [3, 2, 2] };
      const y = { data: new Float32Array(6).fill(0.5), shape: [3, 2, 1] };
      const { loss: before } = await trainer.evaluate(x, y);
      expect((await trainer.step(x, y)).loss).toBe(before);
      expect((await trainer.step(x, y)).loss).not.toBe(before);
    },
  );

  test.each(some(lossCases, 3))(
    '$label gives the loss it gives inline',
    async ({ name, options, make, target }) => {
      await language();
      const loss = make();
      const outputs = loss.targets === 'indices' ? 11 : 6;
      const model = new u.Sequential([new u.LSTM(2, 4), new u.Linear(4, outputs)], { seed: 3 });
      const file = model.save();
      const draw = new Draw(3);
      const x = draw.features(1, 3, 2, 2);
      const y =
        loss.targets === 'indices'
          ? draw.indices(11, 3, 2)
          : draw.features(1, 3, 2, loss.targetSize?.(6) ?? 6);
      if (loss.targets === 'features')
        y.data.forEach((v, i) => {
          y.data[i] = target(v);
        });
      const there = await create(
        { ...plain, loss: { name, ...options } as never, optimizer: { name: 'sgd', lr: 0.1 } },
        file,
      );
      const here = new u.Trainer(model, { loss, optimizer: new u.SGD({ lr: 0.1 }) });
      for (let i = 0; i < 2; i++) expect(await there.step(x, y)).toEqual(here.step(x, y));
    },
  );

  test('ignoreIndex comes along', async () => {
    const trainer = await create({ loss: { name: 'crossEntropy', ignoreIndex: 2 } });
    const { x, y } = batch(0);
    const error = await rejection(trainer.step(x, { ...y, data: y.data.map(() => 2) }));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, ['y', 'ignoreIndex', '2']);
  });
});

describe('arrays', () => {
  test('are copied, or moved where that is allowed', async () => {
    const [there, here] = [await start(), await inline()];
    const [a, b] = [batch(0), batch(1)];
    await there.step(a.x, a.y);
    expect(a.x.data.length).toBe(T * B);
    await there.step(b.x, b.y, { transfer: true });
    expect([b.x.data.length, b.y.data.length]).toEqual([0, 0]);
    await run(here, 0, 2);
    expect(await there.save()).toEqual(here.save());
  });

  test('a part of a buffer is sent as that part, and stays', async () => {
    const [there, here] = [await start(), await inline()];
    const { x, y } = batch(0);
    const whole = new Int32Array(1000);
    whole.set(x.data, 500);
    const part = { data: whole.subarray(500, 500 + T * B), shape: x.shape };
    expect(await there.step(part, y, { transfer: true })).toEqual(here.step(x, batch(0).y));
    expect(whole.length).toBe(1000);
  });

  test('plain arrays will do', async () => {
    const [there, here] = [await start(), await inline()];
    const [x, y] = [
      [1, 2, 3],
      [2, 3, 4],
    ];
    expect(await there.step(x, y)).toEqual(here.step(x, y));
  });
});

describe('errors keep their class and what they name:', () => {
  test('in a step, after which the trainer goes on', async () => {
    const [there, here] = [await start(), await inline()];
    const { x, y } = batch(0);
    const shape = await rejection(there.step({ data: x.data, shape: [4, 4] }, y));
    expect(shape).toBeInstanceOf(u.ShapeError);
    expect([shape.name, shape.argument]).toEqual(['ShapeError', 'x']);
    const index = await rejection(there.step({ ...x, data: x.data.map(() => V) }, y));
    expect(index).toBeInstanceOf(u.ArgumentError);
    expectWords(index, ['x (step 0, row 0)', '0..6', '7']);
    expect(await run(there, 0, 3)).toEqual(await run(here, 0, 3));
  });

  test.each<[string, Partial<WorkerTrainerOptions>, Words]>([
    ['a number out of range', { clipNorm: -1 }, ['clipNorm', '-1']],
    ['no such option', { clip: 1 } as object, ['Trainer: clip']],
    ['no such loss', { loss: 'l1' as 'mse' }, ['loss.name', 'crossEntropy', '"l1"']],
    ['a loss of no options', { loss: { name: 'mse', p: 2 } as never }, ['mse: p']],
    ['a loss that is a function', { loss: (() => 1) as never }, ['loss', 'data']],
    ['no optimizer', { optimizer: undefined as never }, ['optimizer', 'adamw']],
    ['an optimizer’s number', { optimizer: { name: 'adam', lr: -1 } }, ['lr', '-1']],
    ['an optimizer’s name', { optimizer: { name: 'toString' as 'adam' } }, ['optimizer.name', '"toString"']],
    ['a schedule that is a function', { schedule: (() => 1) as never }, ['schedule', 'data']],
    ['a schedule’s number', { schedule: { name: 'cosineLR', steps: 0 } }, ['steps', '0']],
    ['a binary that is none', { wasm: new Uint8Array(9) }, ['wasm', 'WebAssembly']],
    ['kernels of no name', { kernels: 'fast' as 'simd' }, ['kernels', '"fast"']],
  ])('at the start: %s', async (_, opts, words) => {
    const error = await rejection(create(opts));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expectWords(error, words);
  });

  test('at the start: an optimizer that is no plain data, a model that is none', async () => {
    const { AdamW } = await import('unrolled');
    expect((await rejection(create({ optimizer: new AdamW() as never }))).argument).toBe('optimizer');
    expect((await rejection(create({}, new u.Dropout(0.1) as never))).argument).toBe('model');
    expect(await rejection(create({}, new Uint8Array(20)))).toBeInstanceOf(u.FormatError);
  });

  test('a checkpoint of another model', async () => {
    const trainer = await start();
    expect(await rejection(trainer.restore((await language()).save()))).toBeInstanceOf(u.FormatError);
    expect(await rejection(trainer.setLearningRate(Number.NaN))).toBeInstanceOf(u.ArgumentError);
    expect(await rejection(trainer.run('anything'))).toMatchObject({ argument: 'name' });
    expect(await rejection(trainer.step([1], [2]).then(() => trainer.step(...twoRows())))).toBeInstanceOf(
      u.ShapeError,
    );
  });
});

function twoRows() {
  const x = { data: [1, 2], shape: [1, 2] };
  return [x, x] as const;
}

describe('sample', () => {
  let trainer: WorkerTrainer;
  beforeAll(async () => {
    trainer = await hosted();
  });
  afterAll(() => trainer.terminate());

  test('writes what a stream of the saved model writes, and says how likely it was', async () => {
    await run(trainer, 0, 3);
    const { indices, probabilities } = await trainer.sample({
      prompt: [1, 2],
      length: 20,
      temperature: 0.8,
      seed: 4,
    });
    const { Generator } = await import('unrolled');
    const model = u.Sequential.load(await trainer.saveModel());
    const stream = model.stream();
    const generator = new Generator(4);
    stream.step(1);
    stream.step(2);
    for (let i = 0; i < 20; i++) {
      const index = stream.sample(generator, 0.8);
      expect(index).toBe(indices[i]);
      const likely = stream.probabilities();
      expect(likely[index]).toBe(probabilities[i]);
      expect(likely.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      stream.step(index);
    }
  });

  test('takes the likeliest at temperature 0', async () => {
    const a = await trainer.sample({ prompt: [3], length: 9, temperature: 0, seed: 1 });
    expect(await trainer.sample({ prompt: [3], length: 9, temperature: 0, seed: 2 })).toEqual(a);
    for (const p of a.probabilities) expect(p).toBeGreaterThanOrEqual(1 / V);
  });

  test.each<[string, object, string]>([
    ['an empty prompt', { prompt: [], length: 3 }, 'prompt'],
    ['no length', { prompt: [1] }, 'length'],
    ['an index outside', { prompt: [V], length: 3 }, 'input (row 0)'],
    ['a temperature below 0', { prompt: [1], length: 3, temperature: -1 }, 'temperature'],
    ['another option', { prompt: [1], length: 3, top: 1 }, 'sample: top'],
  ])('refuses %s', async (_, opts, argument) => {
    const error = await rejection(trainer.sample(opts as never));
    expect(error).toBeInstanceOf(u.ArgumentError);
    expect(error.argument).toBe(argument);
  });

  test('refuses a model of features', async () => {
    await language();
    const trainer = await create({ loss: 'mse' }, new u.Sequential([new u.LSTM(2, 2)]));
    expect((await rejection(trainer.sample({ prompt: [1], length: 1 }))).argument).toBe('model');
    expect(await rejection(trainer.restore(new Uint8Array(3)))).not.toBeInstanceOf(u.StateError);
  });
});
