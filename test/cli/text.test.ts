import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { charRnnFiles, textCases } from '../fixtures/text/read.ts';
import { cli, folder } from './helper.ts';

const { charRnn, segmenter } = await textCases();

describe('models of texts', () => {
  test('a folder of charRNN', async () => {
    const path = folder();
    const { x, y } = charRnn['one generation']!;
    for (const [name, bytes] of Object.entries(charRnnFiles(charRnn['one generation']!)))
      writeFileSync(path(name), bytes);
    const { code, out } = await cli('inspect', path('.'));
    expect(code).toBe(0);
    expect(out).toMatch(/ml5 charRNN/);
    expect(out).toMatch(/LSTM .*gates "i j f o"/);
    const value = (name: string, dims: number[], data: number[]) => ({ name, type: 'float32', dims, data });
    const oracle = {
      inputs: [{ ...value('x', [1, x.length], x), type: 'int32' }],
      outputs: [value('output', [1, x.length, 7], y)],
    };
    writeFileSync(path('oracle'), JSON.stringify(oracle));
    const run = await cli('run', path('manifest.json'), '--oracle', path('oracle'));
    expect(run.out).toMatch(/1 passed, 0 failed/);
    expect((await cli('convert', path('.'), path('out.onnx'))).code).toBe(0);
    expect((await cli('inspect', path('out.onnx'))).out).toMatch(/ONNX/);
  });

  test('a folder of a segmenter, and the source of its resource bundle', async () => {
    const path = folder();
    mkdirSync(path('model'));
    writeFileSync(join(path('model'), 'weights.json'), JSON.stringify(segmenter.graphclust!.file));
    writeFileSync(path('bundle.txt'), segmenter['graphclust of ICU']!.file);
    for (const name of ['model', 'bundle.txt']) {
      const { out } = await cli('inspect', path(name));
      expect(out).toMatch(/ICU segmenter/);
      expect(out).toMatch(/LSTM .*gates "i f c o"/);
      expect((await cli('convert', path(name), path(`${name}.safetensors`))).code).toBe(0);
    }
    expect(readFileSync(path('model.safetensors'))).toEqual(readFileSync(path('bundle.txt.safetensors')));
  });

  test('a variable that is missing', async () => {
    const path = folder();
    const { embedding: _, ...files } = charRnnFiles(charRnn['one generation']!);
    for (const [name, bytes] of Object.entries(files)) writeFileSync(path(name), bytes);
    const { code, err } = await cli('inspect', path('.'));
    expect(code).toBe(1);
    expect(err).toMatch(/charRNN.*embedding/);
  });
});
