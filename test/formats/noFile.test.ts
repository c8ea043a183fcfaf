import { describe, expect, test } from 'vitest';
import { loadAmp } from '../../src/amp/index.ts';
import { packModel, unpackModel } from '../../src/audio/index.ts';
import { batches, pad, parseWav, serializeWav, shuffled, split, type Wav } from '../../src/data/index.ts';
import { ArgumentError, FormatError, UnrolledError } from '../../src/errors.ts';
import { readTorch, stateDictOf } from '../../src/formats/torch/index.ts';
import { init } from '../../src/index.ts';
import { parseSafetensors } from '../../src/io/index.ts';
import { loadKeras, readKeras } from '../../src/keras/index.ts';
import { loadOnnx } from '../../src/onnx/index.ts';
import { fuseLoops } from '../../src/onnxLoops/index.ts';
import { toModel } from '../../src/onnxModel/index.ts';
import { saveOnnx } from '../../src/onnxWriter/index.ts';
import { loadQuantized, quantize, saveHalf } from '../../src/quant/index.ts';
import { loadCharRnn, loadSegmenter } from '../../src/text/index.ts';
import { saveTfjs } from '../../src/tfjsWriter/index.ts';

function transferred(): Uint8Array {
  const bytes = new Uint8Array(64);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return bytes;
}

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

/** What is given by mistake for a file, and for nearly everything else. */
const MISTAKES: readonly (readonly [what: string, given: unknown])[] = [
  ['undefined', undefined],
  ['null', null],
  ['a number', 5],
  ['a bigint', 5n],
  ['true', true],
  ['a symbol', Symbol('file')],
  ['a function', () => new Uint8Array(8)],
  ['a Promise', Promise.resolve(new Uint8Array(8))],
  ['a Response', new Response('file')],
  ['a Blob', new Blob(['file'])],
  ['a Map', new Map([['model.json', new Uint8Array(8)]])],
  ['a Float32Array', new Float32Array(8)],
  ['a DataView', new DataView(new ArrayBuffer(8))],
  ['a Proxy that was revoked', revoked()],
  ['transferred bytes', transferred()],
  ['transferred memory', transferred().buffer],
];

type Call = readonly [name: string, call: (given: never) => unknown, argument: string];

const LOADERS: readonly Call[] = [
  ['readTorch', readTorch, 'bytes'],
  ['parseSafetensors', parseSafetensors, 'bytes'],
  ['parseWav', parseWav, 'bytes'],
  ['loadOnnx', loadOnnx, 'bytes'],
  ['loadQuantized', loadQuantized, 'bytes'],
  ['loadKeras', loadKeras, 'files'],
  ['readKeras', readKeras, 'files'],
  ['loadCharRnn', loadCharRnn, 'files'],
  ['loadAmp', loadAmp, 'file'],
  ['loadSegmenter', loadSegmenter, 'file'],
];

const OTHERS: readonly Call[] = [
  ['pad', pad, 'sequences'],
  ['shuffled', shuffled, 'items'],
  ['split', split, 'items'],
  ['batches', (given) => batches(given, { batch: 1 }), 'examples'],
  ['channels of serializeWav', (given) => serializeWav({ sampleRate: 8000, channels: given }), 'channels'],
  [
    'a channel of serializeWav',
    (given) => serializeWav({ sampleRate: 8000, channels: [given] } as Wav),
    'channels[0]',
  ],
  ['stateDictOf', stateDictOf, 'tensors'],
  ['toModel', toModel, 'session'],
  ['packModel', packModel, 'model'],
  ['unpackModel', unpackModel, 'packed'],
  ['quantize', quantize, 'model'],
  ['saveHalf', (given) => saveHalf(given, 'f16'), 'model'],
  ['saveOnnx', saveOnnx, 'model'],
  ['saveTfjs', saveTfjs, 'model'],
];

async function thrown(call: (given: never) => unknown, given: unknown): Promise<unknown> {
  try {
    await init({ kernels: 'simd' });
    return await call(given as never);
  } catch (error) {
    return error;
  }
}

describe.each(LOADERS)('%s', (_, load, argument) => {
  test.each(MISTAKES)('%s', async (_, given) => {
    const error = await thrown(load, given);
    expect(error).toBeInstanceOf(ArgumentError);
    expect(error).toMatchObject({ argument, message: expect.stringMatching(/expected .*, got ./) });
  });

  test.each<readonly [string, unknown]>([
    ['no bytes', new Uint8Array(0)],
    ['no memory', new ArrayBuffer(0)],
    ['bytes of text', new TextEncoder().encode('a file')],
    ['a text', 'a file'],
    ['an object', {}],
    ['an array', []],
  ])('%s', async (_, given) => {
    const error = await thrown(load, given);
    expect(error).toBeInstanceOf(UnrolledError);
    expect(error instanceof ArgumentError || error instanceof FormatError).toBe(true);
  });

  test('files of several, some of them no bytes', async () => {
    if (argument !== 'files') return;
    for (const [, given] of MISTAKES) {
      const error = await thrown(load, { 'a.json': given });
      expect(error).toMatchObject({ name: 'ArgumentError', argument: 'files["a.json"]' });
    }
  });
});

/** What is a list, too. */
const ARE_LISTS = /Map|Float32Array|transferred bytes/;

describe.each(OTHERS)('%s', (_, call, argument) => {
  const mistakes = MISTAKES.filter(
    ([what]) => !ARE_LISTS.test(what) || !/items|examples|channels|tensors/.test(argument),
  );
  test.each(mistakes)('%s', async (_, given) => {
    expect(await thrown(call, given)).toMatchObject({ name: 'ArgumentError', argument });
  });
});

test('what operators of loops are added to', () => {
  for (const given of [null, revoked()]) {
    expect(() => fuseLoops(given as never)).toThrow(
      expect.objectContaining({ name: 'ArgumentError', argument: 'operators' }),
    );
  }
});

test('a file of WAV to write', () => {
  for (const [, given] of MISTAKES) {
    const argument = expect.stringMatching(/^(wav|sampleRate)$/);
    expect(() => serializeWav(given as never)).toThrow(
      expect.objectContaining({ name: 'ArgumentError', argument }),
    );
  }
});
