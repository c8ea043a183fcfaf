import { beforeAll, describe, expect, test } from 'vitest';
import { loadAmp } from '../../src/amp/index.ts';
import { parseWav } from '../../src/data/index.ts';
import { ArgumentError } from '../../src/errors.ts';
import { readTorch } from '../../src/formats/torch/index.ts';
import { init, Model, Sequential } from '../../src/index.ts';
import { parseSafetensors } from '../../src/io/index.ts';
import { loadKeras } from '../../src/keras/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { loadQuantized } from '../../src/quant/index.ts';
import { loadCharRnn, loadSegmenter } from '../../src/text/index.ts';

beforeAll(async () => {
  await init();
});

function detached(): ArrayBuffer {
  const buffer = new ArrayBuffer(64);
  structuredClone(buffer, { transfer: [buffer] });
  return buffer;
}

describe('a buffer that was transferred to a worker is an ArgumentError', () => {
  test.each<[string, (bytes: ArrayBuffer) => unknown, string]>([
    ['readTorch', (bytes) => readTorch(bytes), 'bytes'],
    ['parseSafetensors', (bytes) => parseSafetensors(bytes), 'bytes'],
    ['loadOnnx', (bytes) => loadOnnx(bytes), 'bytes'],
    ['loadAmp', (bytes) => loadAmp(bytes), 'file'],
    ['loadSegmenter', (bytes) => loadSegmenter(bytes), 'file'],
    ['Model.load', (bytes) => Model.load(bytes), 'bytes'],
    ['Sequential.load', (bytes) => Sequential.load(bytes), 'bytes'],
    ['loadQuantized', (bytes) => loadQuantized(bytes), 'bytes'],
    ['parseWav', (bytes) => parseWav(bytes), 'bytes'],
    ['loadKeras', (bytes) => loadKeras(bytes), 'files'],
    ['loadKeras of several', (bytes) => loadKeras({ 'model.json': bytes }), 'files'],
    ['loadCharRnn', (bytes) => loadCharRnn({ 'manifest.json': bytes }), 'files'],
  ])('%s', async (_, read, argument) => {
    const error = await Promise.resolve()
      .then(() => read(detached()))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toMatch(new RegExp(`^${argument}.*: .*not detached`));
  });
});

test('so is an array over one', () => {
  const bytes = new Uint8Array(64);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  expect(() => Model.load(bytes)).toThrow(/^bytes: .*not detached/);
});
