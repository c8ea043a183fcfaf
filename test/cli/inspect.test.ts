import { writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { serializeSafetensors } from '../../src/io/index.ts';
import { cli, folder, oneLine, TINY, textFile } from './helper.ts';

describe('inspect', () => {
  test('any safetensors file: names, dtypes, shapes, metadata, parameters', async () => {
    const path = folder()('any.safetensors');
    const tensors = {
      'a.weight': { shape: [3, 2], data: new Float32Array(6) },
      'b\x1b[31m': { shape: [], data: new Float64Array(1) },
    };
    writeFileSync(path, serializeSafetensors(tensors, { long: 'x'.repeat(500), note: 'two\nlines' }));
    const { code, out, err } = await cli('inspect', path);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('2 tensors\n7 parameters\n');
    expect(out).toMatch(/^ {2}a\.weight +F32 {2}\[3, 2\] {2}6$/m);
    expect(out).toMatch(/^ {2}b\\u001b\[31m +F64 {2}\[\] +1$/m);
    expect(out).toMatch(/^ {2}long {2}x{40,70}… \(500 characters\)$/m);
    expect(out).toContain('note  two\\nlines');
    expect(out).not.toContain('\x1b');
  });

  test('a model: its layers, its training, and parameters without the training state', async () => {
    const path = folder();
    const book = textFile(path('t'), 'abcd'.repeat(30));
    await cli('train', book, ...TINY, '--cell', 'gru', '--steps', 2, '--out', path('m'));
    const { out } = await cli('inspect', path('m'));
    // 4·6 + 3·12·(6 + 12 + 2) + 4·12 + 4
    expect(out).toMatch(/^796 parameters, and [\d,]+ numbers of training state$/m);
    expect(out).toMatch(/^ {2}1 {2}GRU +inputSize 6, hiddenSize 12, numLayers 1, bias true/m);
    expect(out).toMatch(/^ {2}steps +2 of 2 on simd kernels$/m);
    expect(out).toMatch(/^ {2}vocabulary +abcd$/m);
  });

  test('a model.json without its weights, in whose manifest something is no weight', async () => {
    const path = folder()('model.json');
    const modelTopology = {
      class_name: 'Sequential',
      config: { layers: [{ class_name: 'LSTM', name: 'a' }] },
    };
    const weightsManifest = [null, { weights: [null, 1, {}, { shape: [2, 3] }] }];
    writeFileSync(path, JSON.stringify({ modelTopology, weightsManifest }));
    const { code, out } = await cli('inspect', path);
    expect(code).toBe(0);
    expect(out).toMatch(/^6 parameters$/m);
  });

  test('an empty file of tensors, and files that are none', async () => {
    const path = folder()('x');
    writeFileSync(path, serializeSafetensors({}));
    expect((await cli('inspect', path)).out).toContain('0 tensors\n0 parameters\n');
    writeFileSync(path, 'text that is long enough');
    const outcome = await cli('inspect', path);
    expect(outcome.code).toBe(1);
    expect(oneLine(outcome)).toContain('expected a safetensors file');
    expect(oneLine(await cli('inspect', `${path}.missing`))).toContain('no such file');
  });
});
