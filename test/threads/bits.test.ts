import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { loadQuantized, quantize } from '../../src/quant/index.ts';
import { concatenated, Draw, kernelBuilds, sha256 } from '../model/helpers.ts';
import { some } from '../thorough.ts';
import { alwaysTogether, endThreads, shares, teams, untilJoined } from './helpers.ts';

beforeAll(alwaysTogether);
afterAll(endThreads);

/** Rows that are divided by columns, also of each gate by itself, into one turn per thread and into several, sizes that no tile divides. */
const shapes = [
  [5, 1, 5, 37],
  [5, 1, 7, 40],
  [6, 3, 5, 48],
  [3, 21, 6, 19],
  [2, 40, 17, 8],
  [9, 67, 3, 18],
] as const;
const cells = { LSTM: u.LSTM, GRU: u.GRU, RNN: u.RNN };

/** Trains on sequences of different lengths, and gives all bits that come of it. */
async function trained(cell: keyof typeof cells, [T, B, I, H]: (typeof shapes)[number], threads: number) {
  const model = new u.Sequential([new cells[cell](I, H, { numLayers: 2 }), new u.Linear(H, 3)], { seed: 3 });
  const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.AdamW({ lr: 1e-2 }) });
  const draw = new Draw(5);
  const forward = () => model.forward(new Draw(6).features(1, T, B, I)).data;
  if (threads > 1) await untilJoined(threads, forward);
  for (let i = 0; i < 2; i++) {
    const lengths = i % 2 ? Int32Array.from({ length: B }, () => draw.integer(1, T)) : undefined;
    trainer.step(draw.features(1, T, B, I), draw.features(1, T, B, 3), lengths ? { lengths } : {});
  }
  const stream = model.stream();
  const step = stream.step(draw.features(1, I).data).slice();
  const bits = [await sha256(concatenated(model.stateDict())), await sha256(forward()), await sha256(step)];
  model.dispose();
  return bits;
}

describe.runIf(shares)('any number of threads gives the same bits', () => {
  let turn = 0;
  for (const kernels of kernelBuilds) {
    for (const cell of Object.keys(cells) as (keyof typeof cells)[]) {
      test(`${cell}, ${kernels}`, async () => {
        for (const shape of some(shapes, 3, turn++)) {
          await u.init({ kernels });
          const expected = await trained(cell, shape, 1);
          for (const threads of kernels === 'simd' ? [2, 3, 4] : [2]) {
            await u.init({ kernels, threads });
            expect(u.runtimeInfo().threads).toBe(threads);
            expect(await trained(cell, shape, threads), `${shape} ${threads}`).toEqual(expected);
            expect(teams, `${shape} ${threads}`).toContain(threads);
          }
        }
      });
    }
  }

  // rows of which a thread has some, also where there are few, and all that draws by row
  const options: Readonly<Record<string, () => u.Layer>> = {
    'activations of Keras': () =>
      new u.LSTM(6, 12, { recurrentActivation: 'hardsigmoid', activation: 'relu' }),
    'recurrent dropout and zoneout': () =>
      new u.LSTM(6, 11, { recurrentDropout: 0.3, zoneout: { h: 0.2, c: 0.1 } }),
    'reset gate before the product': () => new u.GRU(6, 10, { resetAfter: false, recurrentDropout: 0.2 }),
    'zoneout of a GRU, in both directions': () => new u.GRU(6, 9, { zoneout: 0.25, bidirectional: true }),
    'clip of an RNN': () => new u.RNN(6, 16, { clip: 0.5, recurrentDropout: 0.1 }),
    'layer norm and peepholes, on one thread': () => new u.LSTM(6, 8, { layerNorm: true, peephole: true }),
  };
  for (const [name, layer] of Object.entries(options)) {
    const together = !name.endsWith('on one thread');
    test(name, async () => {
      const run = async (threads: number) => {
        const model = new u.Sequential([layer(), new u.LastStep()], { seed: 2 });
        const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.Adam({ lr: 1e-2 }) });
        const forward = () => model.forward(new Draw(7).features(1, 9, 23, 6)).data;
        const width = forward().length / 23;
        teams.length = 0;
        if (threads > 1 && together) await untilJoined(threads, forward);
        const draw = new Draw(8);
        for (const rows of [23, 8, 9, 32]) {
          const lengths = Int32Array.from({ length: rows }, () => draw.integer(1, 7));
          const [x, y] = [draw.features(1, 7, rows, 6), draw.features(1, 1, rows, width)];
          trainer.step(x, y, rows % 2 ? { lengths } : {});
        }
        const bits = [await sha256(concatenated(model.stateDict())), await sha256(forward())];
        model.dispose();
        return bits;
      };
      await u.init({ kernels: 'simd' });
      const expected = await run(1);
      for (const threads of [2, 3, 4]) {
        await u.init({ kernels: 'simd', threads });
        expect(await run(threads), `${threads}`).toEqual(expected);
        expect(teams.includes(threads), `${threads}`).toBe(together);
      }
    });
  }

  test('a table that is multiplied instead of its rows, in both directions', async () => {
    const run = async (threads: number) => {
      const layers = [
        new u.Embedding(7, 12),
        new u.LSTM(12, 20, { bidirectional: true }),
        new u.Linear(40, 7),
      ];
      const model = new u.Sequential(layers, { seed: 1 });
      const trainer = new u.Trainer(model, {
        loss: u.crossEntropy,
        optimizer: new u.AdamW({ lr: 1e-2 }),
        clipNorm: 1,
      });
      const draw = new Draw(2);
      const step = () => void trainer.step(new Draw(1).indices(7, 6, 18), new Draw(4).indices(7, 6, 18));
      if (threads > 1) await untilJoined(threads, () => void model.forward(draw.indices(7, 6, 18)));
      for (let i = 0; i < 3; i++) step();
      return sha256(concatenated(model.stateDict()));
    };
    await u.init({ kernels: 'simd' });
    const expected = await run(1);
    for (const threads of [2, 3]) {
      await u.init({ kernels: 'simd', threads });
      expect(await run(threads)).toBe(expected);
      expect(teams).toContain(threads);
    }
  });

  test('an RNN of several rows, of which one goes on longer', async () => {
    const run = async (threads: number) => {
      const model = new u.Sequential([new u.RNN(33, 96), new u.Linear(96, 4)], { seed: 1 });
      const trainer = new u.Trainer(model, { loss: u.mse, optimizer: new u.Adam({ lr: 1e-2 }) });
      const [x, y] = [new Draw(1).features(1, 20, 7, 33), new Draw(2).features(1, 20, 7, 4)];
      const lengths = Int32Array.of(20, 3, 7, 12, 1, 9, 17);
      if (threads > 1) await untilJoined(threads, () => void model.forward(x));
      for (let i = 0; i < 16; i++) trainer.step(x, y, { lengths });
      return sha256(concatenated(model.stateDict()));
    };
    await u.init({ kernels: 'simd' });
    const expected = await run(1);
    for (const threads of [2, 3, 4]) {
      await u.init({ kernels: 'simd', threads });
      expect(await run(threads), `${threads}`).toBe(expected);
    }
  });

  // a thread that is ahead must not pack other weights over those that another one still multiplies by
  test.each(Object.keys(cells) as (keyof typeof cells)[])(
    'gradients of the initial states of %s',
    async (cell) => {
      for (const [T, B, I, H] of [
        [2, 15, 64, 256],
        [2, 1, 1024, 512],
      ] as const) {
        const x = new Draw(1).features(1, T, B, I);
        const output = new Draw(2).features(1, T, B, H);
        const run = async (threads: number, times: number) => {
          await u.init({ kernels: 'simd', threads });
          const layer = new cells[cell](I, H, { seed: 3 });
          const forward = () => void layer.forward(x, { training: true });
          if (threads > 1) await untilJoined(threads, forward);
          const found = new Set<string>();
          for (let i = 0; i < times; i++) {
            forward();
            found.add(await sha256(layer.backward({ output }).h0.data));
          }
          layer.dispose();
          return [...found];
        };
        const expected = await run(1, 1);
        for (const threads of [2, 3]) expect(await run(threads, 150), `${B} ${threads}`).toEqual(expected);
      }
    },
  );

  test('quantized models run on one thread', async () => {
    const run = () => {
      const model = quantize(new u.Sequential([new u.GRU(5, 12), new u.Linear(12, 3)], { seed: 1 }));
      const loaded = loadQuantized(model.save());
      return [model, loaded as typeof model].map(
        (each) => each.forward(new Draw(6).features(1, 4, 3, 5)).data,
      );
    };
    await u.init({ kernels: 'simd' });
    const expected = run();
    await u.init({ kernels: 'simd', threads: 2 });
    expect(run()).toEqual(expected);
  });
});
