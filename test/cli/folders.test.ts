import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import * as u from '../../src/index.ts';
import { charRnnFiles, textCases } from '../fixtures/text/read.ts';
import { CONFIG, WEIGHTS } from '../hostile/keras.ts';
import { cli, folder, oneLine } from './helper.ts';

const { charRnn } = await textCases();

/** A folder with models `a` and `b` as safetensors and as model.json with weights of their names. */
async function twoModels() {
  const path = folder();
  const outputs: Record<string, number[]> = {};
  const data = [1, 2, 3, 4];
  writeFileSync(path('x'), JSON.stringify({ inputs: [{ name: 'x', dims: [1, 2, 2], data }] }));
  for (const [name, seed] of [
    ['a', 1],
    ['b', 2],
  ] as const) {
    using model = new u.Sequential([new u.LSTM(2, 3), new u.Linear(3, 1)], { seed });
    writeFileSync(path(`${name}.safetensors`), model.save());
    expect((await cli('convert', path(`${name}.safetensors`), path(`${name}.json`))).code).toBe(0);
    outputs[name] = [...model.forward({ data, shape: [2, 1, 2] }).data];
  }
  return { path, outputs };
}

beforeAll(() => u.init({ kernels: 'simd' }));

describe('a model of several files', () => {
  test('is the named one and what it lists, whatever else is in the folder', async () => {
    const { path, outputs } = await twoModels();
    // names of layers and shapes that the model has, too
    copyFileSync(path('b.bin'), path('c.bin'));
    const other = readFileSync(path('b.json'), 'utf8').replaceAll('b.bin', 'c.bin');
    writeFileSync(path('model.json'), other);
    writeFileSync(path('broken.json'), '{"modelTopology": ');
    // the first bytes of zip archives and of HDF5 files
    writeFileSync(path('weights.npz'), 'PK\x03\x04');
    writeFileSync(path('weights.h5'), Buffer.from('894844460d0a1a0a', 'hex'));
    for (const name of ['a', 'b']) {
      const { code, out } = await cli('run', path(`${name}.json`), '--inputs', path('x'));
      expect(code).toBe(0);
      const { data } = JSON.parse(out).outputs[0];
      for (const [i, value] of outputs[name]!.entries()) expect(data[i]).toBeCloseTo(value, 6);
      expect((await cli('inspect', path(`${name}.json`))).out).not.toContain('without its weights');
    }
  });

  test('a charRNN of another name than manifest.json', async () => {
    const path = folder();
    const files = charRnnFiles(charRnn['one generation']!);
    for (const [name, bytes] of Object.entries(files))
      writeFileSync(path(name === 'manifest.json' ? 'mine.json' : name), bytes);
    writeFileSync(path('manifest.json'), '{"cell_0/kernel": {"filename": "gone", "shape": [1]}}');
    expect((await cli('inspect', path('mine.json'))).out).toMatch(/ml5 charRNN/);
  });
});

describe('convert', () => {
  test('replaces other files in the folder of an architecture, by the same command twice', async () => {
    const path = folder();
    writeFileSync(path('config.json'), JSON.stringify(CONFIG));
    writeFileSync(path('model.weights.h5'), WEIGHTS);
    for (let i = 0; i < 2; i++)
      expect(await cli('convert', path('config.json'), path('out.safetensors'))).toMatchObject({ code: 0 });
  });

  test('replaces no file that it has read, and writes none then', async () => {
    const { path } = await twoModels();
    expect((await cli('convert', path('a.safetensors'), path('t'), '--to', 'triton')).code).toBe(0);
    expect((await cli('convert', path('a.safetensors'), path('t/1/model.onnx'))).code).toBe(0);
    copyFileSync(path('a.safetensors'), path('m.bin'));
    copyFileSync(path('a.safetensors'), path('m.py'));
    copyFileSync(path('a.json'), path('weights.json'));
    const names = () => readdirSync(path('.'), { recursive: true }).map(String).sort();
    const before = names();
    for (const [args, read] of [
      [['m.bin', 'm.json'], 'm.bin'],
      [['weights.json', 'a.json', '--to', 'keras'], 'a.bin'],
      [['m.py', '--to', 'torch'], 'm.py'],
      [['t/1/model.onnx', 't', '--to', 'triton'], 't/1/model.onnx'],
    ] as const) {
      const bytes = readFileSync(path(read));
      const given = args.map((arg) => (/^--|^keras$|^torch$|^triton$/.test(arg) ? arg : path(arg)));
      const outcome = await cli('convert', ...given);
      expect([outcome.code, oneLine(outcome)]).toEqual([2, `${path(read)} is the file to read`]);
      expect(readFileSync(path(read))).toEqual(bytes);
    }
    expect(names()).toEqual(before);
  });
});
