import { PerformanceObserver } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { BlockStream } from '../../src/audio/blockStream.ts';
import {
  AdamW,
  Attention,
  Concat,
  Conv1d,
  cosineLR,
  crossEntropy,
  Embedding,
  Generator,
  GRU,
  init,
  input,
  Linear,
  LSTM,
  MaxPool1d,
  Model,
  mse,
  Sequential,
  Trainer,
} from '../../src/index.ts';
import { languageModel } from '../model/languageModel.ts';

const V = 20;

function language(): Sequential {
  return languageModel(V, [8, 12, 8], { dropout: 0.1 });
}

/** Bytes of the JavaScript heap in use after a collection. */
function heap(): number {
  globalThis.gc!();
  globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

/** The least growth of the heap over `count` calls, of three times, after as many to warm up: a leak shows in each. */
function growth(count: number, call: (i: number) => unknown): number {
  for (let i = 0; i < count; i++) call(i);
  const measured = [0, 1, 2].map(() => {
    const before = heap();
    for (let i = 0; i < count; i++) call(i);
    return heap() - before;
  });
  return Math.min(...measured);
}

const LIMIT = 200_000;

describe('the JavaScript heap', () => {
  beforeAll(async () => {
    expect(globalThis.gc, 'run with --expose-gc').toBeTypeOf('function');
    await init();
  });

  test('would show a leak of 1 kB a call', () => {
    const kept: unknown[] = [];
    expect(growth(1000, () => kept.push(new Array(128).fill(1.5)))).toBeGreaterThan(LIMIT);
  });

  test('stays flat over 1000 training steps', () => {
    const model = language();
    const trainer = new Trainer(model, {
      loss: crossEntropy,
      optimizer: new AdamW(),
      clipNorm: 1,
      schedule: cosineLR({ steps: 1000 }),
      carryState: true,
    });
    const x = { data: Int32Array.from({ length: 40 }, (_, i) => i % V), shape: [10, 4] };
    expect(growth(1000, () => trainer.step(x, x))).toBeLessThan(LIMIT);
  });

  test('stays flat over 10,000 steps of a stream', () => {
    const model = language();
    const stream = model.stream();
    const generator = new Generator(1);
    let token = 0;
    const step = () => {
      stream.step(token);
      token = stream.sample(generator);
    };
    const bytes = model.memoryBytes;
    expect(growth(10_000, step)).toBeLessThan(LIMIT);
    expect(model.memoryBytes).toBe(bytes);
  });

  test('stays flat over 1000 streams made and disposed', () => {
    const model = language();
    const visit = (i: number) => {
      using stream = model.stream({ batch: 1 + (i % 3) });
      stream.step(new Array(1 + (i % 3)).fill(i % V));
    };
    expect(growth(1000, visit)).toBeLessThan(LIMIT);
  });

  test('stays flat over 1000 shapes', () => {
    const model = language();
    model.forward(new Array(100).fill(1));
    const forward = (i: number) =>
      model.forward({ data: new Int32Array(1 + (i % 100)), shape: [1 + (i % 100), 1] });
    expect(growth(1000, forward)).toBeLessThan(LIMIT);
  });

  test('a model disposed gives its WebAssembly memory back, though it is still held', async () => {
    const model = language();
    model.forward([1, 2, 3], { training: true });
    model.stream().dispose();
    const memory = new WeakRef(model.network.arena.f32.buffer);
    model.dispose();
    for (let i = 0; i < 10 && memory.deref(); i++) {
      // a WeakRef holds what it refers to until the task ends
      await new Promise((resolve) => setTimeout(resolve, 5));
      globalThis.gc!();
    }
    expect(memory.deref()).toBeUndefined();
    expect(model.layers.length).toBe(5);
  });

  const stepping: [string, () => (i: number) => void][] = [
    [
      'of a stream',
      () => {
        const stream = language().stream();
        return (i) => stream.step(i % V);
      },
    ],
    [
      'of a stream with features, every one taken from the last',
      () => {
        const stream = new Sequential([new GRU(6, 6), new Linear(6, 6)]).stream({ batch: 2 });
        let y = stream.step(new Float32Array(12).fill(0.5));
        return () => {
          y = stream.step(y);
        };
      },
    ],
    [
      'of a stream of layers with options',
      () => {
        const stream = new Sequential([
          new Embedding(V, 4),
          new LSTM(4, 6, { layerNorm: true, zoneout: 0.1, projSize: 3 }),
          new GRU(3, 4, { resetAfter: false }),
        ]).stream();
        return (i) => stream.step(i % V);
      },
    ],
    [
      'of a stream of convolutions',
      () => {
        const causal = { padding: 'causal', dilation: 2, activation: 'relu' } as const;
        const stream = new Sequential([new Conv1d(2, 3, 3, causal), new Conv1d(3, 2, 2, causal)]).stream();
        const x = new Float32Array(2).fill(0.5);
        return () => stream.step(x);
      },
    ],
    [
      'in blocks of one to four',
      () => {
        const stream = language().stream({ batch: 2, block: 4 });
        const blocks = [1, 2, 3, 4].map((steps) => Int32Array.from({ length: 2 * steps }, (_, i) => i % V));
        return (i) => stream.steps(blocks[i % 4]!);
      },
    ],
    [
      'of a pool, in changing company',
      () => {
        const pool = language().streams({ capacity: 5 });
        const [a, b, c, d] = [pool.open(), pool.open(), pool.open(), pool.open()];
        const groups = [[a, b], [c, d], [d], [b, c, a], [a, b, c, d]];
        const tokens = groups.map((group) => group.map((_, i) => i));
        return (i) => pool.step(groups[i % 5]!, tokens[i % 5]!);
      },
    ],
  ];

  test.each(stepping)(
    '100,000 steps %s collect no garbage, and leave the heap as it was',
    async (_, make) => {
      const call = make();
      const run = () => {
        for (let i = 0; i < 100_000; i++) call(i);
      };
      run();
      heap();
      // the least of three: a collection may be due for what came before
      const found: { count: number; grown: number }[] = [];
      for (let i = 0; i < 3; i++) {
        let grown = 0;
        const count = await collections(() => {
          const before = process.memoryUsage().heapUsed;
          run();
          grown = process.memoryUsage().heapUsed - before;
        });
        found.push({ count, grown });
      }
      expect(Math.min(...found.map(({ count }) => count))).toBe(0);
      // not collected in between: a byte a step would show
      expect(Math.min(...found.map(({ grown }) => grown))).toBeLessThan(50_000);
    },
  );

  test('100,000 samples in blocks of 128 collect no garbage', async () => {
    for (const batch of [1, 2]) {
      const blocks = new BlockStream(new Sequential([new GRU(1, 8), new Linear(8, 1)]), { batch });
      const [input, output] = [0, 1].map(() =>
        Array.from({ length: batch }, () => new Float32Array(128).fill(0.5)),
      );
      const run = () => {
        for (let i = 0; i < 800; i++) blocks.process(input!, output!);
      };
      run();
      heap();
      const counts = [await collections(run), await collections(run), await collections(run)];
      expect(Math.min(...counts)).toBe(0);
    }
  });

  test('a training step leaves less than a kilobyte of garbage: its result, and what V8 does not optimize away', () => {
    const trainer = new Trainer(language(), { loss: crossEntropy, optimizer: new AdamW(), carryState: true });
    const shape = [8, 4];
    const x = { data: Int32Array.from({ length: 32 }, (_, i) => i % V), shape };
    const run = () => {
      for (let i = 0; i < 1000; i++) trainer.step(x, x);
    };
    for (let i = 0; i < 10; i++) run();
    const left = [0, 1, 2].map(() => {
      const before = heap();
      run();
      return process.memoryUsage().heapUsed - before;
    });
    expect(Math.min(...left) / 1000).toBeLessThan(1000);
  });

  test('a training step of convolutions and pooling leaves less than a kilobyte of garbage', () => {
    const layers = [new Conv1d(3, 4, 3, { stride: 2 }), new MaxPool1d(2), new LSTM(4, 4)];
    const trainer = new Trainer(new Sequential(layers), { loss: mse, optimizer: new AdamW() });
    const x = { data: new Float32Array(9 * 4 * 3).fill(0.1), shape: [9, 4, 3] };
    const y = { data: new Float32Array(2 * 4 * 4), shape: [2, 4, 4] };
    const run = () => {
      for (let i = 0; i < 1000; i++) trainer.step(x, y);
    };
    for (let i = 0; i < 10; i++) run();
    const left = [0, 1, 2].map(() => {
      const before = heap();
      run();
      return process.memoryUsage().heapUsed - before;
    });
    expect(Math.min(...left) / 1000).toBeLessThan(1000);
  });

  test('a training step of a graph leaves less than a kilobyte of garbage', () => {
    const source = input({ indices: V });
    const target = input({ features: 3 });
    const encoder = new LSTM(4, 5).apply(new Embedding(V, 4).apply(source));
    const decoder = new LSTM(3, 5).apply(target, { h0: encoder.hN, c0: encoder.cN });
    const context = new Attention().apply(decoder.output, encoder.output);
    const next = new Linear(10, 3).apply(new Concat().apply(decoder.output, context));
    const model = new Model({ inputs: { source, target }, outputs: { next } });
    const trainer = new Trainer(model, { loss: { next: mse }, optimizer: new AdamW() });
    const frames = (steps: number) => ({ data: new Float32Array(steps * 6).fill(0.1), shape: [steps, 2, 3] });
    const x = { source: { data: new Int32Array(14), shape: [7, 2] }, target: frames(5) };
    const y = { next: frames(5) };
    const run = () => {
      for (let i = 0; i < 1000; i++) trainer.step(x, y);
    };
    for (let i = 0; i < 10; i++) run();
    const left = [0, 1, 2].map(() => {
      const before = heap();
      run();
      return process.memoryUsage().heapUsed - before;
    });
    expect(Math.min(...left) / 1000).toBeLessThan(1000);
  });

  test('would count a collection', async () => {
    expect(await collections(() => globalThis.gc!())).toBeGreaterThan(0);
  });
});

/** Garbage collections while `run` runs. */
async function collections(run: () => void): Promise<number> {
  let count = 0;
  let start = Infinity;
  let end = Infinity;
  const observer = new PerformanceObserver((list) => {
    count += list.getEntries().filter(({ startTime }) => startTime >= start && startTime <= end).length;
  });
  observer.observe({ entryTypes: ['gc'] });
  await sleep(20);
  start = performance.now();
  run();
  end = performance.now();
  await sleep(50);
  observer.disconnect();
  return count;
}
