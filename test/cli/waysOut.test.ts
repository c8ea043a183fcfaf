import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { parseSafetensors, serializeSafetensors } from '../../src/io/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { TORCH_MODELS } from './exported/torchModels.ts';
import { TRITON_MODELS } from './exported/tritonModels.ts';
import { cli, folder, oneLine } from './helper.ts';

const CONTINUED = 'test/cli/exported/continued.safetensors';
const CONFIGS: Record<string, string[]> = JSON.parse(readFileSync('test/cli/exported/triton.json', 'utf8'));
const MODULES: Record<string, string[]> = JSON.parse(
  readFileSync('test/cli/exported/torchGraphs.json', 'utf8'),
);
const TEXT = 'test/cli/exported/text.txt';

describe('--to torch', () => {
  test('writes the module, and the loop for a model that was trained', async () => {
    const path = folder();
    copyFileSync(CONTINUED, path('m.safetensors'));
    const { code, out } = await cli('convert', path('m.safetensors'), '--to', 'torch');
    expect([code, out]).toEqual([0, expect.stringContaining('torchrun --nproc-per-node 2')]);
    const python = readFileSync(path('m.py'), 'utf8');
    const { numEmbeddings: V } = JSON.parse(parseSafetensors(readFileSync(CONTINUED)).metadata.unrolled!)
      .layers[0];
    expect(python).toContain(`
class Model(nn.Sequential):
    """Parameters are named as in the file."""

    def __init__(self):
        super().__init__(
            nn.Embedding(${V}, 4),
            nn.LSTM(4, 6),
            nn.Linear(6, ${V}),
        )
`);
    expect(python).toContain('MODEL = Path(__file__).parent / "m.safetensors"');
    for (const name of ['def read_data', 'DistributedDataParallel(model)', 'metadata["vocabulary"]'])
      expect(python).toContain(name);
    expect(python).not.toContain('normalizer');
    expect(python).not.toContain('class LastStep');
  });

  test('names of files are quoted, for the shell and in Python', async () => {
    const path = folder();
    const [from, to] = [path('a """ b.safetensors'), path('my model.py')];
    copyFileSync(CONTINUED, from);
    const { out } = await cli('convert', from, to, '--to', 'torch');
    expect(out).toContain(`torchrun --nproc-per-node 2 '${to}' FILE`);
    expect(readFileSync(to, 'utf8').split('\n').slice(0, 3)).toEqual([
      '"""a \\"\\"\\" b.safetensors as a module of PyTorch, written by unrolled.',
      "torchrun --nproc-per-node 2 'my model.py' FILE goes on with the training.",
      '"""',
    ]);
  });

  test('options of layers are those of torch.nn; a model without a training has no loop', async () => {
    await u.init({ kernels: 'simd' });
    const path = folder();
    const write = async (layers: u.Layer[]) => {
      using model = new u.Sequential(layers);
      writeFileSync(path('m'), model.save());
      return cli('convert', path('m'), path('m.py'), '--to', 'torch');
    };
    const { code } = await write([
      new u.GRU(3, 4, { numLayers: 2, dropout: 0.25, bidirectional: true, bias: false }),
      new u.LayerNorm(8),
      new u.RNN(8, 5, { nonlinearity: 'relu' }),
      new u.Activation('gelu'),
      new u.Dropout(0.5),
      new u.LastStep({ sameStep: true }),
      new u.Linear(5, 2, { bias: false }),
    ]);
    expect(code).toBe(0);
    const python = readFileSync(path('m.py'), 'utf8');
    const modules = [...python.matchAll(/^ {12}(\S.*),$/gm)].map(([, module]) => module);
    expect(modules.slice(0, 7)).toEqual([
      'nn.GRU(3, 4, num_layers=2, bias=False, bidirectional=True, dropout=0.25)',
      'nn.LayerNorm(8, eps=0.00001)',
      'nn.RNN(8, 5, nonlinearity="relu")',
      'nn.GELU()',
      'nn.Dropout(0.5)',
      'LastStep()',
      'nn.Linear(5, 2, bias=False)',
    ]);
    expect(python).toContain('class LastStep(nn.Module)');
    expect(python).not.toContain('def main');
    for (const layer of [
      new u.LSTM(2, 3, { peephole: true }),
      new u.GRU(2, 3, { resetAfter: false }),
      new u.RNN(2, 3, { nonlinearity: 'softsign' }),
      new u.MinGRU(2, 3),
      new u.Linear(2, 3, { activation: 'relu' }),
    ]) {
      const outcome = await write([layer]);
      expect([outcome.code, oneLine(outcome)]).toEqual([1, expect.stringMatching(/layers\[0\] .*torch\.nn/)]);
    }
  });

  // exported/torchGraphs.py has run these modules, and what they saved loads
  test.each(Object.entries(MODULES))('the module of %s is one that was run', async (name, lines) => {
    await u.init({ kernels: 'simd' });
    const path = folder();
    using model = TORCH_MODELS[name]!();
    writeFileSync(path('m'), model.save());
    expect((await cli('convert', path('m'), path('m.py'), '--to', 'torch')).code).toBe(0);
    expect(readFileSync(path('m.py'), 'utf8')).toContain(`\n${lines.join('\n')}\n`);
  });

  test('a graph with a layer or an input that PyTorch does not have is refused', async () => {
    await u.init({ kernels: 'simd' });
    const path = folder();
    const x = u.input({ indices: 4, maskValue: 0 });
    const y = u.input({ features: 3 });
    for (const [inputs, outputs, what] of [
      [x, new u.Embedding(4, 2).apply(x), /maskValue/],
      [y, new u.Attention({ kind: 'dot' }).apply(y, y), /layers\[0\] \(Attention\)/],
    ] as const) {
      using model = new u.Model({ inputs, outputs });
      writeFileSync(path('m'), model.save());
      const outcome = await cli('convert', path('m'), path('m.py'), '--to', 'torch');
      expect([outcome.code, oneLine(outcome)]).toEqual([1, expect.stringMatching(what)]);
    }
  });

  test('options that are no options of a layer are refused: no text of a file is code', async () => {
    await u.init({ kernels: 'simd' });
    const path = folder();
    const write = async (bytes: Uint8Array, unrolled: unknown) => {
      const { tensors, metadata } = parseSafetensors(bytes);
      const saved = { ...metadata, unrolled: JSON.stringify(unrolled) };
      writeFileSync(path('m'), serializeSafetensors(tensors as never, saved));
      return cli('convert', path('m'), path('m.py'), '--to', 'torch');
    };
    const code = "1) if __import__('os') else nn.Linear(3, 1";
    const layers = [
      new u.Embedding(5, 3),
      new u.LSTM(3, 4, { bidirectional: true }),
      new u.GRU(8, 4, { dropout: 0.25, numLayers: 2 }),
      new u.RNN(4, 5, { nonlinearity: 'relu' }),
      new u.LayerNorm(5),
      new u.Activation('gelu'),
      new u.Dropout(0.5),
      new u.LastStep({ sameStep: true }),
      new u.Linear(5, 2),
    ];
    using chain = new u.Sequential(layers);
    for (const make of [() => chain, ...Object.values(TORCH_MODELS)]) {
      const bytes = make().save();
      const text = parseSafetensors(bytes).metadata.unrolled!;
      // each value of the description in turn
      for (let k = 0, isLast = false; !isLast; k++) {
        let i = 0;
        const changed = JSON.parse(text, (_, value) => (Object(value) === value || i++ !== k ? value : code));
        isLast = i <= k;
        const outcome = await write(bytes, changed);
        if (outcome.code === 0) {
          // names are strings of Python
          const python = readFileSync(path('m.py'), 'utf8').replaceAll(JSON.stringify(code), '');
          expect(python.replace(/^ +# .*$/gm, '')).not.toContain('__import__');
        } else expect([outcome.code, oneLine(outcome)]).toEqual([1, expect.stringContaining('m: ')]);
      }
    }
    for (const unrolled of [{}, null, [], { layers: null }, { layers: 1.5 }, { version: 2, layers: [null] }])
      expect(oneLine(await write(chain.save(), unrolled))).toMatch(/saved model: /);
  });

  test('what its loop saved on two processes loads, and goes on here', async () => {
    const path = folder();
    copyFileSync(CONTINUED, path('m'));
    const { out } = await cli('inspect', path('m'));
    expect(out).toMatch(/^ {2}steps +12 of 12 on simd kernels$/m);
    const before = JSON.parse((await cli('eval', path('m'), TEXT, '--json')).out).loss;
    expect((await cli('train', TEXT, '--resume', path('m'), '--steps', 60, '--length', 0)).code).toBe(0);
    expect(JSON.parse((await cli('eval', path('m'), TEXT, '--json')).out).loss).toBeLessThan(before);
  });

  test('its losses are those of this package, update by update', () => {
    const [head, ...rows] = readFileSync('test/cli/exported/losses.csv', 'utf8').trim().split('\n');
    expect([head, rows.length]).toEqual(['step,unrolled,torch', 100]);
    for (const row of rows) {
      const [, ours, torch] = row.split(',').map(Number);
      expect(Math.abs(ours! - torch!) / ours!).toBeLessThan(1e-5);
    }
  });
});

describe('--to triton', () => {
  beforeAll(() => u.init({ kernels: 'simd' }));

  test('1,000 streamed steps of two rows give what the model gives', async () => {
    const path = folder();
    expect((await cli('convert', CONTINUED, path('writer'), '--to', 'triton')).code).toBe(0);
    const session = await loadOnnx(readFileSync(path('writer/1/model.onnx')));
    using model = u.Sequential.load(readFileSync(CONTINUED));
    const V = model.network.outputSize;
    using stream = model.stream({ batch: 2 });
    const zeros = { data: new Float32Array(12), shape: [2, 1, 6] };
    let states: Record<string, { data: Float32Array; shape: readonly number[] }> = {
      '1.h0': zeros,
      '1.c0': zeros,
    };
    for (let step = 0; step < 1000; step++) {
      const tokens = [(step * 7) % V, (step * 5 + 1) % V];
      const found = session.run({ x: { data: Int32Array.from(tokens), shape: [2, 1] }, ...states } as never);
      const expected = stream.step(tokens);
      const { data, shape } = found.output!;
      if (step === 0) expect(shape).toEqual([2, 1, V]);
      let worst = 0;
      for (let i = 0; i < expected.length; i++)
        worst = Math.max(worst, Math.abs(Number(data[i]) - expected[i]!));
      expect(worst).toBeLessThan(1e-4);
      states = { '1.h0': found['1.hN'] as never, '1.c0': found['1.cN'] as never };
    }
    session.dispose();
  });

  test('config.pbtxt: rows are batches, steps are free, states are kept by the server from zeros', async () => {
    const path = folder();
    await cli('convert', CONTINUED, path('writer'), '--to', 'triton');
    const config = readFileSync(path('writer/config.pbtxt'), 'utf8');
    expect(config).toMatch(/^name: "writer"\nbackend: "onnxruntime"\nmax_batch_size: \d+\n/);
    expect(config).toMatch(
      /input \[\n {2}\{\n {4}name: "x"\n {4}data_type: TYPE_INT64\n {4}dims: \[ -1 \]\n {2}\}\n\]/,
    );
    for (const state of ['1.h', '1.c'])
      expect(config).toMatch(
        new RegExp(
          `input_name: "${state}0"\\s+output_name: "${state}N"\\s+data_type: TYPE_FP32\\s+dims: \\[ 1, 6 \\]`,
        ),
      );
    expect(config.match(/zero_data: true/g)).toHaveLength(2);
    // text format of protocol buffers: every bracket is closed
    for (const [begin, end] of ['[]', '{}'] as const)
      expect(config.split(begin!).length).toBe(config.split(end!).length);
  });

  // exported/triton.py has checked these files against Triton's model_config.proto and the ONNX files
  test.each(Object.entries(CONFIGS))('config.pbtxt of %s is one that was checked', async (name, lines) => {
    const path = folder();
    using model = TRITON_MODELS[name]!();
    writeFileSync(path('m'), model.save());
    const { code, out } = await cli('convert', path('m'), path(name), '--to', 'triton');
    expect([code, out.includes('without states')]).toEqual([0, !lines.includes('sequence_batching {')]);
    expect(
      readFileSync(path(`${name}/config.pbtxt`), 'utf8')
        .trimEnd()
        .split('\n'),
    ).toEqual(lines);
  });

  test('learned initial states: none for Triton, a word where they are left out', async () => {
    const path = folder();
    const weights = Array.from({ length: 4 * 2 * 3 + 4 * 2 + 2 * 2 + 3 }, (_, i) => Math.sin(i));
    const config = { input_size: 1, hidden_size: 2, num_layers: 1 };
    const nam = { version: '0.5.2', architecture: 'LSTM', config, weights, sample_rate: 48000 };
    writeFileSync(path('m.nam'), JSON.stringify(nam));
    const refused = await cli('convert', path('m.nam'), path('t'), '--to', 'triton');
    expect([refused.code, oneLine(refused)]).toEqual([
      1,
      expect.stringContaining('sequences start there from zeros, the model from learned initialStates'),
    ]);
    const { code, out } = await cli('convert', path('m.nam'), path('m.safetensors'));
    expect([code, out]).toEqual([0, expect.stringMatching(/; without its initial states\n$/)]);
  });

  test('refuses what can not be written', async () => {
    const none = await cli('convert', CONTINUED, '--to', 'triton');
    expect([none.code, oneLine(none)]).toEqual([2, expect.stringContaining('OUT')]);
    const text = await cli('convert', TEXT, '--to', 'torch');
    expect([text.code, oneLine(text)]).toEqual([1, expect.stringContaining('plain text')]);
    const target = await cli('convert', CONTINUED, '--to', 'jax');
    expect([target.code, oneLine(target)]).toEqual([2, expect.stringContaining('torch, triton')]);
    const missing = await cli('convert', CONTINUED);
    expect([missing.code, oneLine(missing)]).toEqual([2, expect.stringContaining('.onnx')]);
  });
});

describe('OUT.json', () => {
  test('writes model.json of TensorFlow.js and its weights, which run as the model', async () => {
    await u.init({ kernels: 'simd' });
    const path = folder();
    using model = new u.Sequential([new u.LSTM(3, 4), new u.LastStep(), new u.Linear(4, 2)]);
    writeFileSync(path('m.safetensors'), model.save());
    const { code, out } = await cli('convert', path('m.safetensors'), path('made.json'));
    expect([code, out]).toEqual([0, expect.stringContaining('made.bin')]);
    const inspected = await cli('inspect', path('made.json'));
    expect(inspected.out).toContain('TensorFlow.js layers model');
    const data = [1, 2, 3, 4, 5, 6];
    const expected = model.forward({ data, shape: [2, 1, 3] });
    const oracle = {
      inputs: [{ name: 'x', type: 'float32', dims: [1, 2, 3], data }],
      outputs: [{ name: 'y', type: 'float32', dims: [1, 2], data: [...expected.data] }],
    };
    writeFileSync(path('oracle.json'), JSON.stringify(oracle));
    const ran = await cli('run', path('made.json'), '--oracle', path('oracle.json'));
    expect([ran.code, ran.out]).toEqual([0, expect.stringContaining('1 passed, 0 failed')]);
  });

  test('what TensorFlow.js does not load is written for Keras only', async () => {
    await u.init({ kernels: 'simd' });
    const path = folder();
    using model = new u.Sequential([new u.GRU(3, 4)]);
    writeFileSync(path('m.safetensors'), model.save());
    const refused = await cli('convert', path('m.safetensors'), path('made.json'));
    expect(refused.code).toBe(1);
    expect(refused.err).toMatch(/layers\[0\] \(GRU\).*resetAfter/);
    expect(existsSync(path('made.bin'))).toBe(false);
    const { code } = await cli('convert', path('m.safetensors'), path('made.json'), '--to', 'keras');
    expect([code, existsSync(path('made.bin'))]).toEqual([0, true]);
    const unnamed = await cli('convert', path('m.safetensors'), '--to', 'keras');
    expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('.json')]);
  });
});
