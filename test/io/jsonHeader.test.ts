import { describe, expect, test } from 'vitest';
import { FormatError } from '../../src/errors.ts';
import { parseSafetensors, serializeSafetensors } from '../../src/io/index.ts';
import { parseJsonHeader } from '../../src/io/jsonHeader.ts';
import { readTensors } from '../../src/io/parse.ts';
import { expectWords, type Words } from '../errors.ts';
import { entry, file } from './helpers.ts';

const read = (bytes: Uint8Array) => readTensors(bytes, parseJsonHeader, { F32: Float32Array });

function refuses(text: string, words: Words, data = 0): void {
  let thrown: unknown;
  try {
    read(file(text, data));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(FormatError);
  expectWords(thrown, words);
  expect((thrown as Error).message.length).toBeLessThanOrEqual(400);
}

const good = entry('F32', [2], [0, 8]);

describe('the header read by JSON.parse', () => {
  test('gives what the strict reader gives', () => {
    const tensors = {
      'a "b"': { shape: [2, 2], data: Float32Array.of(1, -0, Number.NaN, 4) },
      __proto__x: { shape: [], data: Float32Array.of(7) },
      empty: { shape: [0, 3], data: new Float32Array(0) },
    };
    const bytes = serializeSafetensors(tensors, { key: 'text \u{1f600}' });
    const [got, expected] = [read(bytes), parseSafetensors(bytes)];
    expect(got.tensors).toEqual(expected.tensors);
    expect({ ...got.metadata }).toEqual({ ...expected.metadata });
  });

  test('what is no JSON, or no tensor', () => {
    refuses('{', ['header']);
    refuses(`{"a":${good},}`, ['header'], 8);
    for (const bad of ['null', '1', '"x"', '[]', '{}', '{"dtype":"F32","shape":[2]}']) {
      refuses(`{"a":${bad}}`, ['"a"', 'dtype', 'shape', 'data_offsets'], 8);
    }
    for (const shape of ['[-1]', '[1.5]', '["2"]', '[null]', '2', '{"length":1}', '[1e300]']) {
      refuses(`{"a":{"dtype":"F32","shape":${shape},"data_offsets":[0,8]}}`, ['"a"', 'shape'], 8);
    }
    refuses(`{"a":${entry('F32', [2], [0])}}`, ['"a"', 'data_offsets'], 8);
    refuses('{"a":{"dtype":[],"shape":[2],"data_offsets":[0,8]}}', ['"a"', 'dtype'], 8);
  });

  test('other element types, sizes and places', () => {
    refuses(`{"a":${entry('F16', [4], [0, 8])}}`, ['"a"', 'dtype', '"F16"', 'F32'], 8);
    refuses(`{"a":${entry('__proto__', [2], [0, 8])}}`, ['"a"', 'dtype'], 8);
    refuses(`{"a":${entry('F32', [3], [0, 8])}}`, ['"a"', '[3]', '12', '[0, 8]'], 8);
    refuses(`{"a":${entry('F32', [3], [0, 12])}}`, ['"a"', '[0, 12]', '8'], 8);
    refuses(`{"a":${entry('F32', [1], [4, 8])}}`, ['"a"', 'hole'], 8);
    refuses(`{"a":${good},"b":${good}}`, ['"b"', 'overlap'], 8);
    refuses(`{"a":${good}}`, ['trailing'], 12);
    // of a name that comes twice the last one counts, so the other's bytes are a hole
    refuses(`{"a":${good},"a":${entry('F32', [1], [8, 12])}}`, ['"a"', 'hole'], 12);
    refuses(`{"a":${entry('F32', [2 ** 52], [0, 8])}}`, ['2^53'], 8);
  });

  test('nesting bombs and metadata that are none', () => {
    for (const open of ['[', '{"a":', '[{"a":']) refuses(`{"a":${open.repeat(300_000)}`, ['header']);
    for (const open of ['[', '{"a":']) {
      const close = open === '[' ? ']' : '}';
      refuses(`{"a":${open.repeat(50_000)}1${close.repeat(50_000)}}`, ['"a"']);
    }
    for (const bad of ['null', '[]', '1', '"unrolled"']) {
      expect(read(file(`{"__metadata__":${bad}}`)).metadata.unrolled).toBeUndefined();
    }
  });
});
