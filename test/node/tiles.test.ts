import { afterEach, describe, expect, test, vi } from 'vitest';
import { init, Linear, LSTM, mse, Sequential, SGD, Trainer } from '../../src/index.ts';
import { MemoryArena } from '../../src/memory/arena.ts';
import type * as Tiles from '../../src/wasm/tiles.ts';
import { WIDE_AT } from '../../src/wasm/tiles.ts';

let copies = 0;

/** The module as in a new process. */
const fresh = (): Promise<typeof Tiles> => import(`../../src/wasm/tiles.ts?copy=${copies++}`);

/** Numbers in 0..1, the same in each run. */
function draws(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff) / 0x7fff_ffff;
}

interface Machine {
  /** µs of a product by tiles of 8 and 16 columns; called with the ms since the first product. */
  readonly product: (wide: number, since: number) => number;
  /** Steps of the clock, in µs. */
  readonly step?: number;
  /** Time of a call, in ms. */
  readonly call?: number;
}

/** Runs calls on a machine until trials have ended. µs of products tried, and whether 16 columns were chosen. */
async function run({ product, step = 0.1, call = 7 }: Machine) {
  const { begin, choose } = await fresh();
  let now = 5_000;
  let first = 0;
  let tried = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (Math.floor(now / step) * step) / 1000);
  const i32 = new Int32Array(65_536 / 4);
  const memory = {
    i32,
    kernels: {
      linear_forward: () => {
        first ||= now;
        const took = product(i32[WIDE_AT]!, (now - first) / 1000);
        now += took;
        tried += took;
      },
    },
  };
  let calls = 0;
  for (; calls < 1000; calls++) {
    const since = begin();
    if (!since) break;
    now += 1000 * call;
    choose(memory, since);
  }
  expect(calls).toBeGreaterThan(0);
  expect(calls).toBeLessThan(1000);
  const wide = i32[WIDE_AT] === 1;
  // other memories of the process
  const other = { ...memory, i32: new Int32Array(65_536 / 4) };
  choose(other, begin());
  expect(other.i32[WIDE_AT] === 1).toBe(wide);
  return { wide, tried, worked: calls * call };
}

afterEach(() => vi.restoreAllMocks());

describe('tiles are chosen by trials', () => {
  const cases: [string, number, number][] = [
    ['16 columns are faster', 12, 10],
    ['8 columns are faster', 12, 15],
    ['16 columns are much faster', 12, 6],
  ];
  for (const step of [0.1, 5, 20])
    test.each(cases)(`%s, a clock in steps of ${step} µs`, async (_, narrow, wide) => {
      const found = await run({ product: (is) => (is ? wide : narrow), step });
      expect(found.wide).toBe(wide < narrow);
      expect(found.tried).toBeLessThan(3000);
      expect(found.worked).toBeLessThan(300);
    });

  test.each(cases)('%s, calls of 90 ms', async (_, narrow, wide) => {
    const found = await run({ product: (is) => (is ? wide : narrow), call: 90 });
    expect(found.wide).toBe(wide < narrow);
    expect(found.worked).toBeLessThan(300);
  });

  test.each([100, 1000])('a clock in steps of %i µs: no more than 3 ms of trials', async (step) => {
    for (let narrow = 6; narrow < 14; narrow++) {
      const found = await run({ product: (is) => (is ? 2 * narrow : narrow), step });
      expect(found.wide).toBe(false);
      expect(found.tried).toBeLessThan(3200);
    }
  });

  test.each([0, 30, 70])('16 columns are optimized after %i ms', async (after) => {
    const found = await run({ product: (is, since) => (is ? (since < after ? 110 : 9) : 12) });
    expect(found.wide).toBe(true);
    expect(found.tried).toBeLessThan(3000);
  });

  test('the machine does something else now and then', async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const draw = draws(seed);
      const noise = () => (draw() < 0.01 ? 4000 : 2 * draw());
      expect((await run({ product: (is) => (is ? 9 : 12) + noise() })).wide, `seed ${seed}`).toBe(true);
      expect((await run({ product: (is) => (is ? 15 : 12) + noise() })).wide, `seed ${seed}`).toBe(false);
    }
  });
});

describe('what trials leave alone', () => {
  test('a memory whose tiles were chosen at the start', async () => {
    const { begin, choose } = await fresh();
    const i32 = new Int32Array(65_536 / 4);
    i32[WIDE_AT] = 1;
    const linear_forward = vi.fn();
    let now = 1;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 50));
    for (let i = 0; i < 20; i++) {
      choose({ i32, kernels: { linear_forward } }, begin());
    }
    expect(linear_forward).not.toHaveBeenCalled();
    expect(i32[WIDE_AT]).toBe(1);
  });

  test('worklets, which have no timers', async () => {
    vi.stubGlobal('setTimeout', undefined);
    const { begin } = await fresh();
    vi.unstubAllGlobals();
    expect(begin()).toBe(0);
  });

  test.each(['simd', 'relaxed'] as const)('page 0, %s', async (kernels) => {
    if (kernels === 'relaxed' && Number.parseInt(process.versions.node, 10) < 22) return;
    await init({ kernels });
    const arena = new MemoryArena(65_536);
    // what this process has found out by itself does not matter here
    arena.i32[WIDE_AT] = 0;
    const before = arena.i32.slice(0, 65_536 / 4);
    const { begin, choose } = await fresh();
    let now = 1;
    // the clock moves with each look at it, so that each call has a trial
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 25));
    for (let i = 0; i < 30; i++) choose(arena, begin());
    expect(begin()).toBe(0);
    vi.restoreAllMocks();
    arena.i32[WIDE_AT] = 0;
    expect(arena.i32.slice(0, 65_536 / 4)).toEqual(before);
  });

  test('streams', async () => {
    await init({ kernels: 'simd' });
    const model = new Sequential([new LSTM(8, 16), new Linear(16, 4)]);
    const stream = model.stream();
    const now = vi.spyOn(performance, 'now');
    for (let i = 0; i < 50; i++) stream.step(new Float32Array(8).fill(0.1 * i));
    expect(now).not.toHaveBeenCalled();
  });

  test('the bits of a training that changes tiles halfway', async () => {
    await init({ kernels: 'simd' });
    const x = { data: Float32Array.from({ length: 5 * 7 * 9 }, (_, i) => Math.sin(i)), shape: [5, 7, 9] };
    const y = { data: Float32Array.from({ length: 5 * 7 * 19 }, (_, i) => Math.cos(i)), shape: [5, 7, 19] };
    const trained = (change: number): Uint8Array => {
      const model = new Sequential([new LSTM(9, 35), new Linear(35, 19)], { seed: 3 });
      const trainer = new Trainer(model, { loss: mse, optimizer: new SGD({ lr: 0.1 }) });
      for (let i = 0; i < 12; i++) {
        model.network.arena.i32[WIDE_AT] = +(i >= change);
        trainer.step(x, y);
      }
      if (change < 12) expect(model.network.arena.i32[WIDE_AT]).toBe(1);
      return model.save();
    };
    const plain = trained(12);
    for (const change of [0, 1, 6]) expect(trained(change)).toEqual(plain);
  });
});
