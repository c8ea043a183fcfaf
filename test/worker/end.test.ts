import { StateError } from 'unrolled';
import { quantize } from 'unrolled/quant';
import { WorkerTrainer } from 'unrolled/worker';
import { describe, expect, test } from 'vitest';
import { expectWords } from '../errors.ts';
import {
  batch,
  described,
  hosted,
  inNode,
  language,
  missingWorker,
  ownWorker,
  rejection,
  soon,
  text,
} from './helpers.ts';

function own(): Promise<WorkerTrainer> {
  return hosted(1, { worker: ownWorker });
}

describe('a worker of one’s own', () => {
  test('runs quantized models, with the bits that they have here; none is trained', async () => {
    await using trainer = await own();
    const model = quantize(await language(), { planes: 2 });
    const tokens = [1, 3, 2, 0];
    const stream = model.stream();
    const expected = tokens.map((token) => [...(stream.step(token) as Float32Array)]);
    expect(await trainer.run('quantized', model.save(), tokens)).toEqual(expected);
    const error = await rejection(
      WorkerTrainer.create(model, { loss: 'crossEntropy', optimizer: { name: 'sgd', lr: 0.1 } }),
    );
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toContain('quantized');
    model.dispose();
  });

  test('runs functions on the trainer, between two updates too', async () => {
    await using trainer = await own();
    expect(await trainer.run('parameterCount')).toBe((await language()).parameterCount);
    expect(await trainer.run<number>('add', 2, 3)).toBe(5);
    expect(await trainer.run('part')).toEqual(Float32Array.of(2, 3));
    expect(await trainer.run('later', { a: [1] })).toEqual({ a: [1] });
    const stop = new AbortController();
    const fit = trainer.fit(
      { data: text(60), stepsPerSequence: 5, batch: 2, updates: 1e9 },
      { signal: stop.signal },
    );
    expect(await soon(trainer.run('add', 1, 1))).toBe(2);
    stop.abort();
    expect((await fit).stopped).toBe('aborted');
  });

  test('gives their errors as what they are', async () => {
    await using trainer = await own();
    const type = await rejection(trainer.run('throws', 'TypeError'));
    expect(type).toBeInstanceOf(TypeError);
    expect(type.message).toBe('no type');
    expect(await rejection(trainer.run('throws', 'OddError'))).toMatchObject({
      name: 'OddError',
      message: 'odd',
    });
    expect((await rejection(trainer.run('throwsText'))).message).toBe('text');
    expect((await rejection(soon(trainer.run('uncloneable')))).message).toMatch(/clone/);
    const unknown = await rejection(trainer.run('add2'));
    expect(unknown).toMatchObject({ name: 'ArgumentError', argument: 'name' });
    expect(unknown.message).toMatch(/parameterCount, add, part/);
    expect(await rejection(trainer.run('hasOwnProperty'))).toMatchObject({ argument: 'name' });
    await rejection(trainer.run('add', () => 1));
    expect(await trainer.run('add', 1, 2)).toBe(3);
  });
});

describe('nothing hangs:', () => {
  test.each([
    ['crashes', 'crash', ['crashed', 'out of luck']],
    ['ends itself', 'quit', ['ended']],
  ])('a worker that %s rejects all that was asked, and all that is asked later', async (_, how, message) => {
    const trainer = await own();
    const waiting = [trainer.run('forever'), trainer.run('forever'), trainer.run(how)];
    for (const promise of waiting) {
      const error = await rejection(soon(promise));
      expect(error).toBeInstanceOf(StateError);
      expectWords(error, message);
    }
    const { x, y } = batch(0);
    const late = await rejection(soon(trainer.step(x, y)));
    expect(late).toBeInstanceOf(StateError);
    expectWords(late, message);
    await soon(trainer.terminate());
  });

  test('a fit whose worker crashes rejects', async () => {
    const trainer = await own();
    const fit = trainer.fit({ data: text(60), stepsPerSequence: 5, batch: 2, updates: 1e9 });
    trainer.run('crash').catch(() => {});
    expect(await rejection(soon(fit))).toBeInstanceOf(StateError);
  });

  test('a worker that someone else terminates', async () => {
    let worker!: ReturnType<typeof ownWorker>;
    const trainer = await hosted(1, { worker: () => (worker = ownWorker()) });
    const waiting = trainer.run('forever');
    void worker.terminate();
    expect((await rejection(soon(waiting))).message).toMatch(/\bended\b/);
  });

  test('terminate rejects what waits, and may be called twice', async () => {
    const trainer = await hosted();
    const fit = trainer.fit({ data: text(60), stepsPerSequence: 5, batch: 2, updates: 1e9 });
    const waiting: Promise<unknown>[] = [fit, trainer.save()];
    const settled = waiting.map((promise) => rejection(soon(promise)));
    await Promise.all([trainer.terminate(), trainer.terminate()]);
    for (const error of await Promise.all(settled)) {
      expect(error).toBeInstanceOf(StateError);
      expectWords(error, ['terminated']);
    }
    expect((await rejection(trainer.pause())).message).toBe('the trainer was terminated');
  });

  test('a worker whose script is not there', async () => {
    const made = WorkerTrainer.create(await language(), described, { worker: missingWorker });
    const error = await rejection(soon(made));
    expect(error).toBeInstanceOf(StateError);
    expect(error.message).toMatch(inNode ? /crashed: Cannot find module/ : /worker/);
  });

  test('a creation that is aborted', async () => {
    const early = WorkerTrainer.create(await language(), described, { signal: AbortSignal.abort() });
    expect((await rejection(soon(early))).name).toBe('AbortError');
    const stop = new AbortController();
    const made = WorkerTrainer.create(await language(), described, { signal: stop.signal });
    stop.abort(new Error('enough'));
    expect((await rejection(soon(made))).message).toBe('enough');
  });

  test('aborting after it was made does nothing', async () => {
    const stop = new AbortController();
    await using trainer = await hosted(1, { signal: stop.signal });
    stop.abort();
    expect((await trainer.step([1], [2])).loss).toBeGreaterThan(0);
  });
});
