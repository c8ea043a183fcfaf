import { beforeAll, describe, expect, test } from 'vitest';
import * as api from '../../src/index.ts';
import * as io from '../../src/io/index.ts';
import * as kernels from '../../src/kernels/index.ts';
import { thorough } from '../thorough.ts';

const { Embedding, Linear, LSTM, Sequential, Trainer, UnrolledError } = api;

beforeAll(async () => {
  await api.init({ kernels: 'simd' });
});

const explode = () => {
  throw new TypeError('a trap');
};
const traps = ['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'set', 'apply'];
const throwing = () => new Proxy(() => 0, Object.fromEntries(traps.map((name) => [name, explode])));
const revoked = () => {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  return proxy;
};
const detached = () => {
  const array = Float32Array.of(1, 2, 3, 4);
  structuredClone(array, { transfer: [array.buffer] });
  return array;
};

/** What no argument is. */
const HOSTILE: Record<string, () => unknown> = {
  null: () => null,
  undefined: () => undefined,
  'an object': () => ({}),
  'an object without a prototype': () => Object.create(null),
  'an object that cannot be text': () => ({ toString: 1, valueOf: 1 }),
  'an array': () => [],
  'an array of null': () => [null],
  'an array of a hole': () => new Array(1),
  'an array of objects': () => [{ toString: 1 }],
  'no text': () => '',
  'half a surrogate pair': () => '\ud800',
  'a symbol': () => Symbol('s'),
  'a bigint': () => 1n,
  NaN: () => Number.NaN,
  '1e15': () => 1e15,
  '-1': () => -1,
  0.5: () => 0.5,
  true: () => true,
  'a function that throws': () => explode,
  'a function': () => () => ({}),
  'a Proxy that throws': throwing,
  'a Proxy that was revoked': revoked,
  'a detached array': detached,
  bigints: () => BigInt64Array.of(1n, 2n),
  'a DataView': () => new DataView(new ArrayBuffer(8)),
  'an object with getters that throw': () => ({ get data() { return explode(); }, get shape() { return explode(); } }), // biome-ignore format: one row
  'data of a Proxy that throws': () => ({ data: throwing(), shape: [1, 1] }),
  'a shape of a Proxy that throws': () => ({ data: [1], shape: throwing() }),
  'a shape of symbols': () => ({ data: [1], shape: [Symbol('s'), 1n] }),
};

const x = { data: Int32Array.of(1, 2), shape: [2, 1] };
const bytes = () => new Sequential([new Linear(1, 1)]).save();
const make = () => new Sequential([new Embedding(4, 2), new LSTM(2, 2), new Linear(2, 4)]);
const region = { ptr: 65_536, shape: [4], length: 4 };

/** Good arguments, by function, class or method. They are replaced one by one. */
const GOOD: Record<string, () => unknown[]> = {
  beamSearch: () => [make(), { start: [1], length: 2, beams: 2, lengthPenalty: 0.5, end: 1 }],
  init: () => [{ kernels: 'simd' }],
  stepLR: () => [{ stepSize: 2, gamma: 0.5 }],
  cosineLR: () => [{ steps: 3, floor: 0 }],
  warmup: () => [{ steps: 3, after: () => 1 }],
  uniform: () => [0, 1],
  spectralRadius: () => [Float32Array.of(1, 0, 0, 1), 2],
  largestSingularValue: () => [Float32Array.of(1, 0, 0, 1), 2, 2],
  gateSpectra: () => [Float32Array.of(1, 0, 0, 1), 2],
  Sequential: () => [[new Linear(1, 1)], { seed: 1 }],
  Trainer: () => [make(), { loss: api.crossEntropy, optimizer: new api.AdamW(), clipNorm: 1, batch: 1, carryState: true, memoryBudget: 1e6 }], // biome-ignore format: one row
  Embedding: () => [2, 3, { init: api.normal() }],
  Linear: () => [2, 3, { bias: true, init: api.normal() }],
  LSTM: () => [
    2,
    3,
    { numLayers: 1, init: { weight_hh: api.normal() }, bidirectional: true, mergeMode: 'sum' },
  ],
  GRU: () => [2, 3, { numLayers: 2, dropout: 0.5, zoneout: { h: 0.1 }, penalty: { l2: 1 } }],
  RNN: () => [2, 3, { activation: { name: 'leakyRelu', alpha: 0.1 } }],
  IndRNN: () => [2, 3, { numLayers: 2 }],
  MinGRU: () => [2, 3, { numLayers: 2 }],
  MinLSTM: () => [2, 3, { numLayers: 2 }],
  SRU: () => [2, 3, { numLayers: 2 }],
  irnn: () => [2, 3, {}],
  LSTMCell: () => [2, 3, { bias: true, seed: 1 }],
  SGD: () => [{ lr: 1, momentum: 0.5 }],
  Adam: () => [{ lr: 1, betas: [0.9, 0.99] }],
  'Sequential.forward': () => [x, { training: true, lengths: [2], mask: undefined }],
  'Sequential.backward': () => [{ data: new Float32Array(8), shape: [2, 1, 4] }],
  'Sequential.plan': () => [{ steps: 2, batch: 1, training: true }],
  'Sequential.stream': () => [{ batch: 1, block: 2 }],
  'Sequential.streams': () => [{ capacity: 2 }],
  'Sequential.save': () => [{ key: 'text' }],
  'Sequential.load': () => [bytes()],
  'Trainer.step': () => [x, x, { lengths: [2], flow: false }],
  'Trainer.evaluate': () => [x, x, { mask: [1, 1] }],
  'Trainer.flow': () => [x, x, { lengths: [2] }],
  'Stream.sample': () => [new api.Generator(1), 1, 0],
  'StreamPool.sample': () => [new api.Generator(1), 1, 0],
  'LSTM.forward': () => [
    { data: [1, 2], shape: [1, 1, 2] },
    { h0: [1, 2, 3], mask: [1] },
  ],
  'LSTMCell.forward': () => [[1, 2], { h0: [1, 2, 3], c0: [1, 2, 3] }],
  'Arena.take': () => [1, 2],
  'Arena.put': () => [[1, 2], 2],
  sgemm: () => [arena(), 'n', 'n', 1, 1, 1, region, 1, region, 1, 0, region, 1],
  sgemv: () => [arena(), 'n', 1, 1, region, 1, region, 0, region],
  saxpy: () => [arena(), 4, 1, region, region],
  sdot: () => [arena(), 4, region, region],
  snrm2: () => [arena(), 4, region],
  sscal: () => [arena(), 4, 1, region],
  checked: () => [arena()],
  serializeSafetensors: () => [{ a: { shape: [1], data: Float32Array.of(1) } }, { key: 'text' }],
  toFloat32: () => [{ dtype: 'F32', data: Float32Array.of(1) }],
  parseSafetensors: () => [bytes()],
};

function arena() {
  const made = new kernels.Arena(65_536);
  made.take(64);
  return made;
}

/** Not for users, or for nothing but to end something; and work that takes as long as was asked for. */
const LEFT_OUT = /\.(dispose|close|reserve|lookup|takesLookup|isIdle|outputSize|config|fill|claim|direction|plainPass|rows|serves|finite|continueFrom|apply|update|state|toJSON)$|^Optimizer\.|^(SGD|AdamW?|RMSprop|Adagrad)\.(step|restore)|^Trainer\.(plan|safely|checkStep)$|^StreamPool\.(reset|snapshot|restore|fork|bring)$|^[A-Za-z0-9]*(Work|Error)$|^packed$/; // biome-ignore format: one expression

/** Objects whose methods are called, made anew for each method. */
function instances(): Record<string, object> {
  const model = make();
  const trained = make();
  const pool = make().streams({ capacity: 2 });
  const stream = make().stream({ block: 2 });
  stream.step([1]);
  return {
    Sequential: model,
    Trainer: new Trainer(trained, { loss: api.crossEntropy, optimizer: new api.AdamW() }),
    Stream: stream,
    StreamPool: pool,
    StreamSession: pool.open(),
    LSTM: new LSTM(2, 3),
    SRU: new api.SRU(2, 3),
    LSTMCell: new api.LSTMCell(2, 3),
    GRUCell: new api.GRUCell(2, 3),
    Generator: new api.Generator(1),
    Arena: arena(),
    Adam: new api.Adam(),
  };
}

function methods(of: object): string[] {
  const names = new Set<string>();
  for (let at = of; at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (typeof value === 'function' && name !== 'constructor') names.add(name);
    }
  }
  return [...names];
}

type Call = (...args: unknown[]) => unknown;
const isClass = (value: unknown) => /^class\b/.test(Function.prototype.toString.call(value));

/** Every exported function and class, and every method, as [name, how to get what is called]. */
const calls: [string, () => Call][] = [];
for (const exported of [api, kernels, io] as Record<string, unknown>[]) {
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value !== 'function') continue;
    const call = isClass(value)
      ? (...args: unknown[]) => new (value as new (...args: unknown[]) => unknown)(...args)
      : (value as Call);
    if (!calls.some(([known]) => known === name)) calls.push([name, () => call]);
  }
}
calls.push(['Sequential.load', () => Sequential.load as Call]);

/** Lists of arguments in which one is hostile: all of them, one of the good ones, one option of them. */
function* variants(name: string): Generator<[what: string, args: () => unknown[]]> {
  const good = GOOD[name];
  for (const [what, value] of Object.entries(HOSTILE)) {
    for (const length of [1, 3]) yield [`${length} times ${what}`, () => Array.from({ length }, value)];
    if (!good) continue;
    for (const [i, argument] of good().entries()) {
      yield [`argument ${i} ${what}`, () => good().with(i, value())];
      if (Object.getPrototypeOf(argument ?? 0) !== Object.prototype) continue;
      for (const key of Object.keys(argument as object)) {
        // as many indices as were asked for
        if (key === 'length' && name === 'beamSearch' && what === '1e15') continue;
        yield [`${key} ${what}`, () => good().with(i, { ...(good()[i] as object), [key]: value() })];
      }
    }
  }
}

async function foreign(name: string, target: () => Call): Promise<string[]> {
  const found: string[] = [];
  let at = name.length;
  for (const [what, args] of variants(name)) {
    // in `npm test` every 5th
    if (!thorough && at++ % 5) continue;
    try {
      await target()(...args());
    } catch (error) {
      if (error instanceof UnrolledError && error.message.length <= 400) continue;
      // what a function of the caller's throws is the caller's
      if (/ a function that throws$/.test(what) && (error as Error).message === 'a trap') continue;
      found.push(`${what}: ${(error as Error)?.stack?.split('\n').slice(0, 3).join(' ') ?? String(error)}`);
    }
  }
  return found;
}

describe('whatever is given, errors are the package’s own', () => {
  test.each(calls.filter(([name]) => !LEFT_OUT.test(name)))('%s', async (name, target) => {
    expect(await foreign(name, target)).toEqual([]);
  });

  test('methods', async () => {
    const found: string[] = [];
    let count = 0;
    for (const [of, first] of Object.entries(instances())) {
      for (const method of methods(first)) {
        const name = `${of}.${method}`;
        if (LEFT_OUT.test(name)) continue;
        count++;
        const object = instances()[of] as Record<string, Call>;
        const errors = await foreign(name, () => object[method]!.bind(object));
        found.push(...errors.map((error) => `${name}: ${error}`));
      }
    }
    expect(count).toBeGreaterThan(50);
    expect(found).toEqual([]);
  });
});
