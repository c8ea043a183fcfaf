import { describe, expect, test } from 'vitest';
import * as core from '../../src/core.ts';
import * as unrolled from '../../src/index.ts';
import { CORE_NAMES } from '../../src/wasm/generated/kernelNames.ts';
import type { Words } from '../errors.ts';
import { expectWords } from '../errors.ts';
import { layers, lossCases, optimizerCases } from '../every.ts';
import { relaxedIsSupported } from '../kernels/binaries.ts';
import { thrown } from '../model/helpers.ts';

type Entry = Pick<
  typeof core,
  'Dropout' | 'Embedding' | 'GRU' | 'LastStep' | 'Linear' | 'LSTM' | 'RNN' | 'Sequential' | 'Trainer'
>;
/** Its classes have more options, but for the tests here the same. */
const full = unrolled as unknown as Entry;
const V = 7;
const [T, B] = [6, 3];
const tokens = Int32Array.from({ length: T * B }, (_, i) => (i * i + 1) % V);
const x = { data: tokens, shape: [T, B] };
const features = { data: Float32Array.from({ length: T * B * 2 }, (_, i) => Math.sin(i)), shape: [T, B, 2] };

const stacks: Record<string, (entry: Entry) => unrolled.Layer[]> = {
  'LSTM, two layers, both directions, dropouts': ({ Embedding, LSTM, Linear }) => [
    new Embedding(V, 5),
    new LSTM(5, 9, { numLayers: 2, bidirectional: true, dropout: 0.2, inputDropout: 0.1, forgetBias: 1 }),
    new Linear(18, V),
  ],
  'GRU, joined otherwise': ({ Dropout, Embedding, GRU, Linear }) => [
    new Embedding(V, 5),
    new Dropout(0.3),
    new GRU(5, 8, { bidirectional: true, mergeMode: 'mul' }),
    new Linear(8, V),
  ],
  RNN: ({ Embedding, RNN, Linear }) => [
    new Embedding(V, 5),
    new RNN(5, 9),
    new RNN(9, 6, { nonlinearity: 'relu', bias: false }),
    new Linear(6, V),
  ],
};
/** Whether core has it with these options. */
function accepts(member: unknown, options: object): boolean {
  try {
    if (/^class/.test(String(member))) new (member as new (options: object) => object)(options);
    else (member as (options: object) => object)(options);
    return true;
  } catch {
    return false;
  }
}

/** The rows of losses or optimizers that the entry has. */
function ofCore<T extends { readonly name: string; readonly options: object }>(rows: readonly T[]): T[] {
  const members = new Map(Object.entries(core).map(([name, member]) => [name.toLowerCase(), member]));
  const found = rows.filter(({ name, options }) => accepts(members.get(name.toLowerCase()), options));
  expect(found.length).toBeGreaterThan(2);
  return found;
}

/** Steps, an evaluation, an output, and the files. */
function train(entry: Entry, make: (entry: Entry) => unrolled.Layer[], optimizer: core.Optimizer) {
  const model = new entry.Sequential(make(entry), { seed: 3 });
  const trainer = new entry.Trainer(model, { loss: core.crossEntropy, optimizer, clipNorm: 1 });
  const results = [
    trainer.step(x, x),
    trainer.step(x, x, { lengths: [2, T, 4] }),
    trainer.evaluate(x, x),
    model.plan({ steps: T, batch: B }),
    model.forward(x).data,
    model.save(),
    trainer.save(),
  ];
  model.dispose();
  return results;
}

/** Bytes of a file as a string of as many characters, which `toEqual` compares at once. */
function comparable(value: unknown): unknown {
  return value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value;
}

/** What the whole package gives, `core` gives, too. */
async function expectSame(run: (entry: Entry) => unknown): Promise<void> {
  await unrolled.init({ kernels: 'simd' });
  const expected = run(full);
  await core.init({ kernels: 'simd' });
  expect(run(core)).toEqual(expected);
}

describe('unrolled/core', () => {
  test('has kernels of its own, and takes relaxed where it validates', async () => {
    const { kernels, module, training } = await core.init();
    expect(kernels).toBe(relaxedIsSupported ? 'relaxed' : 'simd');
    expect(training).toBe(true);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names.sort()).toEqual([...CORE_NAMES].sort());
  });

  test.each(Object.entries(stacks))('%s: the bits of unrolled, in files too', async (_, make) => {
    const run = (entry: Entry) =>
      ofCore(optimizerCases).map(({ make: optimizer }) => train(entry, make, optimizer()).map(comparable));
    await expectSame(run);
  });

  test('other losses, after LastStep', async () => {
    const run = (entry: Entry) => {
      const make = () =>
        new entry.Sequential([new entry.GRU(2, 4), new entry.LastStep(), new entry.Linear(4, 1)]);
      const y = { data: [0, 1, 1], shape: [1, B, 1] };
      const losses = ofCore(lossCases)
        .map((row) => row.make())
        .filter(({ targets }) => targets === 'features');
      return losses.map((loss) => {
        const trainer = new entry.Trainer(make(), { loss, optimizer: new core.AdamW() });
        trainer.step(features, y);
        return [trainer.step(features, y), trainer.save()];
      });
    };
    await expectSame(run);
  });

  test('LastStep behind both directions', async () => {
    const run = (entry: Entry) =>
      (['concat', 'sum', 'mul', 'ave'] as const).map((mergeMode) => {
        const layer = new entry.GRU(2, 4, { bidirectional: true, mergeMode });
        const head = new entry.Linear(mergeMode === 'concat' ? 8 : 4, 1);
        const model = new entry.Sequential([layer, new entry.LastStep(), head], { seed: 5 });
        const trainer = new entry.Trainer(model, { loss: core.mse, optimizer: new core.AdamW() });
        const y = { data: [0, 1, 1], shape: [1, B, 1] };
        return [trainer.step(features, y, { lengths: [2, T, 4] }), trainer.save()];
      });
    await expectSame(run);
  });

  test('a model called by itself and a stream', async () => {
    const run = (entry: Entry) => {
      using both = new entry.Sequential([new entry.LSTM(2, 3, { bidirectional: true })]);
      const output = both.forward(features, { training: true, lengths: [1, 6, 2] });
      using model = new entry.Sequential([new entry.LSTM(2, 3)]);
      using stream = model.stream({ batch: B, block: 2 });
      const steps = [...stream.steps(features.data.subarray(0, 2 * B * 2))];
      stream.reset(1);
      const after = [...stream.step(features.data.subarray(0, B * 2))];
      return [output, both.backward(output), both.gradients(), steps, after];
    };
    await expectSame(run);
  });

  test('a training goes on in the other entry', async () => {
    await unrolled.init({ kernels: 'simd' });
    const options = (entry: Entry, file: Uint8Array) => {
      const trainer = new entry.Trainer(entry.Sequential.load(file), {
        loss: core.crossEntropy,
        optimizer: new core.Adam(),
      });
      trainer.restore(file);
      trainer.step(x, x);
      return trainer.save();
    };
    const file = train(core, stacks.RNN!, new core.Adam()).at(-1) as Uint8Array;
    expect(options(full, file)).toEqual(options(core, file));
  });
});

describe('what unrolled alone has', () => {
  const refused = (call: () => unknown, name: Words) => {
    const error = thrown(call) as Error;
    expect(error).toBeInstanceOf(core.FeatureError);
    expectWords(error, [...name, "'unrolled'"]);
    // inference and slim have the same layers
    expect((error as Error).message).not.toContain("'unrolled/");
  };
  const cells = { LSTM: core.LSTM, GRU: core.GRU, RNN: core.RNN };
  const as = <T>(value: unknown) => value as T;

  test.each([
    ['LSTM', { layerNorm: true }],
    ['LSTM', { projSize: 2 }],
    ['LSTM', { peephole: true }],
    ['LSTM', { coupled: true }],
    ['LSTM', { activations: { f: 'relu' } }],
    ['GRU', { resetAfter: false }],
    ['GRU', { activation: 'relu' }],
    ['GRU', { recurrentActivation: 'hardsigmoid' }],
    ['RNN', { heads: 3 }],
    ['RNN', { clip: 1 }],
    ['LSTM', { clipStepNorm: 0.5 }],
    ['RNN', { zoneout: 0.1 }],
    ['RNN', { recurrentDropout: 0.1 }],
    ['RNN', { penalty: { l2: 1 } }],
  ] as const)('%s: %o', (type, options) => {
    const [name] = Object.keys(options);
    refused(() => new cells[type](3, 9, options as object), [type, name!]);
  });

  test('options at the value that changes nothing are taken', async () => {
    await core.init({ kernels: 'simd' });
    const off = { layerNorm: false, heads: 1, zoneout: 0, recurrentDropout: 0 };
    expect(new core.LSTM(3, 4, as({ ...off, projSize: 0, activation: 'tanh' })).config()).toEqual(
      new unrolled.LSTM(3, 4).config(),
    );
    expect(new core.GRU(3, 4, as({ ...off, resetAfter: true })).config()).toEqual(
      new unrolled.GRU(3, 4).config(),
    );
    expect(thrown(() => new core.RNN(3, 4, as({ peephole: true })))).toBeInstanceOf(core.ArgumentError);
    expect(thrown(() => new core.RNN(3, 4, as({ nonlinearity: 'elu' })))).toBeInstanceOf(core.ArgumentError);
  });

  test('parts of sequences, and the flow of gradients', async () => {
    await core.init({ kernels: 'simd' });
    const model = new core.Sequential([new core.LSTM(2, 3)]);
    const opts = { loss: core.mse, optimizer: new core.AdamW() };
    refused(
      () => new core.Trainer(model, as({ ...opts, truncation: { k1: 1, k2: 2 } })),
      ['Trainer', 'truncation'],
    );
    refused(() => new core.Trainer(model, as({ ...opts, memoryBudget: 1e6 })), ['Trainer', 'memoryBudget']);
    refused(() => new core.Trainer(model, as({ ...opts, carryState: true })), ['Trainer', 'carryState']);
    const trainer = new core.Trainer(model, as({ ...opts, carryState: false }));
    const y = { data: new Float32Array(T * B * 3), shape: [T, B, 3] };
    refused(() => trainer.step(features, y, as({ flow: true })), ['step', 'flow']);
    expect(trainer.step(features, y).loss).toBeGreaterThan(0);
  });

  test('files with such options', async () => {
    await unrolled.init({ kernels: 'simd' });
    const save = (layer: unrolled.Layer) => new unrolled.Sequential([layer]).save();
    const options = save(new unrolled.LSTM(2, 3, { peephole: true }));
    refused(() => core.Sequential.load(options), ['LSTM', 'peephole']);
  });

  test('no layer of the package is unknown: each is loaded or refused by name', async () => {
    await unrolled.init({ kernels: 'simd' });
    const others = Object.entries<() => unrolled.Layer>(layers).filter(([name]) => !(name in core));
    expect(others.map(([name]) => name)).toEqual(expect.arrayContaining(['SRU', 'LayerNorm', 'Conv1d']));
    for (const [name, make] of others) {
      const layer = make();
      const chain = layer.input ? [layer] : [new unrolled.Linear(4, 4), layer];
      refused(() => core.Sequential.load(new unrolled.Sequential(chain).save()), ['saved model', name]);
    }
  });

  test('a recurrent layer without a model', () => {
    for (const [name, Cell] of Object.entries(cells)) {
      const layer = as<unrolled.LSTM>(new Cell(2, 3));
      refused(() => layer.forward(features), [name, 'model']);
    }
  });

  test("unrolled's classes on these kernels say what is missing", async () => {
    await core.init({ kernels: 'simd' });
    const missing = (call: () => unknown, kernel: string) => {
      const error = thrown(call) as Error;
      expect(error).toBeInstanceOf(core.FeatureError);
      expectWords(error, [kernel, "'unrolled'"]);
    };
    missing(() => new unrolled.LSTM(2, 3, { layerNorm: true }).forward(features), 'configurable_forward');
    missing(() => new unrolled.MinGRU(2, 3).forward(features), 'scan_forward');
    missing(() => {
      new unrolled.RNN(2, 3, { penalty: { l2: 1 } }).forward(features, { training: true });
    }, 'sgemm_tn');
    const trainer = new unrolled.Trainer(new unrolled.Sequential([new unrolled.GRU(2, 3)]), {
      loss: core.mse,
      optimizer: new core.AdamW(),
    });
    const y = { data: new Float32Array(T * B * 3), shape: [T, B, 3] };
    missing(() => trainer.step(features, y, { flow: true }), 'find_nonfinite');
    expect(trainer.step(features, y).loss).toBeGreaterThan(0);
    const huber = new unrolled.Trainer(new unrolled.Sequential([new unrolled.GRU(2, 3)]), {
      loss: unrolled.huber,
      optimizer: new unrolled.Lion(),
    });
    missing(() => huber.step(features, y), 'huber');
    const lion = new unrolled.Trainer(new unrolled.Sequential([new unrolled.GRU(2, 3)]), {
      loss: core.mse,
      optimizer: new unrolled.Lion(),
    });
    const before = lion.save();
    missing(() => lion.step(features, y), 'lion_step');
    expect(lion.save()).toEqual(before);
    missing(() => unrolled.spectralRadius(new Float32Array(100 * 100).fill(1), 100), 'sgemm_nn');
  });
});
