import { describe, expect, test } from 'vitest';
import { ArgumentError } from '../../src/errors.ts';
import { readTorch } from '../../src/formats/torch/index.ts';
import { parseSafetensors } from '../../src/io/index.ts';
import { loadKeras } from '../../src/keras/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { loadCharRnn } from '../../src/text/index.ts';

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
    ['loadKeras', (bytes) => loadKeras(bytes), 'files'],
    ['loadKeras of several', (bytes) => loadKeras({ 'model.json': bytes }), 'files'],
    ['loadCharRnn', (bytes) => loadCharRnn({ 'manifest.json': bytes }), 'files'],
  ])('%s', async (_, read, argument) => {
    const error = await Promise.resolve()
      .then(() => read(detached()))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ArgumentError);
    expect((error as Error).message).toContain(argument);
  });
});
