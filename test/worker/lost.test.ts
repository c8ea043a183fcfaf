import { ArgumentError, mse, SGD, StateError, Trainer } from 'unrolled';
import { type NodeWorker, WorkerTrainer } from 'unrolled/worker';
import { describe, expect, test } from 'vitest';
import { expectWords } from '../errors.ts';
import { batch, described, hosted, inNode, language, ownWorker, rejection, soon } from './helpers.ts';

/** A trainer whose calls of a name, once it is told, arrive so that they can't be read where the engine sends such. */
async function unreadable(): Promise<WorkerTrainer & { unread?: string }> {
  let trainer!: WorkerTrainer & { unread?: string };
  const worker = () => {
    const made = ownWorker() as NodeWorker;
    const post = made.postMessage.bind(made);
    made.postMessage = (message, transfer) => {
      const call = message as { name: string };
      if (call.name !== trainer?.unread) return post(call, transfer);
      const gone = detached();
      post({ ...call, args: [gone] }, [gone.buffer]);
    };
    return made;
  };
  trainer = await hosted(1, { worker });
  return trainer;
}

function detached(): Int32Array<ArrayBuffer> {
  const array = new Int32Array(4);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
}

describe('every call settles:', () => {
  test('a step whose arrays were transferred by the one before', async () => {
    await using trainer = await hosted();
    const { x, y } = batch(0);
    await trainer.step(x, y, { transfer: true });
    const error = await rejection(soon(trainer.step(x, y, { transfer: true })));
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error.argument).toBe('x.data');
    expect(error.message).toMatch(/detached/);
    expect(trainer.steps).toBe(1);
    const next = batch(1);
    expect((await trainer.step(next.x, next.y)).loss).toBeGreaterThan(0);
  });

  test.each([
    ['step', (it: WorkerTrainer) => it.step(detached(), batch(0).y), 'x'],
    ['evaluate', (it: WorkerTrainer) => it.evaluate(batch(0).x, { data: detached(), shape: [4] }), 'y.data'],
    ['flow, options', (it: WorkerTrainer) => it.flow([1], [1], { lengths: detached() }), 'options.lengths'],
    ['restore', (it: WorkerTrainer) => it.restore(detached().buffer), 'bytes'],
    [
      'fit',
      (it: WorkerTrainer) => it.fit({ data: detached(), stepsPerSequence: 2, batch: 1, updates: 1 }),
      'data.data',
    ],
    ['fit, batches', (it: WorkerTrainer) => it.fit([{ x: detached(), y: [1] }]), 'batch.x'],
    ['run', (it: WorkerTrainer) => it.run('add', 1, { deep: [detached()] }), 'args[1].deep[0]'],
  ])('%s: an array whose memory is gone', async (_, call, argument) => {
    await using trainer = await hosted(1, { worker: ownWorker });
    expect(await rejection(soon(call(trainer)))).toMatchObject({ name: 'ArgumentError', argument });
    expect(await trainer.run('add', 1, 2)).toBe(3);
  });

  test('a call that arrives and can’t be read', async () => {
    await using trainer = await unreadable();
    const before = trainer.run('later', 'before');
    trainer.unread = 'evaluate';
    const lost = rejection(soon(trainer.evaluate([1], [2])));
    const after = trainer.run('later', 'after');
    // Node 20 sends it, other engines refuse to
    expect(await lost).toBeInstanceOf(inNode ? Error : ArgumentError);
    expect(await Promise.all([before, after])).toEqual(['before', 'after']);
  });

  test('what no message can carry', async () => {
    await using trainer = await hosted(1, { worker: ownWorker });
    const refused: [string, Promise<unknown>][] = [
      ['args[0]', trainer.run('add', () => 1)],
      ['args[1].deep[1]', trainer.run('add', 1, { deep: [2, Symbol('odd')] })],
      ['run', trainer.run('add', new Odd())],
      ['options.lengths', trainer.step([1], [2], { lengths: Symbol('odd') as never })],
      [
        'options.clipNorm',
        WorkerTrainer.create(await language(), { ...described, clipNorm: Symbol('odd') as never }),
      ],
    ];
    for (const [argument, call] of refused)
      expect(await rejection(soon(call))).toMatchObject({ name: 'ArgumentError', argument });
    expect(await trainer.run('add', 2, 2)).toBe(4);
  });

  test('what has itself, there and back', async () => {
    await using trainer = await hosted(1, { worker: ownWorker });
    const { x, y } = batch(0);
    const within: Record<string, unknown> = { ...x, list: [{}] };
    (within.list as unknown[]).push(within);
    const there = await trainer.run<typeof within>('later', within);
    expect((there.list as unknown[])[1]).toBe(there);
    expect(there.data).toEqual(x.data);
    await using other = await hosted();
    expect(await trainer.step(within as never, y)).toEqual(await other.step(x, y));
  });

  test.each(['throwsBare', 'throwsOdd', 'gone'])('an answer that no message can carry: %s', async (name) => {
    await using trainer = await hosted(1, { worker: ownWorker });
    expect(await rejection(soon(trainer.run(name)))).toBeInstanceOf(Error);
    expect(await trainer.run('add', 2, 2)).toBe(4);
  });
});

/** Not plain data, with a function. */
class Odd {
  f = () => 1;
}

describe('wrong options reject, nothing is thrown at once:', () => {
  const refused: [string, string, (it: WorkerTrainer) => Promise<unknown>][] = [];
  for (const bad of [null, 1, 'x', []] as never[]) {
    refused.push(
      [`step(x, y, ${JSON.stringify(bad)})`, 'the options of step', (it) => it.step([1], [1], bad)],
      [
        `evaluate(x, y, ${JSON.stringify(bad)})`,
        'the options of evaluate',
        (it) => it.evaluate([1], [1], bad),
      ],
      [`flow(x, y, ${JSON.stringify(bad)})`, 'the options of flow', (it) => it.flow([1], [1], bad)],
      [`fit([], ${JSON.stringify(bad)})`, 'the options of fit', (it) => it.fit([], bad)],
      [`sample(${JSON.stringify(bad)})`, 'sample', (it) => it.sample(bad)],
    );
  }
  const odd = { transfer: 1, signal: {}, onProgress: 'x' } as never;
  refused.push(
    ['transfer: 1', 'transfer', (it) => it.step([1], [1], { transfer: 1 as never })],
    ['fit, transfer: 1', 'transfer', (it) => it.fit([], odd)],
    ['fit, signal: {}', 'signal', (it) => it.fit([], { signal: {} as never })],
    ['fit, onProgress: 1', 'onProgress', (it) => it.fit([], { onProgress: 1 as never })],
    ['fit(null)', 'data', (it) => it.fit(null as never)],
    ['fit, resume: null', 'resume: ', (it) => it.fit([], { resume: null as never })],
    ['fit, resume: 5', 'resume: ', (it) => it.fit([], { resume: 5 as never })],
    ['restore(null)', 'bytes: ', (it) => it.restore(null as never)],
    ['restore of a model', 'bytes: ', (it) => language().then((model) => it.restore(model as never))],
    ['step(null)', 'x', (it) => it.step(null as never, [1])],
    ['step(x)', 'y', (it) => it.step([1], undefined as never)],
  );

  test('of every method', async () => {
    await using trainer = await hosted();
    for (const [what, argument, call] of refused) {
      const error = await rejection(soon(call(trainer)));
      expect(error.name, what).toMatch(/^(Argument|Shape)Error$/);
      expect(`${error.argument} ${error.message}`, what).toContain(argument);
    }
    expect((await trainer.step([1], [2])).loss).toBeGreaterThan(0);
  });

  test.each([
    ['null', null, ['the options of WorkerTrainer.create', 'null']],
    ['an unknown one', { wroker: 1 }, ['WorkerTrainer.create: wroker', 'worker']],
    ['worker: 1', { worker: 1 }, ['worker']],
    ['a worker that is none', { worker: () => ({}) }, ['worker']],
    [
      'a worker that nobody can listen to',
      { worker: () => ({ postMessage() {}, terminate() {} }) },
      ['worker'],
    ],
    ['half a thread', { worker: () => ({ postMessage() {}, terminate() {}, on() {} }) }, ['worker']],
    ['signal: {}', { signal: {} }, ['signal']],
  ])('of create: %s', async (_, how, message) => {
    const made = WorkerTrainer.create(await language(), described, how as never);
    const error = await rejection(soon(made));
    expect(error).toBeInstanceOf(ArgumentError);
    expectWords(error, message);
    expect(error).not.toBeInstanceOf(StateError);
  });

  test('a model that is none', async () => {
    const model = await language();
    const { loss, optimizer } = { loss: mse, optimizer: new SGD({ lr: 1 }) };
    await using trainer = await hosted();
    const save = () => {};
    const models = [
      new Trainer(model, { loss: 'crossEntropy', optimizer }),
      trainer,
      loss,
      { save },
      { save, layers: 5 },
      { save, layers: [5] },
      new Float32Array(2),
    ];
    for (const none of models) {
      const error = await rejection(WorkerTrainer.create(none as never, described));
      expect(error).toMatchObject({ name: 'ArgumentError', argument: 'model' });
    }
  });

  test('a loss by output that is none, and a schedule within itself', async () => {
    const schedule = { name: 'warmup', steps: 2, after: undefined as unknown };
    schedule.after = schedule;
    for (const [argument, options] of [
      ['loss', { loss: { next: mse() } }],
      ['schedule', { schedule }],
    ] as const) {
      const made = WorkerTrainer.create(await language(), { ...described, ...options } as never);
      expect(await rejection(made)).toMatchObject({ name: 'ArgumentError', argument });
    }
  });
});
