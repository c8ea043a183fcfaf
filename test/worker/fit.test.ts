import { ArgumentError, type NDArray, StateError } from 'unrolled';
import type { Batch, Corpus, Progress, WorkerTrainer } from 'unrolled/worker';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Lanes } from '../../src/data/lanes.ts';
import { B, batch, hosted, inline, rejection, run, soon, T, text } from './helpers.ts';

const open: WorkerTrainer[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((trainer) => trainer.terminate()));
});

async function start(seed?: number): Promise<WorkerTrainer> {
  const trainer = await hosted(seed);
  open.push(trainer);
  return trainer;
}

function corpus(updates: number): Corpus {
  return { data: text(101), stepsPerSequence: T, batch: B, updates };
}

/** Losses of updates first..last−1 on that corpus, inline. */
async function losses(first: number, last: number, trainer = inline()): Promise<number[]> {
  const lanes = new Lanes(text(101), { steps: T, batch: B });
  const made: number[] = [];
  for (let i = first; i < last; i++) {
    const { x, y } = lanes.read(i);
    made.push((await trainer).step(x, y).loss);
  }
  return made;
}

function* batches(first: number, last: number): Generator<Batch> {
  for (let i = first; i < last; i++) yield batch(i);
}

/** More updates than any test waits for. */
const ENDLESS = 1e9;

/** Collects the losses of all progress events. */
function collect(): { all: number[]; events: Progress[]; onProgress(progress: Progress): void } {
  const all: number[] = [];
  const events: Progress[] = [];
  return {
    all,
    events,
    onProgress(progress) {
      events.push(progress);
      all.push(...progress.losses);
    },
  };
}

describe('fit', () => {
  test('on a corpus makes the updates that an inline trainer makes, to the bit', async () => {
    const trainer = await start();
    const seen = collect();
    const result = await trainer.fit(corpus(25), { onProgress: seen.onProgress });
    expect(seen.all).toEqual(await losses(0, 25));
    expect(result.updates).toBe(25);
    expect(result.loss).toBeCloseTo(seen.all.reduce((a, b) => a + b, 0) / 25, 12);
    expect(trainer.steps).toBe(25);
  });

  test('of bytes, as of 32-bit integers', async () => {
    const trainer = await start();
    const seen = collect();
    await trainer.fit({ ...corpus(5), data: Uint8Array.from(text(101)) }, { onProgress: seen.onProgress });
    expect(seen.all).toEqual(await losses(0, 5));
  });

  test('on batches, each with what comes after it already on the way', async () => {
    const here = (await run(await inline(), 0, 12)).map(({ loss }) => loss);
    async function* slowly() {
      for (const it of batches(0, 12)) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        yield it;
      }
    }
    for (const source of [batches(0, 12), slowly(), [...batches(0, 12)]]) {
      const trainer = await start();
      const seen = collect();
      expect((await trainer.fit(source, { onProgress: seen.onProgress, updates: 12 })).updates).toBe(12);
      expect(seen.all).toEqual(here);
    }
  });

  test('with options of every step, or of a batch of its own', async () => {
    const trainer = await start();
    const events: Progress[] = [];
    const source = [batch(0), { ...batch(1), options: { flow: false } }, batch(2)];
    await trainer.fit(source, {
      stepOptions: { flow: true },
      progressEvery: 1,
      onProgress: (progress) => events.push(progress),
    });
    const here = await inline();
    const options = [{ flow: true }, {}, { flow: true }];
    expect(events.pop()).toMatchObject({ losses: [], record: { epoch: 1 } });
    for (const [i, event] of events.entries()) {
      expect(event).toMatchObject(here.step(batch(i).x, batch(i).y, options[i]));
    }
    expect(events.map(({ flow }) => flow !== undefined)).toEqual([true, false, true]);
  });

  test('on no batches at all', async () => {
    const trainer = await start();
    await expect(trainer.fit([])).rejects.toMatchObject({ name: 'ArgumentError', argument: 'data' });
    expect((await trainer.fit(corpus(0))).updates).toBe(0);
  });

  test('moves arrays where that is allowed', async () => {
    const trainer = await start();
    const list = [...batches(0, 3)];
    const data = text(101);
    await trainer.fit(list, { transfer: true });
    await trainer.fit({ ...corpus(1), data }, { transfer: true });
    expect([...list.map(({ x }) => (x as NDArray).data.length), data.length]).toEqual([0, 0, 0, 0]);
  });

  test('tells how far it is', async () => {
    const trainer = await start();
    const seen = collect();
    await trainer.fit(corpus(10), { onProgress: seen.onProgress, progressEvery: 4 });
    const { events } = seen;
    expect(events.map(({ step, losses }) => [step, losses.length])).toEqual([
      [4, 4],
      [8, 4],
      [10, 2],
    ]);
    const inlineResults = await (async () => {
      const here = await inline();
      const lanes = new Lanes(text(101), { steps: T, batch: B });
      return Array.from({ length: 10 }, (_, i) => here.step(lanes.read(i).x, lanes.read(i).y));
    })();
    for (const event of events) {
      const { loss, gradNorm, lr } = inlineResults[event.step - 1]!;
      expect(event).toMatchObject({ loss, gradNorm, lr });
      expect(event.losses.at(-1)).toBe(loss);
      expect(event.tokensPerSecond).toBeGreaterThan(0);
    }
    expect(events.at(-1)!.secondsLeft).toBe(0);
    expect(events[0]!.secondsLeft).toBeGreaterThan(0);
  });

  test('by default at intervals of time, not after every update', async () => {
    const trainer = await start();
    const stop = new AbortController();
    const steps: number[] = [];
    const onProgress = ({ step }: Progress) => {
      steps.push(step);
      if (steps.length === 6) stop.abort();
    };
    await soon(trainer.fit(corpus(ENDLESS), { onProgress, signal: stop.signal }));
    // after every update, it would be 5
    expect(steps.at(-1)! - steps[0]!).toBeGreaterThan(5);
  });
});

describe('while a fit is under way', () => {
  test('AbortSignal stops it between two updates, and the trainer goes on from there', async () => {
    const trainer = await start();
    const seen = collect();
    const stop = new AbortController();
    const onProgress = (progress: Progress) => {
      seen.onProgress(progress);
      stop.abort(new Error('enough'));
    };
    const result = await soon(
      trainer.fit(corpus(ENDLESS), { onProgress, progressEvery: 20, signal: stop.signal }),
    );
    expect(result).toMatchObject({ stopped: 'aborted', history: [], updates: trainer.steps });
    const made = trainer.steps;
    expect(made).toBeGreaterThanOrEqual(20);
    const here = inline();
    await losses(0, made, here);
    expect(await trainer.save()).toEqual((await here).save());
    const rest = collect();
    await trainer.fit(corpus(5), { onProgress: rest.onProgress });
    expect(rest.all).toEqual(await losses(made, made + 5, here));
  });

  test('a signal that was aborted before makes no update', async () => {
    const trainer = await start();
    const result = await trainer.fit(corpus(3), { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ stopped: 'aborted', updates: 0 });
    expect((await trainer.step([1], [2])).loss).toBeGreaterThan(0);
    expect(trainer.steps).toBe(1);
  });

  test('it pauses and resumes, with the same results', async () => {
    const trainer = await start();
    const seen = collect();
    const fit = trainer.fit(corpus(1000), { onProgress: seen.onProgress });
    await trainer.pause();
    expect(trainer.paused).toBe(true);
    const held = await trainer.save();
    const at = trainer.steps;
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(await trainer.save()).toEqual(held);
    expect(trainer.steps).toBe(at);
    await trainer.resume();
    const { updates, seconds } = await soon(fit);
    expect(trainer.paused).toBe(false);
    expect(at).toBeLessThan(1000);
    expect(updates).toBe(1000);
    expect(seconds).toBeGreaterThan(0);
    expect(seen.all).toEqual(await losses(0, 1000));
  });

  test('a pause holds up batches too, and an abort ends a pause', async () => {
    const trainer = await start();
    await trainer.pause();
    const stop = new AbortController();
    const fit = trainer.fit(batches(0, 5), { signal: stop.signal });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await trainer.evaluate(batch(0).x, batch(0).y);
    expect(trainer.steps).toBe(0);
    stop.abort(new Error('enough'));
    expect((await soon(fit)).stopped).toBe('aborted');
    await trainer.resume();
    expect((await trainer.fit(batches(0, 5))).updates).toBe(5);
  });

  test('a checkpoint goes on elsewhere as the run itself does', async () => {
    const trainer = await start();
    const seen = collect();
    const fit = trainer.fit(corpus(300), { onProgress: seen.onProgress });
    const file = await trainer.save();
    const at = trainer.steps;
    await fit;
    const other = await start(5);
    await other.restore(file);
    expect(other.steps).toBe(at);
    const rest = collect();
    await other.fit(corpus(300 - at), { onProgress: rest.onProgress });
    expect(rest.all).toEqual(seen.all.slice(at));
    expect(await other.save()).toEqual(await trainer.save());
  });

  test('it can be asked to write, to evaluate and for its model, which change nothing', async () => {
    const trainer = await start();
    const seen = collect();
    const stop = new AbortController();
    const fit = trainer.fit(corpus(ENDLESS), { onProgress: seen.onProgress, signal: stop.signal });
    for (let i = 0; i < 5; i++) {
      const { indices } = await trainer.sample({ prompt: [1], length: 30, seed: i });
      expect(indices.length).toBe(30);
      expect((await trainer.evaluate(batch(i).x, batch(i).y)).loss).toBeGreaterThan(0);
      expect((await trainer.flow(batch(i).x, batch(i).y)).layers.length).toBeGreaterThan(0);
      expect((await trainer.saveModel()).length).toBeGreaterThan(100);
    }
    const written = trainer.steps;
    stop.abort();
    await fit;
    const all = await losses(0, trainer.steps);
    expect(seen.all).toEqual(all);
    expect(trainer.steps).toBeGreaterThanOrEqual(written);
  });

  test('what would disturb it is refused', async () => {
    const trainer = await start();
    const stop = new AbortController();
    const fit = trainer.fit(corpus(ENDLESS), { signal: stop.signal });
    const { x, y } = batch(0);
    const file = await trainer.save();
    const refused: Promise<unknown>[] = [
      trainer.step(x, y),
      trainer.fit(corpus(1)),
      trainer.fit(batches(0, 1)),
      trainer.resetState(),
      trainer.restore(file),
    ];
    for (const error of await Promise.all(refused.map(rejection))) expect(error).toBeInstanceOf(StateError);
    stop.abort();
    expect((await soon(fit)).stopped).toBe('aborted');
  });
});

describe('fit rejects', () => {
  test('with what onProgress throws, between two updates', async () => {
    const trainer = await start();
    const onProgress = () => {
      throw new RangeError('no more');
    };
    const error = await rejection(soon(trainer.fit(corpus(ENDLESS), { onProgress })));
    expect(error).toBeInstanceOf(RangeError);
    expect((await trainer.fit(corpus(2))).updates).toBe(2);
  });

  test('with what the batches throw, and ends them', async () => {
    const trainer = await start();
    let ended = false;
    function* failing(): Generator<Batch> {
      try {
        yield batch(0);
        throw new RangeError('no batch');
      } finally {
        ended = true;
      }
    }
    expect((await rejection(soon(trainer.fit(failing())))).message).toBe('no batch');
    expect(ended).toBe(true);
    expect(trainer.steps).toBe(1);
  });

  test('at once when batches that never come are aborted', async () => {
    const trainer = await start();
    const stop = new AbortController();
    const never = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => {}) }) };
    const fit = trainer.fit(never, { signal: stop.signal });
    stop.abort(new Error('enough'));
    expect((await soon(fit)).stopped).toBe('aborted');
    expect((await trainer.fit(corpus(1))).updates).toBe(1);
  });

  test('ends batches that an error in the worker makes useless', async () => {
    const trainer = await start();
    let ended = false;
    function* wrong(): Generator<Batch> {
      try {
        for (;;) yield { x: [99], y: [1] };
      } finally {
        ended = true;
      }
    }
    expect((await rejection(soon(trainer.fit(wrong())))).message).toMatch(/^x \(step 0, row 0\)/);
    expect(ended).toBe(true);
  });

  describe('what is no data or no option:', () => {
    let trainer: WorkerTrainer;
    beforeAll(async () => {
      trainer = await hosted();
    });
    afterAll(() => trainer.terminate());

    test.each<[string, unknown, object, string]>([
      ['floats', { data: new Float32Array(50), stepsPerSequence: 5, batch: 1, updates: 1 }, {}, 'data'],
      [
        'a text too short',
        { data: new Int32Array(5), stepsPerSequence: 5, batch: 1, updates: 1 },
        {},
        'data',
      ],
      ['no steps', { data: new Int32Array(50), batch: 1, updates: 1 }, {}, 'stepsPerSequence'],
      ['no updates', { data: new Int32Array(50), stepsPerSequence: 5, batch: 1 }, {}, 'updates'],
      ['another key', { ...corpus(1), epochs: 2 }, {}, 'fit: epochs'],
      ['nothing', undefined, {}, 'data'],
      ['batches that are none', [1], {}, 'data'],
      ['another option', corpus(1), { every: 1 }, 'fit: every'],
      ['progress every half update', corpus(1), { progressEvery: 0.5 }, 'progressEvery'],
    ])('%s', async (_, data, opts, argument) => {
      const error = await rejection(soon(trainer.fit(data as Corpus, opts)));
      expect(error).toBeInstanceOf(ArgumentError);
      expect(error.argument).toBe(argument);
    });
  });
});
