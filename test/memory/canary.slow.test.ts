import { beforeAll, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import * as blas from '../../src/kernels/index.ts';

const seed = Number(globalThis.process?.env?.FUZZ_SEED ?? 20817);
const CALLS = 20_000;
const V = 5;
const WORDS = 64;

beforeAll(async () => {
  await u.init({ kernels: 'simd' });
  await blas.init({ kernels: 'simd' });
});

const generator = new u.Generator(seed);
const below = (n: number) => generator.integer(n);
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

const indices = (n: number) => Int32Array.from({ length: n }, () => below(V));
const odd = (): unknown =>
  pick<() => unknown>([
    () => undefined,
    () => null,
    () => pick([-1, 0, 1, 2, 3, 0.5, 1e9, 2 ** 31, 2 ** 32, 2 ** 53, Number.NaN, Infinity, -Infinity]),
    () => pick(['', 'n', 't', '__proto__', true]),
    () => ({}),
    () => [],
    () => [below(V)],
    () => indices(below(9)),
    () => new Float32Array(below(9)).fill(Number.NaN),
    () => ({
      data: indices(4),
      shape: pick([
        [2, 2],
        [4, 1],
        [1, 4],
        [2, 2, 1],
        [2 ** 20, 2 ** 20],
        [-2, -2],
      ]),
    }),
    () => ({ data: [below(V + 1), below(V), below(V), -below(2)], shape: [2, 2] }),
    () => ({ data: new Float32Array(4 * V), shape: [2, 2, V] }),
    () => ({ length: 4, 0: 1, 1: 1, 2: 1, 3: 1 }),
    () => ({ lengths: pick([[2, 1], [0, 0], [3, 1], [-1, 2], 'x']) }),
    () => ({
      mask: pick([
        [1, 0, 1, 1],
        [0, 0, 0, 0],
        [2, 1, 1, 1],
        [true, false],
      ]),
    }),
    () => ({ batch: pick([0, 1, 2, 7, 1e9, -1]), block: pick([1, 3, 1e9, 0.5]) }),
    () => ({ states: {}, outputs: [null] }),
  ])();

const sequence = () => {
  const [steps, batch] = [1 + below(5), 1 + below(3)];
  return { data: indices(steps * batch), shape: [steps, batch] };
};

/** A pattern of its own behind what was reserved so far. */
function guard({ network }: u.Sequential): () => boolean {
  const region = network.reserve('canary', WORDS);
  network.arena.i32.fill(0x5eed1e55, region.ptr / 4, region.ptr / 4 + WORDS);
  return () =>
    network.arena.i32.subarray(region.ptr / 4, region.ptr / 4 + WORDS).every((word) => word === 0x5eed1e55);
}

test(`${CALLS} calls with odd arguments write nowhere but where they should (FUZZ_SEED=${seed})`, () => {
  const layers = [new u.Embedding(V, 3), new u.LSTM(3, 5), new u.Dropout(0.3), new u.Linear(5, V)];
  const model = new u.Sequential(layers, { seed: 1 });
  const guards = [guard(model)];
  const trainer = new u.Trainer(model, { loss: u.crossEntropy, optimizer: new u.AdamW(), carryState: true });
  guards.push(guard(model));
  let stream = model.stream({ batch: 2, block: 3 });
  guards.push(guard(model));
  const pool = model.streams({ capacity: 3 });
  const sessions = [pool.open(), pool.open()];
  guards.push(guard(model));
  const files = [trainer.save(), model.save()];
  const { arena, block, parameters } = model.network;
  const words = () => arena.i32.slice(block.ptr / 4, block.ptr / 4 + block.length);
  const inParameters = new Uint8Array(block.length);
  for (const { ptr, length } of parameters.values()) {
    inParameters.fill(1, (ptr - block.ptr) / 4, (ptr - block.ptr) / 4 + length);
  }
  const blasArena = new blas.Arena(1 << 16);
  const [a, b, c, last] = [
    blasArena.put(new Array(12).fill(1), 3, 4),
    blasArena.take(4, 2),
    blasArena.take(3, 2),
    blasArena.take(WORDS),
  ];
  blasArena.i32(last).fill(7);
  const region = () => pick<unknown>([a, b, c, a.ptr, c.ptr, odd(), { ptr: b.ptr }]);

  // what may change parameters where it succeeds
  const writes: Record<string, () => unknown> = {
    step: () =>
      trainer.step(
        ...(pick([
          [sequence(), sequence()],
          [odd(), odd()],
          [sequence(), odd()],
        ]) as [never, never]),
        odd() as never,
      ),
    'step that fits': () => {
      const x = sequence();
      return trainer.step(x, x, pick([undefined, { flow: true }]));
    },
    restore: () =>
      trainer.restore(pick<unknown>([...files, odd(), pick(files).slice(0, below(400))]) as never),
    loadStateDict: () => model.loadStateDict(pick<unknown>([model.stateDict(), odd(), {}]) as never),
  };
  const reads: Record<string, () => unknown> = {
    forward: () => model.forward(pick<unknown>([sequence(), odd()]) as never, odd() as never),
    'forward for training': () => model.forward(sequence(), { training: true }),
    backward: () => model.backward(pick<unknown>([odd(), new Float32Array(below(4) * V)]) as never),
    evaluate: () => trainer.evaluate(pick<unknown>([sequence(), odd()]) as never, sequence(), odd() as never),
    flow: () => trainer.flow(sequence(), sequence(), odd() as never),
    resetState: () => trainer.resetState(),
    save: () => model.save(odd() as never),
    plan: () => model.plan({ steps: odd(), batch: odd() } as never),
    gradients: () => model.gradients(),
    zeroGradients: () => model.zeroGradients(),
    stream: () => {
      stream.dispose();
      stream = model.stream({ batch: 1 + below(3), block: 1 + below(4) });
    },
    'stream of odd sizes': () => model.stream(odd() as never).dispose(),
    'stream.step': () => stream.step(pick<unknown>([indices(stream.batch), odd()]) as never),
    'stream.steps': () =>
      stream.steps(pick<unknown>([indices(stream.batch * (1 + below(4))), odd()]) as never),
    'stream.sample': () =>
      stream.sample(generator, pick<unknown>([1, 0, odd()]) as never, pick<unknown>([0, odd()]) as never),
    'stream.probabilities': () => stream.probabilities(odd() as never),
    'stream.reset': () => stream.reset(odd() as never),
    'stream.restore': () => stream.restore(pick<unknown>([stream.snapshot(), odd()]) as never),
    'pool.step': () =>
      pool.step(
        pick<unknown>([sessions, [sessions[1]], [sessions[0], sessions[0]], odd()]) as never,
        pick<unknown>([indices(2), below(V), odd()]) as never,
      ),
    'session.restore': () => sessions[0]!.restore(pick<unknown>([sessions[1]!.snapshot(), odd()]) as never),
    fork: () => sessions[0]!.fork().close(),
    sgemm: () =>
      blas.sgemm(
        blasArena,
        pick<unknown>(['n', 't', odd()]) as never,
        'n',
        ...([3, 2, 4].map((n) => pick<unknown>([n, n, n, odd()])) as [number, number, number]),
        region() as never,
        pick<unknown>([4, odd()]) as never,
        region() as never,
        pick<unknown>([2, odd()]) as never,
        pick([0, 1]),
        region() as never,
        pick<unknown>([2, odd()]) as never,
      ),
    saxpy: () =>
      blas.saxpy(blasArena, pick<unknown>([6, 8, odd()]) as never, 0.5, region() as never, region() as never),
    sdot: () =>
      blas.sdot(blasArena, pick<unknown>([6, odd()]) as never, region() as never, region() as never),
    'arena.f32': () => blasArena.f32(pick<unknown>([a, odd()]) as never),
    'arena.scratch': () => blasArena.scratch(odd() as never),
  };
  const all = [
    ...Object.entries(writes).map(([name, call]) => ({ name, call, mayWrite: true })),
    ...Object.entries(reads).map(([name, call]) => ({ name, call, mayWrite: false })),
  ];
  const done = { refused: 0, made: 0 };
  let before = words();
  for (let i = 0; i < CALLS; i++) {
    const { name, call, mayWrite } = pick(all);
    const what = `call ${i}, ${name}`;
    let refused = false;
    try {
      call();
    } catch (error) {
      refused = true;
      if (!(error instanceof u.UnrolledError || error instanceof blas.UnrolledError))
        throw new Error(what, { cause: error });
      if (error.message.length > 400) throw new Error(`${what}: a message of ${error.message.length}`);
    }
    done[refused ? 'refused' : 'made']++;
    const after = words();
    const changed = after.findIndex(
      (word, at) => word !== before[at] && (refused || !mayWrite || !inParameters[at]),
    );
    if (changed >= 0) throw new Error(`${what}: word ${changed} of the parameters' block`);
    if (!guards.every((whole) => whole())) throw new Error(`${what}: a canary`);
    if (!blasArena.i32(last).every((word) => word === 7)) throw new Error(`${what}: the arena's canary`);
    before = after;
  }
  expect(done.refused).toBeGreaterThan(CALLS / 10);
  expect(done.made).toBeGreaterThan(CALLS / 10);
}, 600_000);
